//! Point Cloud Library files: ascii, binary and binary_compressed, decoded by `pcd-rs`.
//!
//! `pcd-rs` allocates what a header asks for and indexes by it, so the header is read first and
//! held against the bytes that are really there; only then does the decoder see the file.

mod header;

use pcd_rs::{DynReader, DynRecord, Field};

use self::header::Header;
use super::error::Fault;
use crate::cloud::Point;

/// Where the used fields are in a decoded record.
struct Columns {
    x: usize,
    y: usize,
    z: usize,
    intensity: Option<usize>,
}

/// Parses a whole PCD file; a missing `intensity` field reads as 0.
///
/// # Errors
///
/// The file is empty, the header malformed or without scalar `x y z`, WIDTH × HEIGHT is not
/// POINTS, or the body is not as long as the header says. Text after the last ascii point is left
/// unread.
pub(super) fn parse(bytes: &[u8]) -> Result<Vec<Point>, Fault> {
    if bytes.is_empty() {
        return Err(Fault::EmptyFile { expected: "a PCD header" });
    }
    let header = Header::read(bytes)?;
    let columns = Columns::of(&header)?;
    decode(bytes, &header, &columns)
}

fn decode(bytes: &[u8], header: &Header, columns: &Columns) -> Result<Vec<Point>, Fault> {
    let reader = DynReader::from_bytes(bytes).map_err(|error| header.bad_body(&error))?;
    let mut points = Vec::with_capacity(usize::try_from(header.meta.num_points).unwrap_or(0));
    for record in reader {
        let record = record.map_err(|error| header.bad_record(bytes, points.len(), &error))?;
        points.push(columns.point(&record));
    }
    Ok(points)
}

// === impl Columns ===

impl Columns {
    fn of(header: &Header) -> Result<Self, Fault> {
        let required = |name| column(header, name).ok_or_else(|| missing(header, name));
        Ok(Self {
            x: required("x")?,
            y: required("y")?,
            z: required("z")?,
            intensity: column(header, "intensity"),
        })
    }

    fn point(&self, record: &DynRecord) -> Point {
        let value = |column: usize| record.0.get(column).map_or(f32::NAN, first_value);
        Point {
            x: value(self.x),
            y: value(self.y),
            z: value(self.z),
            intensity: self.intensity.map_or(0.0, value),
        }
    }
}

/// Position of the scalar field `name` in a decoded record, which leaves out padding.
fn column(header: &Header, name: &str) -> Option<usize> {
    let mut fields = header.meta.field_defs.iter().filter(|field| !field.is_padding());
    fields.position(|field| field.name == name && field.count == 1)
}

fn missing(header: &Header, name: &str) -> Fault {
    let names: Vec<_> = header.meta.field_defs.iter().map(|field| field.name.as_str()).collect();
    header.malformed(format!("a scalar field {name}"), format!("fields {}", names.join(" ")))
}

/// First value of a field as `f32`, rounded where the stored type is wider; NaN if it is empty.
fn first_value(field: &Field) -> f32 {
    let value = match field {
        Field::I8(values) => values.first().map(|value| f32::from(*value)),
        Field::I16(values) => values.first().map(|value| f32::from(*value)),
        Field::I32(values) => values.first().map(|value| *value as f32),
        Field::I64(values) => values.first().map(|value| *value as f32),
        Field::U8(values) => values.first().map(|value| f32::from(*value)),
        Field::U16(values) => values.first().map(|value| f32::from(*value)),
        Field::U32(values) => values.first().map(|value| *value as f32),
        Field::U64(values) => values.first().map(|value| *value as f32),
        Field::F32(values) => values.first().copied(),
        Field::F64(values) => values.first().map(|value| *value as f32),
    };
    value.unwrap_or(f32::NAN)
}
