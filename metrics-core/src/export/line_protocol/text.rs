//! The line protocol itself: escaping, numbers, separators.

use std::fmt::{Display, Write as _};

/// The engines' integers are signed.
const MAX_INTEGER: u64 = i64::MAX as u64;

/// A line that is being written.
pub(super) struct Line<'a> {
    out: &'a mut String,
    has_field: bool,
}

impl<'a> Line<'a> {
    /// The measurement is a name of ours, without anything to escape.
    pub(super) fn new(out: &'a mut String, measurement: &str) -> Self {
        out.push_str(measurement);
        Self { out, has_field: false }
    }

    /// Nothing for a value of which nothing is left.
    pub(super) fn tag(&mut self, name: &str, value: &str) {
        // Before a separator it would escape that.
        let value = value.trim_end_matches('\\');
        if value.is_empty() {
            return;
        }
        self.out.push(',');
        self.out.push_str(name);
        self.out.push('=');
        for character in value.chars() {
            match character {
                ',' | '=' | ' ' => {
                    // Some engines read two backslashes as one, behind which the separator would end the value.
                    self.out.truncate(self.out.trim_end_matches('\\').len());
                    self.out.extend(['\\', character]);
                }
                _ if character.is_control() => self.out.extend(character.escape_default()),
                _ => self.out.push(character),
            }
        }
    }

    pub(super) fn integer(&mut self, name: impl Display, value: u64) {
        self.field(name, format_args!("{}i", value.min(MAX_INTEGER)));
    }

    /// Nothing if it is not finite.
    pub(super) fn float(&mut self, name: impl Display, value: f64) {
        if value.is_finite() {
            self.field(name, value);
        }
    }

    fn field(&mut self, name: impl Display, value: impl Display) {
        let separator = if self.has_field { ',' } else { ' ' };
        self.has_field = true;
        // Writing to a string cannot fail.
        let _ = write!(self.out, "{separator}{name}={value}");
    }

    pub(super) fn end(self, unix_ms: u64) {
        let _ = writeln!(self.out, " {}", unix_ms.min(MAX_INTEGER));
    }
}
