//! The bars that are set for recording and for the layer, against one run.

use crate::catalog::{BARE_CALL, CLOCK_FLOOR, Entry};
use crate::rounds::Turns;
use crate::stats::{differences, median, median_ratio};
use crate::table::{Table, number};

/// Crates that time into a histogram, by the fastest way each documents.
const HISTOGRAM_CRATES: [&str; 5] =
    ["metrics+exporter", "prometheus", "prometheus-local", "prometheus-client", "measured"];

/// Those whose samples a reader sees at once.
const SHARED_HISTOGRAM_CRATES: [&str; 4] =
    ["metrics+exporter", "prometheus", "prometheus-client", "measured"];

struct Run<'a>(&'a [(Entry, Option<Turns>)]);

impl Run<'_> {
    fn of(&self, name: &str) -> Option<&Turns> {
        let (_, turns) = self.0.iter().find(|(entry, _)| entry.name == name)?;
        turns.as_ref()
    }

    fn ns(&self, name: &str) -> f64 {
        self.of(name).map_or(f64::NAN, |turns| median(&turns.one))
    }

    fn over_floor(&self, name: &str) -> f64 {
        self.over(name, CLOCK_FLOOR)
    }

    fn over(&self, name: &str, other: &str) -> f64 {
        self.ns(name) - self.ns(other)
    }

    /// What a layer adds to its baseline, in every round.
    fn added(&self, name: &str) -> Vec<f64> {
        let entry = self.0.iter().find(|(entry, _)| entry.name == name);
        let (own, baseline) = (self.of(name), entry.and_then(|(entry, _)| self.of(entry.baseline)));
        own.zip(baseline).map_or_else(Vec::new, |(own, baseline)| differences(&own.one, &baseline.one))
    }

    fn ratio(&self, name: &str, other: &str) -> f64 {
        match (self.of(name), self.of(other)) {
            (Some(turns), Some(others)) => median_ratio(&turns.one, &others.one),
            _ => f64::NAN,
        }
    }

    fn fastest(&self, names: &[&'static str]) -> &'static str {
        let fastest = names.iter().min_by(|a, b| self.ns(a).total_cmp(&self.ns(b)));
        fastest.copied().unwrap_or(CLOCK_FLOOR)
    }

    fn together(&self, name: &str) -> f64 {
        self.of(name).map_or(f64::NAN, |turns| median_ratio(&turns.same, &turns.one))
    }
}

/// The bars of recording that times decide, one row each.
#[must_use]
pub fn recording_table(results: &[(Entry, Option<Turns>)]) -> String {
    let run = Run(results);
    let histogram = run.fastest(&HISTOGRAM_CRATES);
    let shared = run.fastest(&SHARED_HISTOGRAM_CRATES);
    let bars = [
        ("`#[timed]` sync, over the clock floor, ns".to_owned(), run.over_floor("timed"), 6.0),
        ("`#[timed]` sync / hotpath".to_owned(), run.ratio("timed", "hotpath"), 0.6),
        (
            format!("`#[timed]` sync / {shared}, the fastest shared histogram"),
            run.ratio("timed", shared),
            0.45,
        ),
        (
            format!("`#[timed]` sync / {histogram}, the fastest of all histograms"),
            run.ratio("timed", histogram),
            0.45,
        ),
        ("`#[timed]` async, over the clock floor, ns".to_owned(), run.over_floor("timed-async"), 8.0),
        ("node by handle, over the clock floor, ns".to_owned(), run.over_floor("node-handle"), 8.0),
        ("node by string, over the clock floor, ns".to_owned(), run.over_floor("timed-node"), 14.0),
        ("`record_ws_message` by handle, ns".to_owned(), run.ns("topic-handle"), 3.0),
        ("`record_ws_message` by string, ns".to_owned(), run.ns("record_ws_message"), 15.0),
        ("disabled, over the bare call, ns".to_owned(), run.over("disabled-timed", BARE_CALL), 1.0),
        (
            "a poll in a context, over the bare poll, ns".to_owned(),
            run.over("poll-in-context", "bare-async-call"),
            5.0,
        ),
        ("two threads on the same function / one".to_owned(), run.together("timed"), 1.05),
        ("two threads on the same node / one".to_owned(), run.together("timed-node"), 1.05),
        ("two threads on the same topic / one".to_owned(), run.together("topic-handle"), 1.05),
    ];
    against(bars)
}

/// The bars of the layer that times decide; what it costs is what it adds to a layer that does nothing in its place.
#[must_use]
pub fn layer_table(results: &[(Entry, Option<Turns>)]) -> String {
    let run = Run(results);
    let ours = run.added("router+layer");
    let times = |peer| median_ratio(&ours, &run.added(peer));
    against([
        ("layer around a service, ns".to_owned(), median(&run.added("service+layer")), 100.0),
        ("layer in a router, ns".to_owned(), median(&ours), 100.0),
        ("layer / axum-otel-metrics".to_owned(), times("axum-otel-metrics"), 0.12),
        ("layer / a `Mutex<HashMap>` layer".to_owned(), times("mutex-layer"), 0.6),
        ("two threads on the same route / one".to_owned(), run.together("service+layer"), 1.05),
    ])
}

fn against<const N: usize>(bars: [(String, f64, f64); N]) -> String {
    let mut table = Table::new(["bar", "measured", "at most", ""]);
    for (name, measured, most) in bars {
        let verdict = match measured.partial_cmp(&most) {
            None => "unknown",
            Some(std::cmp::Ordering::Greater) => "**not met**",
            Some(_) => "met",
        };
        table.row([name, number(measured), number(most), verdict.to_owned()]);
    }
    table.to_markdown()
}
