//! Ascii PLY files: the `vertex` element with `x y z` and optional `intensity`.
//!
//! Other elements and other scalar properties are skipped; everything after the vertices is left
//! unread.

use std::iter::Enumerate;
use std::str::Lines;

use super::check_point_count;
use super::error::{Fault, Place};
use crate::cloud::Point;

/// Names under which writers store the intensity; CloudCompare prefixes scalar fields.
const INTENSITY_NAMES: [&str; 3] = ["intensity", "scalar_intensity", "scalar_Intensity"];

/// Longest header in lines; real ones have fewer than fifty.
const MAX_HEADER_LINES: usize = 1000;

/// One more than the words of the longest header line that means something.
const MAX_HEADER_WORDS: usize = 6;

/// Shortest vertex line: three digits, two blanks, a line feed.
const MIN_VERTEX_BYTES: u64 = 6;

/// The lines of a file with their numbers.
struct Source<'a> {
    lines: Enumerate<Lines<'a>>,
    /// Number of the last line handed out, from 1.
    number: usize,
}

/// An element of the header, with its scalar properties in order.
struct Element<'a> {
    name: &'a str,
    count: u64,
    properties: Vec<&'a str>,
    has_list: bool,
    /// Line of the declaration, for messages.
    line: usize,
}

/// Where the used properties are in a vertex line.
struct Columns {
    x: usize,
    y: usize,
    z: usize,
    intensity: Option<usize>,
    total: usize,
}

/// Parses a whole ascii PLY file; a missing intensity reads as 0.
///
/// # Errors
///
/// The file is empty, not text, its header malformed, a vertex line has the wrong number of
/// values or no number, or lines are missing; the message names the line.
pub(super) fn parse(bytes: &[u8]) -> Result<Vec<Point>, Fault> {
    if bytes.is_empty() {
        return Err(Fault::EmptyFile { expected: "a PLY header" });
    }
    let mut source = Source::new(text(bytes)?);
    let elements = read_header(&mut source)?;
    let vertex = skip_to_vertices(&elements, &mut source)?;
    check_vertex_count(vertex, bytes.len() as u64)?;
    read_vertices(vertex, &mut source)
}

fn text(bytes: &[u8]) -> Result<&str, Fault> {
    std::str::from_utf8(bytes).map_err(|error| {
        let before = &bytes[..error.valid_up_to()];
        let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
        Fault::malformed(Place::Line(line), "UTF-8 text (ascii PLY)", "other bytes")
    })
}

fn read_header<'a>(source: &mut Source<'a>) -> Result<Vec<Element<'a>>, Fault> {
    source.expect_line("ply")?;
    source.expect_line("format ascii 1.0")?;
    let mut elements = Vec::new();
    for _ in 0..MAX_HEADER_LINES {
        let line = source.next("end_header")?;
        let words: Vec<_> = line.split_ascii_whitespace().take(MAX_HEADER_WORDS).collect();
        match words.as_slice() {
            ["end_header"] => return Ok(elements),
            [] | ["comment" | "obj_info", ..] => {}
            ["element", name, count] => elements.push(source.element(name, count)?),
            ["property", property @ ..] => source.property(&mut elements, property)?,
            _ => return Err(source.malformed("a PLY header line", line)),
        }
    }
    let expected = format!("end_header within {MAX_HEADER_LINES} lines");
    Err(source.malformed(&expected, "a longer header"))
}

/// Skips the body of the elements before `vertex`.
fn skip_to_vertices<'e, 'a>(
    elements: &'e [Element<'a>],
    source: &mut Source<'_>,
) -> Result<&'e Element<'a>, Fault> {
    for element in elements {
        if element.name == "vertex" {
            return Ok(element);
        }
        for _ in 0..element.count {
            source.next(element.name)?;
        }
    }
    Err(source.malformed("an element vertex", "none in the header"))
}

/// Refuses a count that the file cannot hold, before memory is reserved for it.
fn check_vertex_count(vertex: &Element<'_>, file_bytes: u64) -> Result<(), Fault> {
    check_point_count(vertex.count)?;
    if vertex.count.saturating_mul(MIN_VERTEX_BYTES) > file_bytes.saturating_add(1) {
        let expected = format!("{} vertices", vertex.count);
        return Err(Fault::truncated(
            Place::Line(vertex.line),
            expected,
            format!("a file of {file_bytes} bytes"),
        ));
    }
    Ok(())
}

