//! Series as comma-separated values.

use std::fmt::Write as _;

use crate::snapshot::{SeriesMetrics, iso8601};

/// Ends of lines of RFC 4180.
const END: &str = "\r\n";

/// Room for one row.
const ROW_BYTES: usize = 64;

/// One row a sample, series after series: when (ISO 8601, UTC), which metric, its unit, the value.
pub(crate) fn csv(series: &[SeriesMetrics]) -> String {
    let rows: usize = series.iter().map(|series| series.samples.len()).sum();
    let mut out = String::with_capacity((rows + 1) * ROW_BYTES);
    out.push_str("timestamp,metric,unit,value");
    out.push_str(END);
    for series in series {
        let (name, unit) = (field(&series.name), field(&series.unit));
        for sample in &series.samples {
            let time = iso8601(sample.timestamp / 1_000);
            let (second, ms) = (time.trim_end_matches('Z'), sample.timestamp % 1_000);
            // Writing to a string cannot fail.
            let _ = write!(out, "{second}.{ms:03}Z,{name},{unit},{}{END}", sample.value);
        }
    }
    out
}

/// A text as one field. What a spreadsheet would run as a formula is made harmless by an apostrophe (THREAT 45).
fn field(text: &str) -> String {
    let guard = if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { "'" } else { "" };
    if text.contains([',', '"', '\r', '\n']) {
        format!("\"{guard}{}\"", text.replace('"', "\"\""))
    } else {
        format!("{guard}{text}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::SeriesSample;

    #[test]
    fn a_row_for_each_sample() {
        let sample =
            |minute: u64, value| SeriesSample { timestamp: 1_735_928_400_000 + minute * 60_000, value };
        let memory = SeriesMetrics::of("memory_usage", "MB", vec![sample(0, 220.1), sample(1, 225.0)]);
        let own = SeriesMetrics::of("a \"b\",\nc", "=1+1", vec![sample(0, -1e-7)]);
        assert_eq!(
            csv(&[memory, own]),
            "timestamp,metric,unit,value\r\n\
             2025-01-03T18:20:00.000Z,memory_usage,MB,220.1\r\n\
             2025-01-03T18:21:00.000Z,memory_usage,MB,225\r\n\
             2025-01-03T18:20:00.000Z,\"a \"\"b\"\",\nc\",'=1+1,-0.0000001\r\n"
        );
    }

    /// THREAT 45.
    #[test]
    fn no_text_is_a_formula() {
        for text in ["=1", "+1", "-1", "@x", "\t=1", "\r=1"] {
            let field = field(text);
            assert!(field.starts_with('\'') || field.starts_with("\"'"), "{field:?}");
        }
        assert_eq!(field("plain text"), "plain text");
        assert_eq!(field("%"), "%");
    }
}
