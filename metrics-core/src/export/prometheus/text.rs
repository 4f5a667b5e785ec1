//! The text format itself: families, labels, numbers.

use std::fmt::Write as _;

/// Text in the Prometheus exposition format 0.0.4.
///
/// # Source
/// <https://prometheus.io/docs/instrumenting/exposition_formats/>
#[derive(Debug, Default)]
pub(super) struct Text {
    out: String,
}

/// What a family is, as the `# TYPE` line says it.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    Counter,
    Gauge,
    Summary,
}

impl Text {
    pub(super) fn with_capacity(bytes: usize) -> Self {
        Self { out: String::with_capacity(bytes) }
    }

    /// Starts a family; its samples follow.
    pub(super) fn family(&mut self, name: &str, kind: Kind, help: &str) {
        let kind = match kind {
            Kind::Counter => "counter",
            Kind::Gauge => "gauge",
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

    pub(super) fn finish(self) -> String {
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
}
