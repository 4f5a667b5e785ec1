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

    /// A file, which is compressed once for all clients.
    pub(super) fn of_asset(self, asset: &'static Asset) -> Bytes {
        match self {
            Self::Plain => Bytes::from_static(asset.bytes),
            Self::Gzip => asset.zipped(|bytes| gzip(bytes, Compression::best())),
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
