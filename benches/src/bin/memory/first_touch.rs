//! What the first record of a series allocates, on the thread that makes it.

use std::sync::LazyLock;
use std::thread;

use metrics_bench::ours;
use metrics_bench::peers::{self, BUCKETS};
use metrics_core::Collector;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;

/// Series per measurement: enough that what happens once per thread hardly counts.
pub(crate) const SERIES: usize = 100;

/// A kind of series.
#[derive(Clone, Copy)]
pub(crate) struct Touch {
    /// What it is called.
    pub(crate) name: &'static str,
    record: fn(&str),
}

/// Mean per series.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cost {
    /// Bytes that stay allocated.
    pub(crate) bytes: f64,
    /// Allocations made, also those that were freed again.
    pub(crate) allocations: f64,
}

impl Touch {
    /// What each of [`SERIES`] series costs the first thread that records it, and then another one while the first
    /// lives.
    #[must_use]
    pub(crate) fn measure(self) -> [Cost; 2] {
        thread::scope(|scope| {
            let first = scope.spawn(|| {
                let first = self.on_this_thread();
                let next = thread::scope(|scope| {
                    let next = scope.spawn(|| self.on_this_thread());
                    next.join().expect("recording does not panic")
                });
                [first, next]
            });
            first.join().expect("recording does not panic")
        })
    }

    fn on_this_thread(self) -> Cost {
        // What a thread allocates once, whatever it records, belongs to no series.
        (self.record)("before");
        let keys: Vec<String> = (0..SERIES).map(|index| format!("{}/{index}", self.name)).collect();
        let counted = allocation_counter::measure(|| keys.iter().for_each(|key| (self.record)(key)));
        Cost {
            bytes: counted.bytes_current as f64 / SERIES as f64,
            allocations: counted.count_total as f64 / SERIES as f64,
        }
    }
}

/// All kinds.
#[must_use]
pub(crate) fn all() -> Vec<Touch> {
    ours::metrics();
    let touch = |name, record: fn(&str)| Touch { name, record };
    vec![
        touch("function (window 100)", |key| {
            ours::registry().record_function(key, 1.0);
        }),
        touch("node (window 60)", |key| {
            ours::registry().record_node_exec(key, "Voxel grid", "voxel", 1.0, 1);
        }),
        touch("operation (window 60)", |key| {
            ours::registry().record_operation(key, "downsample", 1.0);
        }),
        touch("route (window 100)", |key| {
            ours::registry().record_endpoint(key, "GET", 1.0, 200);
        }),
        touch("topic (two counters), by string", |key| {
            ours::registry().record_ws_message(key, 1);
        }),
        touch("topic (two counters), by handle", |key| {
            ours::registry().topic(key).record_message(1);
        }),
        touch("metrics+exporter histogram", |key| {
            peers::metrics::exporter();
            metrics::histogram!("touched", "series" => key.to_owned()).record(0.001);
        }),
        touch("metrics+exporter counter", |key| {
            peers::metrics::exporter();
            metrics::counter!("touched_total", "series" => key.to_owned()).increment(1);
        }),
        touch("prometheus histogram", |key| {
            prometheus_histograms().with_label_values(&[key]).observe(0.001);
        }),
        touch("prometheus counter", |key| {
            prometheus_counters().with_label_values(&[key]).inc();
        }),
        touch("prometheus-client histogram", |key| {
            client_histograms().get_or_create(&vec![("series", key.to_owned())]).observe(0.001);
        }),
    ]
}

fn prometheus_histograms() -> &'static prometheus::HistogramVec {
    static VEC: LazyLock<prometheus::HistogramVec> = LazyLock::new(|| {
        let opts = prometheus::HistogramOpts::new("touched", "touched");
        prometheus::HistogramVec::new(opts, &["series"]).expect("the name is valid")
    });
    &VEC
}

fn prometheus_counters() -> &'static prometheus::IntCounterVec {
    static VEC: LazyLock<prometheus::IntCounterVec> = LazyLock::new(|| {
        let opts = prometheus::Opts::new("touched_total", "touched");
        prometheus::IntCounterVec::new(opts, &["series"]).expect("the name is valid")
    });
    &VEC
}

type ClientHistograms = Family<Vec<(&'static str, String)>, Histogram>;

fn client_histograms() -> &'static ClientHistograms {
    static FAMILY: LazyLock<ClientHistograms> =
        LazyLock::new(|| ClientHistograms::new_with_constructor(|| Histogram::new(BUCKETS)));
    &FAMILY
}
