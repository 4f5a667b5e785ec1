//! How a document travels.

use bytes::Bytes;
#[cfg(feature = "gzip")]
use flate2::Compression;
use http::{HeaderMap, Response};

use super::Body;
use crate::dashboard::Asset;

/// How a document travels to one client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Encoding {
    Plain,
    #[cfg(feature = "gzip")]
    Gzip,
}

#[cfg(feature = "gzip")]
impl Encoding {
    /// What the client takes.
    pub(super) fn of(headers: &HeaderMap) -> Self {
        if super::accept::takes_gzip(headers) { Self::Gzip } else { Self::Plain }
    }

    pub(super) fn apply(self, bytes: Bytes) -> Bytes {
        match self {
            Self::Plain => bytes,
            // At the fastest level: documents are repetitive, and the processor belongs to the application.
            Self::Gzip => gzip(&bytes, Compression::fast()),
        }
    }

    /// A file of the page.
    pub(super) fn of_asset(self, asset: &'static Asset) -> Bytes {
        let plain = || Bytes::from_static(asset.bytes);
        match self {
            Self::Plain => plain(),
            Self::Gzip => zipped::FILES.get(asset.at_dashboard).cloned().unwrap_or_else(plain),
        }
    }

    /// Says what was done, and that it depends on the request.
    pub(super) fn mark(self, response: Response<Body>) -> Response<Body> {
        use http::header::{CONTENT_ENCODING, VARY};

        let response = super::respond::with(response, VARY, "accept, accept-encoding");
        match self {
            Self::Plain => response,
            Self::Gzip => super::respond::with(response, CONTENT_ENCODING, "gzip"),
        }
    }
}

#[cfg(feature = "gzip")]
fn gzip(bytes: &Bytes, level: Compression) -> Bytes {
    use std::io::Write;

    use flate2::write::GzEncoder;

    let mut encoder = GzEncoder::new(Vec::with_capacity(bytes.len() / 8), level);
    let written = encoder.write_all(bytes).and_then(|()| encoder.finish());
    written.expect("writing to memory does not fail").into()
}

/// The files of the page, compressed once for all clients.
#[cfg(feature = "gzip")]
mod zipped {
    use std::collections::BTreeMap;
    use std::sync::LazyLock;

    use super::{Bytes, Compression, gzip};
    use crate::dashboard;

    /// By one of their two paths; made when somebody first takes them, in some milliseconds.
    pub(super) static FILES: LazyLock<BTreeMap<&str, Bytes>> = LazyLock::new(|| {
        let zipped = |bytes: &'static [u8]| gzip(&Bytes::from_static(bytes), Compression::best());
        dashboard::FILES.iter().map(|file| (file.at_dashboard, zipped(file.bytes))).collect()
    });

    #[cfg(test)]
    mod tests {
        use super::*;

        /// Half of the 120 KB that the requirement allows, so that there is room.
        #[test]
        fn all_files_together_are_less_than_80_kb() {
            let bytes: usize = FILES.values().map(Bytes::len).sum();
            assert!((10_000..80_000).contains(&bytes), "{bytes} bytes");
        }
    }
}

#[cfg(not(feature = "gzip"))]
impl Encoding {
    pub(super) fn of(_headers: &HeaderMap) -> Self {
        Self::Plain
    }

    pub(super) fn apply(self, bytes: Bytes) -> Bytes {
        bytes
    }

    pub(super) fn of_asset(self, asset: &'static Asset) -> Bytes {
        Bytes::from_static(asset.bytes)
    }

    pub(super) fn mark(self, response: Response<Body>) -> Response<Body> {
        response
    }
}
