//! Counters of other crates, ready to be rendered as Prometheus text.

use prometheus::Encoder;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;

use measured::metric::group::MetricGroup;
use measured::text::BufferedTextEncoder;

/// Renders everything and says how many bytes it was.
pub type Render = Box<dyn FnMut() -> usize>;

/// One who can render; or why not.
pub struct Renderer {
    /// The crate.
    pub name: &'static str,
    /// Makes that many counters with one label each.
    pub make: Result<fn(usize) -> Render, &'static str>,
}

/// All of them.
#[must_use]
pub fn all() -> Vec<Renderer> {
    let peer = |name, make: fn(usize) -> Render| Renderer { name, make: Ok(make) };
    vec![
        peer("**ours**", ours),
        peer("metrics+exporter", exporter),
        peer("prometheus", prometheus),
        peer("prometheus-client", prometheus_client),
        peer("measured", measured),
    ]
}

/// All metrics of an instance, which are the counters and a few dozen lines of the library's own.
fn ours(counters: usize) -> Render {
    let mut limits = metrics_core::Limits::default();
    limits.counters = counters.max(limits.counters);
    let metrics = metrics_core::Metrics::builder().limits(limits).build().expect("the settings are valid");
    metrics.shutdown();
    for index in 0..counters {
        metrics.registry().counter(&index.to_string()).add(1);
    }
    Box::new(move || metrics.prometheus().len())
}

fn exporter(counters: usize) -> Render {
    let recorder = metrics_exporter_prometheus::PrometheusBuilder::new().build_recorder();
    metrics::with_local_recorder(&recorder, || {
        for index in 0..counters {
            metrics::counter!("counted_total", "series" => index.to_string()).increment(1);
        }
    });
    let handle = recorder.handle();
    Box::new(move || handle.render().len())
}

fn prometheus(counters: usize) -> Render {
    let registry = prometheus::Registry::new();
    let opts = prometheus::Opts::new("counted_total", "counted");
    let vec = prometheus::IntCounterVec::new(opts, &["series"]).expect("the name is valid");
    registry.register(Box::new(vec.clone())).expect("nothing else is registered");
    for index in 0..counters {
        vec.with_label_values(&[index.to_string().as_str()]).inc();
    }
    let mut text = Vec::new();
    Box::new(move || {
        text.clear();
        let gathered = registry.gather();
        prometheus::TextEncoder::new().encode(&gathered, &mut text).expect("a vector takes everything");
        text.len()
    })
}

fn prometheus_client(counters: usize) -> Render {
    let mut registry = prometheus_client::registry::Registry::default();
    let family = Family::<Vec<(&'static str, String)>, Counter>::default();
    registry.register("counted", "counted", family.clone());
    for index in 0..counters {
        family.get_or_create(&vec![("series", index.to_string())]).inc();
    }
    let mut text = String::new();
    Box::new(move || {
        text.clear();
        prometheus_client::encoding::text::encode(&mut text, &registry).expect("a string takes everything");
        text.len()
    })
}

/// `measured`, with labels as it wants them: numbers that are known to be few.
mod counted {
    use measured::{CounterVec, LabelGroup, MetricGroup};

    #[derive(MetricGroup)]
    pub(super) struct Counted {
        /// counted
        pub(super) counted: CounterVec<SeriesSet>,
    }

    #[derive(Clone, Copy, Debug, PartialEq, LabelGroup)]
    #[label(set = SeriesSet)]
    pub(super) struct Series<'a> {
        #[label(dynamic_with = measured::lasso::ThreadedRodeo)]
        pub(super) series: &'a str,
    }

    pub(super) fn new() -> Counted {
        Counted {
            counted: CounterVec::with_label_set(SeriesSet { series: measured::lasso::ThreadedRodeo::new() }),
        }
    }
}

fn measured(counters: usize) -> Render {
    let counted = counted::new();
    for index in 0..counters {
        let series = index.to_string();
        counted.counted.inc(counted::Series { series: &series });
    }
    let mut encoder = BufferedTextEncoder::new();
    Box::new(move || {
        counted.collect_group_into(&mut encoder).expect("a buffer takes everything");
        encoder.finish().len()
    })
}
