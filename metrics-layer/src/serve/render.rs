//! From metrics to the bytes of a document, within bounds.

use std::io;

use bytes::Bytes;
use serde::Serialize;

/// The largest JSON document, 8 MiB: 2 000 routes and 10 000 nodes with names of ordinary length take half
/// (THREAT 43).
pub(crate) const MAX_JSON_BYTES: usize = 8 * 1024 * 1024;

/// The largest text document, 16 MiB (THREAT 43).
pub(crate) const MAX_TEXT_BYTES: usize = 16 * 1024 * 1024;

/// Why there is no document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// It would be larger than the bounds above.
    TooLarge,
    /// A collector or a value of the application failed, or panicked.
    Failed,
    /// The handler was made from a collector that has nothing of the kind.
    Absent,
    /// The store does not answer.
    Unread,
}

impl Fault {
    pub(super) fn detail(self) -> &'static str {
        match self {
            Self::TooLarge => "the document would be too large",
            Self::Failed => "the metrics cannot be read",
            Self::Absent => "this collector has no such document",
            Self::Unread => "the store cannot be read",
        }
    }
}

/// A value as JSON of at most [`MAX_JSON_BYTES`].
pub(crate) fn json(value: &impl Serialize) -> Result<Bytes, Fault> {
    let mut bounded = Bounded { bytes: Vec::new(), max: MAX_JSON_BYTES };
    match serde_json::to_writer(&mut bounded, value) {
        Ok(()) => Ok(bounded.bytes.into()),
        Err(error) if error.is_io() => Err(Fault::TooLarge),
        Err(error) => {
            tracing::error!(%error, "metrics cannot be serialised");
            Err(Fault::Failed)
        }
    }
}

/// A text of at most [`MAX_TEXT_BYTES`].
pub(super) fn text(text: Option<String>) -> Result<Bytes, Fault> {
    let text = text.ok_or(Fault::Absent)?;
    if text.len() > MAX_TEXT_BYTES { Err(Fault::TooLarge) } else { Ok(text.into()) }
}

/// A buffer that refuses to grow beyond a size.
struct Bounded {
    bytes: Vec<u8>,
    max: usize,
}

impl io::Write for Bounded {
    fn write(&mut self, more: &[u8]) -> io::Result<usize> {
        if self.bytes.len() + more.len() > self.max {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.bytes.extend_from_slice(more);
        Ok(more.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// THREAT 43.
    #[test]
    fn documents_end_at_their_bound() {
        let quotes = 2;
        let largest = "x".repeat(MAX_JSON_BYTES - quotes);
        assert_eq!(json(&largest).unwrap().len(), MAX_JSON_BYTES);
        assert_eq!(json(&format!("{largest}x")), Err(Fault::TooLarge));
        let largest = "x".repeat(MAX_TEXT_BYTES);
        assert_eq!(text(Some(format!("{largest}x"))), Err(Fault::TooLarge));
        assert_eq!(text(Some(largest)).unwrap().len(), MAX_TEXT_BYTES);
        assert_eq!(text(None), Err(Fault::Absent));
    }
}