fn read_vertices(vertex: &Element<'_>, source: &mut Source<'_>) -> Result<Vec<Point>, Fault> {
    let columns = Columns::of(vertex)?;
    (0..vertex.count).map(|_| source.vertex(&columns)).collect()
}

// === impl Source ===

impl<'a> Source<'a> {
    fn new(text: &'a str) -> Self {
        Self { lines: text.lines().enumerate(), number: 0 }
    }

    /// The next line; its absence is an error that names what was `expected`.
    fn next(&mut self, expected: &str) -> Result<&'a str, Fault> {
        let Some((index, line)) = self.lines.next() else {
            return Err(Fault::truncated(Place::Line(self.number + 1), expected, "the end of the file"));
        };
        self.number = index + 1;
        Ok(line)
    }

    fn expect_line(&mut self, expected: &str) -> Result<(), Fault> {
        let line = self.next(expected)?;
        if line.trim_end() == expected {
            return Ok(());
        }
        Err(self.malformed(expected, line))
    }

    fn element(&self, name: &'a str, count: &str) -> Result<Element<'a>, Fault> {
        match count.parse() {
            Ok(count) => {
                Ok(Element { name, count, properties: Vec::new(), has_list: false, line: self.number })
            }
            Err(_) => Err(self.malformed("a number of elements", count)),
        }
    }

    fn property(&self, elements: &mut [Element<'a>], words: &[&'a str]) -> Result<(), Fault> {
        let Some(element) = elements.last_mut() else {
            return Err(self.malformed("an element before its properties", "a property"));
        };
        match words {
            ["list", _count_type, _value_type, _name] => element.has_list = true,
            [_type, name] => element.properties.push(name),
            _ => return Err(self.malformed("property TYPE NAME", &words.join(" "))),
        }
        Ok(())
    }

    fn vertex(&mut self, columns: &Columns) -> Result<Point, Fault> {
        let line = self.next("a vertex")?;
        let mut point = Point { x: 0.0, y: 0.0, z: 0.0, intensity: 0.0 };
        let mut count = 0;
        for word in line.split_ascii_whitespace() {
            if let Some(value) = columns.slot(count, &mut point) {
                *value = word.parse().map_err(|_| self.malformed("a number", word))?;
            }
            count += 1;
        }
        if count == columns.total {
            return Ok(point);
        }
        Err(self.malformed(&format!("{} values", columns.total), &count.to_string()))
    }

    fn malformed(&self, expected: &str, found: &str) -> Fault {
        Fault::malformed(Place::Line(self.number), expected, excerpt(found))
    }
}

/// The start of `found`: a message stays readable whatever the file holds.
fn excerpt(found: &str) -> String {
    const MAX_CHARS: usize = 40;
    found.chars().take(MAX_CHARS).flat_map(char::escape_debug).collect()
}

// === impl Columns ===

impl Columns {
    fn of(vertex: &Element<'_>) -> Result<Self, Fault> {
        let malformed =
            |expected: String, found: &str| Fault::malformed(Place::Line(vertex.line), expected, found);
        if vertex.has_list {
            return Err(malformed("scalar vertex properties".into(), "a list"));
        }
        let column = |name: &str| vertex.properties.iter().position(|property| *property == name);
        let required =
            |name: &str| column(name).ok_or_else(|| malformed(format!("a vertex property {name}"), "none"));
        Ok(Self {
            x: required("x")?,
            y: required("y")?,
            z: required("z")?,
            intensity: INTENSITY_NAMES.iter().find_map(|name| column(name)),
            total: vertex.properties.len(),
        })
    }

    /// The field of `point` that column `index` fills.
    fn slot<'p>(&self, index: usize, point: &'p mut Point) -> Option<&'p mut f32> {
        match index {
            _ if index == self.x => Some(&mut point.x),
            _ if index == self.y => Some(&mut point.y),
            _ if index == self.z => Some(&mut point.z),
            _ if Some(index) == self.intensity => Some(&mut point.intensity),
            _ => None,
        }
    }
}
