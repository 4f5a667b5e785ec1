//! The text format itself: families, labels, numbers.

use std::fmt::Write as _;

/// The text formats that Prometheus reads.
///
/// # Source
/// <https://prometheus.io/docs/instrumenting/exposition_formats/>,
/// <https://prometheus.io/docs/specs/om/open_metrics_spec/>
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum TextFormat {
    /// Its own, version 0.0.4.
    #[default]
    Prometheus,
    /// OpenMetrics 1.0.0.
    OpenMetrics,
}

impl TextFormat {
    /// The value of `Content-Type` for text in this format.
    #[must_use]
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::Prometheus => "text/plain; version=0.0.4; charset=utf-8",
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
        }
    }
}

/// How large the text may get by families that can be left out. Who serves it sends no more than 16 MiB (THREAT 43), and
/// may put something before it.
const ROOM_BYTES: usize = 15 << 20;

/// Text in one of the formats.
#[derive(Debug, Default)]
pub(super) struct Text {
    format: TextFormat,
    out: String,
    /// Families for which there was no room.
    left_out: u64,
}

/// There is no room for a family.
pub(super) struct NoRoom;

/// What a family is, as the `# TYPE` line says it.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    Counter,
    Gauge,
    Histogram,
    Summary,
}

impl Text {
    pub(super) fn new(format: TextFormat, bytes: usize) -> Self {
        Self { format, out: String::with_capacity(bytes), left_out: 0 }
    }

    /// Writes a family, or nothing of it and counts that, if there is no room for all of it.
    pub(super) fn if_there_is_room(&mut self, write: impl FnOnce(&mut Self) -> Result<(), NoRoom>) {
        let before = self.out.len();
        if write(self).is_err() {
            self.out.truncate(before);
            self.left_out += 1;
        }
    }

    /// Whether more can be written of a family that can be left out.
    pub(super) fn room(&self) -> Result<(), NoRoom> {
        if self.out.len() > ROOM_BYTES { Err(NoRoom) } else { Ok(()) }
    }

    /// Families for which there was no room.
    pub(super) fn left_out(&self) -> u64 {
        self.left_out
    }

    /// Starts a family; its samples follow.
    pub(super) fn family(&mut self, name: &str, kind: Kind, help: &str) {
        // OpenMetrics names a family without the suffix that its samples have.
        let name = match (self.format, kind) {
            (TextFormat::OpenMetrics, Kind::Counter) => name.strip_suffix("_total").unwrap_or(name),
            _ => name,
        };
        let kind = match kind {
            Kind::Counter => "counter",
            Kind::Gauge => "gauge",
            Kind::Histogram => "histogram",
            Kind::Summary => "summary",
        };
        self.push(&["# HELP ", name, " ", help, "\n# TYPE ", name, " ", kind, "\n"]);
    }

    /// A sample that is counted; the format's numbers are floats, exact up to 2^53.
    pub(super) fn count(&mut self, name: &str, labels: &[(&str, &str)], value: u64) {
        self.series(name, labels);
        self.out.push_str(itoa::Buffer::new().format(value));
        self.out.push('\n');
    }

    /// A sample that is measured. All our numbers are finite.
    pub(super) fn value(&mut self, name: &str, labels: &[(&str, &str)], value: f64) {
        self.series(name, labels);
        // Writing to a string cannot fail.
        let _ = writeln!(self.out, "{value}");
    }

    /// The samples of a histogram: buckets that count what lies above the bound before and not above their own, the last
    /// of them without a bound; and the sum.
    pub(super) fn histogram(
        &mut self,
        name: &str,
        labels: &[(&str, impl AsRef<str>)],
        bounds: &[impl AsRef<str>],
        buckets: &[u64],
        sum: f64,
    ) {
        let mut with_bound: Vec<_> = labels.iter().map(|(label, value)| (*label, value.as_ref())).collect();
        let mut total = 0_u64;
        let bounds = bounds.iter().map(AsRef::as_ref).chain(["+Inf"]);
        for (bound, count) in bounds.zip(buckets) {
            total = total.saturating_add(*count);
            with_bound.truncate(labels.len());
            with_bound.push(("le", bound));
            self.count(&format!("{name}_bucket"), &with_bound, total);
        }
        with_bound.truncate(labels.len());
        self.value(&format!("{name}_sum"), &with_bound, sum);
        self.count(&format!("{name}_count"), &with_bound, total);
    }

    fn series(&mut self, name: &str, labels: &[(&str, &str)]) {
        self.out.push_str(name);
        let mut open = '{';
        for (label, value) in labels {
            self.out.push(open);
            self.push(&[label, "=\""]);
            self.escaped(value);
            self.out.push('"');
            open = ',';
        }
        self.out.push_str(if labels.is_empty() { " " } else { "} " });
    }

    /// A label's value: backslash, quote and line feed are escaped, everything else is as it is.
    fn escaped(&mut self, value: &str) {
        let mut rest = value;
        // Byte by byte: names are short, and the three are never part of another character.
        while let Some(place) = rest.bytes().position(|byte| matches!(byte, b'\\' | b'"' | b'\n')) {
            self.out.push_str(&rest[..place]);
            self.out.push_str(match rest.as_bytes()[place] {
                b'\n' => "\\n",
                b'"' => "\\\"",
                _ => "\\\\",
            });
            rest = &rest[place + 1..];
        }
        self.out.push_str(rest);
    }

    fn push(&mut self, parts: &[&str]) {
        parts.iter().for_each(|part| self.out.push_str(part));
    }

    pub(super) fn finish(mut self) -> String {
        if self.format == TextFormat::OpenMetrics {
            self.out.push_str("# EOF\n");
        }
        self.out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_are_lines_and_labels_escaped() {
        let mut text = Text::default();
        text.family("x_total", Kind::Counter, "Things.");
        text.count("x_total", &[], u64::MAX);
        text.count("x_total", &[("a", "plain"), ("b", "q\"b\\n\nü")], 7);
        text.value("x_seconds", &[("quantile", "0.5")], 0.0125);
        assert_eq!(
            text.finish(),
            "# HELP x_total Things.\n# TYPE x_total counter\nx_total 18446744073709551615\n\
             x_total{a=\"plain\",b=\"q\\\"b\\\\n\\nü\"} 7\nx_seconds{quantile=\"0.5\"} 0.0125\n"
        );
    }

    #[test]
    fn a_histogram_counts_upwards() {
        let mut text = Text::default();
        text.histogram("x_seconds", &[("a", "b")], &["0.5", "1.0"], &[2, 0, 3], 7.5);
        assert_eq!(
            text.finish(),
            "x_seconds_bucket{a=\"b\",le=\"0.5\"} 2\nx_seconds_bucket{a=\"b\",le=\"1.0\"} 2\n\
             x_seconds_bucket{a=\"b\",le=\"+Inf\"} 5\nx_seconds_sum{a=\"b\"} 7.5\nx_seconds_count{a=\"b\"} 5\n"
        );
    }

    #[test]
    fn openmetrics_names_families_without_total_and_says_where_it_ends() {
        let mut text = Text::new(TextFormat::OpenMetrics, 0);
        text.family("x_total", Kind::Counter, "Things.");
        text.count("x_total", &[], 1);
        assert_eq!(text.finish(), "# HELP x Things.\n# TYPE x counter\nx_total 1\n# EOF\n");
    }
}
