//! Alerts in the log: at the level that they have, and whatever their names are.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use metrics_layer::Metrics;
use metrics_layer::core::AlertRule;
use tracing_subscriber::fmt::MakeWriter;

/// What is logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

/// The lines that are logged while values of a gauge of that name come and go.
fn lines(name: &str, values: &[f64]) -> Vec<String> {
    let rule = AlertRule::new(name, 40.0, 60.0, name).keep(Duration::ZERO);
    let builder = Metrics::builder().alert_rules([rule]).core(|core| core.collecting(false));
    let metrics = builder.build().unwrap();
    let log = Log::default();
    let subscriber =
        tracing_subscriber::fmt().with_writer(log.clone()).with_ansi(false).without_time().finish();
    tracing::subscriber::with_default(subscriber, || {
        for value in values {
            metrics.registry().gauge(name).set(*value);
            metrics.collection().collect();
        }
    });
    let text = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    text.lines().map(str::to_owned).collect()
}

/// A-05: a line for each change, and none for what stays.
#[test]
fn each_change_is_a_line_at_its_level() {
    let lines = lines("cabin", &[10.0, 45.0, 46.0, 65.0, 66.0, 10.0, 10.0]);
    let starts = [
        " WARN metrics_core::alerts: alert: WARNING alert=\"cabin\" value=45.0 threshold=40.0",
        "ERROR metrics_core::alerts: alert: CRITICAL alert=\"cabin\" value=65.0 threshold=60.0",
        " INFO metrics_core::alerts: alert: resolved alert=\"cabin\" value=10.0 threshold=60.0",
    ];
    assert_eq!(lines.len(), starts.len(), "{lines:#?}");
    for (line, start) in lines.iter().zip(starts) {
        assert!(line.starts_with(start), "{line}");
    }
}

/// THREAT 72.
#[test]
fn no_name_forges_a_line() {
    let lines = lines("x\u{1b}[31m\nERROR forged\r", &[45.0]);
    assert_eq!(lines.len(), 1, "{lines:#?}");
    assert!(!lines[0].contains(['\u{1b}', '\r']), "{lines:#?}");
    assert!(lines[0].contains(r#"alert="x\u{1b}[31m\nERROR forged\r""#), "{lines:#?}");
}
