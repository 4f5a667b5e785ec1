//! Headerless files of fixed-size records of little-endian `f32`.

use super::check_point_count;
use super::error::{Fault, Place};
use crate::cloud::Point;

/// Shape of one record: `x y z intensity` first, then numbers that are not used.
#[derive(Debug)]
pub(super) struct Record {
    /// Size of a record, at least 16.
    pub(super) bytes: usize,
    /// The fields in order, for messages.
    pub(super) fields: &'static str,
    /// Stored intensity of a perfect reflector; intensities are divided by it.
    pub(super) full_intensity: f32,
}

/// Parses every record of `bytes`.
///
/// # Errors
///
/// The file is empty, its length is no multiple of the record, or it holds too many points.
pub(super) fn parse(bytes: &[u8], record: &Record) -> Result<Vec<Point>, Fault> {
    check_length(bytes, record)?;
    let records = bytes.chunks_exact(record.bytes);
    Ok(records.map(|chunk| point(chunk, record)).collect())
}

fn check_length(bytes: &[u8], record: &Record) -> Result<(), Fault> {
    if bytes.is_empty() {
        return Err(Fault::EmptyFile { expected: record.fields });
    }
    let left_over = bytes.len() % record.bytes;
    if left_over != 0 {
        return Err(truncated(bytes.len() - left_over, left_over, record));
    }
    check_point_count((bytes.len() / record.bytes) as u64)
}

fn truncated(at: usize, left_over: usize, record: &Record) -> Fault {
    Fault::truncated(
        Place::Byte(at),
        format!("a multiple of {} bytes ({})", record.bytes, record.fields),
        format!("{left_over} left over"),
    )
}

fn point(chunk: &[u8], record: &Record) -> Point {
    let (floats, _) = chunk.as_chunks::<4>();
    let value = |i: usize| floats.get(i).map_or(f32::NAN, |bytes| f32::from_le_bytes(*bytes));
    Point { x: value(0), y: value(1), z: value(2), intensity: value(3) / record.full_intensity }
}
