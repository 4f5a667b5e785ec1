//! The header of a PCD file, held against the bytes that follow it.

use std::io::Cursor;

use pcd_rs::{DataKind, FieldDef, PcdMeta};

use crate::scan::check_point_count;
use crate::scan::error::{Fault, Place};
use crate::scan::read::MAX_FILE_BYTES;

/// Longest header, and longest line of ascii data: the decoder splits both into words in memory.
const MAX_TEXT_BYTES: usize = 64 * 1024;

/// Shortest ascii value with its separator: one digit and a blank.
const MIN_ASCII_VALUE_BYTES: u64 = 2;

/// Bytes before a compressed body: two `u32`, the compressed and the uncompressed size.
const COMPRESSED_PREFIX_BYTES: usize = 8;

/// A header whose promises the file keeps, and the place where it ends.
pub(super) struct Header {
    pub(super) meta: PcdMeta,
    body_start: usize,
}

// === impl Header ===

impl Header {
    /// Reads the header and checks the length of what follows.
    ///
    /// After that, decoding neither reserves more memory than the file justifies nor panics.
    pub(super) fn read(bytes: &[u8]) -> Result<Self, Fault> {
        let header = Self::parse(bytes)?;
        header.check_points()?;
        header.check_body(&bytes[header.body_start..])?;
        Ok(header)
    }

    fn parse(bytes: &[u8]) -> Result<Self, Fault> {
        let mut cursor = Cursor::new(&bytes[..bytes.len().min(MAX_TEXT_BYTES)]);
        let meta = PcdMeta::from_reader(&mut cursor);
        let body_start = usize::try_from(cursor.position()).unwrap_or(bytes.len()).min(bytes.len());
        let malformed = |found: String| Fault::malformed(Place::Byte(body_start), "a PCD header", found);
        let meta = meta.map_err(|error| malformed(error.to_string()))?;
        // A DATA line cut by the limit would mean something else to the decoder.
        if bytes[..body_start].ends_with(b"\n") {
            return Ok(Self { meta, body_start });
        }
        Err(malformed("a DATA line without an end".to_owned()))
    }

    fn check_points(&self) -> Result<(), Fault> {
        let PcdMeta { width, height, num_points, .. } = self.meta;
        check_point_count(num_points)?;
        if width.checked_mul(height) == Some(num_points) {
            return Ok(());
        }
        Err(self.malformed("WIDTH x HEIGHT = POINTS", format!("{width} x {height} and {num_points}")))
    }

    fn check_body(&self, body: &[u8]) -> Result<(), Fault> {
        match self.meta.data {
            DataKind::Ascii => self.check_ascii(body),
            DataKind::Binary => self.check_binary(body),
            DataKind::BinaryCompressed => self.check_compressed(body),
        }
    }

    fn check_ascii(&self, body: &[u8]) -> Result<(), Fault> {
        let needed = self.body_bytes(|_| MIN_ASCII_VALUE_BYTES)?;
        // The last value needs no separator.
        if (body.len() as u64) + 1 < needed {
            return Err(self.truncated(
                self.body_start,
                &format!("at least {} bytes", needed - 1),
                body.len(),
            ));
        }
        self.check_lines(body)
    }

    fn check_lines(&self, body: &[u8]) -> Result<(), Fault> {
        let longest = body.split(|byte| *byte == b'\n').map(<[u8]>::len).max().unwrap_or(0);
        if longest > MAX_TEXT_BYTES {
            let expected = format!("lines of at most {MAX_TEXT_BYTES} bytes");
            return Err(self.malformed(expected, format!("one of {longest}")));
        }
        Ok(())
    }

    fn check_binary(&self, body: &[u8]) -> Result<(), Fault> {
        let needed = self.body_bytes(stored_bytes)?;
        let found = body.len() as u64;
        if found < needed {
            return Err(self.truncated(self.body_start, &format!("{needed} bytes"), body.len()));
        }
        if found > needed {
            return Err(self.too_long(needed, found));
        }
        Ok(())
    }

    fn check_compressed(&self, body: &[u8]) -> Result<(), Fault> {
        let Some((sizes, packed)) = body.split_first_chunk::<COMPRESSED_PREFIX_BYTES>() else {
            let expected = format!("{COMPRESSED_PREFIX_BYTES} bytes of sizes");
            return Err(self.truncated(self.body_start, &expected, body.len()));
        };
        let [packed_bytes, unpacked_bytes] = little_endian_pair(*sizes);
        if packed_bytes > packed.len() as u64 {
            let start = self.body_start + COMPRESSED_PREFIX_BYTES;
            return Err(self.truncated(start, &format!("{packed_bytes} compressed bytes"), packed.len()));
        }
        let needed = self.body_bytes(stored_bytes)?;
        if unpacked_bytes != needed {
            let expected = format!("an uncompressed size of {needed} bytes");
            return Err(self.malformed(expected, unpacked_bytes.to_string()));
        }
        Ok(())
    }

    /// Bytes of all points, if `value_bytes` is the size of one value of a field.
    fn body_bytes(&self, value_bytes: impl Fn(&FieldDef) -> u64) -> Result<u64, Fault> {
        let fields = self.meta.field_defs.iter();
        let mut sizes = fields.map(|field| value_bytes(field).checked_mul(field.count));
        let record = sizes.try_fold(0, |sum: u64, bytes| sum.checked_add(bytes?));
        let total = record.and_then(|record| record.checked_mul(self.meta.num_points));
        match total {
            Some(total) if total <= MAX_FILE_BYTES => Ok(total),
            _ => Err(Fault::TooLarge { limit_bytes: MAX_FILE_BYTES }),
        }
    }

    /// A body that ends after `found` bytes of what was expected from `start` on.
    fn truncated(&self, start: usize, expected: &str, found: usize) -> Fault {
        let expected = format!("{expected} of data for {} points", self.meta.num_points);
        Fault::truncated(Place::Byte(start + found), expected, found.to_string())
    }

    fn too_long(&self, needed: u64, found: u64) -> Fault {
        let end = self.body_start as u64 + needed;
        let place = Place::Byte(usize::try_from(end).unwrap_or(usize::MAX));
        let points = format!("{} points", self.meta.num_points);
        Fault::wrong_length(place, points, format!("{} more bytes", found - needed))
    }

    /// A header that can be read but not used.
    pub(super) fn malformed(&self, expected: impl Into<String>, found: String) -> Fault {
        Fault::malformed(Place::Byte(self.body_start), expected, found)
    }

    /// A compressed body that does not unpack.
    pub(super) fn bad_body(&self, error: &pcd_rs::Error) -> Fault {
        self.malformed("compressed points", error.to_string())
    }

    /// The point number `index` that does not decode; its line is exact for ascii data.
    pub(super) fn bad_record(&self, bytes: &[u8], index: usize, error: &pcd_rs::Error) -> Fault {
        let header_lines = bytes[..self.body_start].iter().filter(|byte| **byte == b'\n').count();
        let expected = format!("point {index}");
        Fault::malformed(Place::Line(header_lines + 1 + index), expected, error.to_string())
    }
}

/// Size of one value of a field in binary data.
fn stored_bytes(field: &FieldDef) -> u64 {
    field.kind.byte_size() as u64
}

fn little_endian_pair(bytes: [u8; COMPRESSED_PREFIX_BYTES]) -> [u64; 2] {
    let [a0, a1, a2, a3, b0, b1, b2, b3] = bytes;
    [[a0, a1, a2, a3], [b0, b1, b2, b3]].map(|number| u64::from(u32::from_le_bytes(number)))
}
