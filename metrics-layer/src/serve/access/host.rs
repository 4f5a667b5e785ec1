//! A host as it stands in a Host header, an Origin or the target of a request.

use std::net::{Ipv4Addr, Ipv6Addr};

/// A host without its port, so that two spellings of one host are equal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Host {
    /// In lower case.
    Name(String),
    V4(Ipv4Addr),
    V6(Ipv6Addr),
}

/// Longest host name of the DNS.
const MAX_HOST_BYTES: usize = 253;

impl Host {
    /// Reads a host alone. Stricter than the grammar of URIs: letters, digits, `-`, `_` and dots between them.
    pub(super) fn parse(text: &str) -> Option<Self> {
        if let Some(bracketed) = text.strip_prefix('[') {
            return bracketed.strip_suffix(']')?.parse().ok().map(Self::V6);
        }
        if let Ok(address) = text.parse() {
            return Some(Self::V4(address));
        }
        let is_label = |label: &str| {
            let mut bytes = label.bytes();
            !label.is_empty() && bytes.all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
        };
        (text.len() <= MAX_HOST_BYTES && text.split('.').all(is_label))
            .then(|| Self::Name(text.to_ascii_lowercase()))
    }

    /// Reads `host` or `host:port`, and forgets the port.
    pub(super) fn parse_authority(text: &str) -> Option<Self> {
        let after_address = text.rfind(']').map_or(0, |end| end + 1);
        let host = match text[after_address..].find(':') {
            None => text,
            Some(colon) => {
                let (host, port) = text.split_at(after_address + colon);
                is_port(&port[1..]).then_some(host)?
            }
        };
        Self::parse(host)
    }

    pub(super) fn is_loopback(&self) -> bool {
        match self {
            Self::Name(name) => name == "localhost",
            Self::V4(address) => address.is_loopback(),
            Self::V6(address) => address.is_loopback(),
        }
    }
}

fn is_port(text: &str) -> bool {
    // `parse` alone would take a sign.
    text.bytes().all(|byte| byte.is_ascii_digit()) && text.len() <= 5 && text.parse::<u16>().is_ok()
}
