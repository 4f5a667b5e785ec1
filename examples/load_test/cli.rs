//! The command line.

use std::net::{SocketAddr, ToSocketAddrs};
use std::time::Duration;

use clap::Parser;
use http::Uri;

use crate::driver::{Plan, Wanted};

/// Makes requests to a service, and tells throughput, statuses and percentiles by its own clock.
///
/// Requests are made in turn, each connection one after the other, and answers are read to their end. At
/// the end of --requests or of --seconds, whichever comes first, nothing more is asked for.
#[derive(Debug, Clone, Parser)]
#[command(name = "load_test", version)]
pub(crate) struct Cli {
    /// Where the service is, such as http://127.0.0.1:9002
    pub(crate) url: Uri,

    /// What to ask for: "GET /path" or 'POST /path BODY'; may be repeated
    #[arg(long = "request", value_name = "REQUEST", default_value = "GET /")]
    pub(crate) wanted: Vec<Wanted>,

    /// How many requests
    #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(1..=10_000_000))]
    pub(crate) requests: u32,

    /// How many at a time
    #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u16).range(1..=1_000))]
    pub(crate) connections: u16,

    /// For how long at most
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..=86_400))]
    pub(crate) seconds: u32,

    /// Requests a second over all connections; without it as many as there can be
    #[arg(long, value_parser = parse_hz)]
    pub(crate) hz: Option<f64>,

    /// Tell it as JSON
    #[arg(long)]
    pub(crate) json: bool,

    /// Take a service that is not on this machine
    #[arg(long)]
    pub(crate) allow_remote: bool,
}

impl Cli {
    /// What to do.
    ///
    /// # Errors
    ///
    /// The address cannot be used, or is not on this machine.
    pub(crate) fn plan(&self) -> Result<Plan, String> {
        let address = self.address()?;
        if !address.ip().is_loopback() && !self.allow_remote {
            return Err(format!("{address} is not on this machine; --allow-remote takes it all the same"));
        }
        Ok(Plan {
            requests: Some(self.requests as usize),
            connections: self.connections.into(),
            time: Some(Duration::from_secs(self.seconds.into())),
            hz: self.hz,
            ..Plan::new(address, self.wanted.clone())
        })
    }

    fn address(&self) -> Result<SocketAddr, String> {
        if self.url.scheme_str() != Some("http") || !matches!(self.url.path(), "" | "/") {
            return Err("the address is not like http://127.0.0.1:9002".to_owned());
        }
        let host = self.url.host().unwrap_or_default().trim_matches(['[', ']']);
        let port = self.url.port_u16().unwrap_or(80);
        let mut found = (host, port).to_socket_addrs().map_err(|error| format!("{host}: {error}"))?;
        found.next().ok_or_else(|| format!("{host}: no address"))
    }
}

fn parse_hz(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(hz) if (0.001..=1e6).contains(&hz) => Ok(hz),
        _ => Err("not a number from 0.001 to 1000000".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(arguments: &[&str]) -> Result<Plan, String> {
        let cli = Cli::try_parse_from([&["load_test"], arguments].concat());
        cli.map_err(|error| error.to_string())?.plan()
    }

    #[test]
    fn only_this_machine_is_loaded_unless_told_otherwise() {
        for here in ["http://127.0.0.1:9002", "http://127.0.0.1:9002/", "http://[::1]:80", "http://127.9.9.9"]
        {
            assert!(plan(&[here]).is_ok(), "{here}");
        }
        let elsewhere = plan(&["http://192.0.2.1:9002"]).unwrap_err();
        assert!(elsewhere.starts_with("192.0.2.1:9002 is not on this machine"), "{elsewhere}");
        assert!(plan(&["http://192.0.2.1:9002", "--allow-remote"]).is_ok());
        for bad in ["https://127.0.0.1:1", "127.0.0.1:9002", "http://127.0.0.1:1/x", "/"] {
            assert!(plan(&[bad]).is_err(), "{bad}");
        }
    }

    #[test]
    fn everything_is_bounded() {
        for bad in [
            ["--requests", "0"],
            ["--connections", "0"],
            ["--connections", "1001"],
            ["--seconds", "0"],
            ["--hz", "0"],
            ["--hz", "NaN"],
            ["--request", "nothing"],
        ] {
            assert!(plan(&[&["http://127.0.0.1:1"], &bad[..]].concat()).is_err(), "{bad:?}");
        }
        let plan = plan(&["http://127.0.0.1:1"]).unwrap();
        assert_eq!(
            (plan.requests, plan.connections, plan.time),
            (Some(1_000), 8, Some(Duration::from_secs(60)))
        );
    }
}
