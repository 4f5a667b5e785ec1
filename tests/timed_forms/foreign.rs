//! Collectors that are no registry: what they hear of returned futures and streams, and what is theirs.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use futures_util::future::{BoxFuture, ready};
use futures_util::stream::{StreamExt as _, iter, pending};
use futures_util::{FutureExt as _, Stream};
use metrics_layer::core::MetricsSnapshot;
use metrics_layer::{Collector, scoped_collector, timed};

/// A collector of somebody else, which writes down what it hears.
#[derive(Default)]
struct Notes(Mutex<Vec<(String, f64)>>);

impl Notes {
    fn note(&self, what: String, elapsed_ms: f64) {
        self.0.lock().unwrap().push((what, elapsed_ms));
    }

    fn names(&self) -> Vec<String> {
        self.0.lock().unwrap().drain(..).map(|(name, _)| name).collect()
    }
}

impl Collector for Notes {
    fn record_node_exec(&self, id: &str, _: &str, _: &str, exec_ms: f64, _: u64) {
        self.note(format!("node {id}"), exec_ms);
    }
    fn record_ws_message(&self, _: &str, _: u64) {}
    fn record_ws_connections(&self, _: &str, _: u64) {}
    fn record_endpoint(&self, _: &str, _: &str, _: f64, _: u16) {}
    fn snapshot(&self) -> MetricsSnapshot {
        MetricsSnapshot::default()
    }
    fn is_enabled(&self) -> bool {
        true
    }
    fn record_operation(&self, node: &str, operation: &str, elapsed_ms: f64) {
        self.note(format!("operation {node} {operation}"), elapsed_ms);
    }
    fn record_function(&self, name: &str, elapsed_ms: f64) {
        self.note(format!("function {name}"), elapsed_ms);
    }
}

#[timed("wrapped")]
fn wrapped() -> impl Future<Output = u8> {
    ready(1)
}

#[timed("early")]
fn early(cold: bool) -> BoxFuture<'static, u8> {
    if cold {
        return ready(1).boxed();
    }
    async { 2 }.boxed()
}

#[timed("made", future)]
fn made(fails: bool) -> BoxFuture<'static, u8> {
    assert!(!fails, "on purpose");
    ready(1).boxed()
}

#[timed("items", stream)]
fn items(count: u8) -> impl Stream<Item = u8> {
    iter(0..count)
}

#[timed(node = "endless", stream)]
fn endless() -> impl Stream<Item = u8> {
    iter([1]).chain(pending())
}

#[test]
fn calls_that_never_begin_are_not_kept() {
    let notes = Arc::new(Notes::default());
    let _scope = scoped_collector(notes.clone());
    let before = Arc::strong_count(&notes);
    drop((wrapped(), early(true), early(false), made(false), items(1)));
    assert_eq!(early(false).now_or_never(), Some(2));
    assert!(std::panic::catch_unwind(|| drop(made(true))).is_err());
    assert_eq!((notes.names(), Arc::strong_count(&notes)), (vec!["function early".to_owned()], before));
}

#[test]
fn every_item_of_a_stream_is_a_call() {
    let notes = Arc::new(Notes::default());
    let _scope = scoped_collector(notes.clone());
    let before = Arc::strong_count(&notes);
    for (count, calls) in [(0, 0), (3, 3)] {
        let taken = items(count).collect::<Vec<_>>().now_or_never().unwrap();
        assert_eq!(taken.len(), calls);
        let mut expected = vec!["function items::item"; calls];
        expected.push("function items");
        assert_eq!(notes.names(), expected);
    }
    let mut stream = Box::pin(endless());
    assert_eq!(stream.next().now_or_never(), Some(Some(1)));
    assert_eq!(stream.next().now_or_never(), None);
    drop(stream);
    assert_eq!(notes.names(), ["operation endless item"]);
    assert_eq!(Arc::strong_count(&notes), before);
}

#[test]
fn a_call_begins_at_the_first_poll() {
    let notes = Arc::new(Notes::default());
    let _scope = scoped_collector(notes.clone());
    for future in [wrapped().boxed(), early(true)] {
        let made = Instant::now();
        while made.elapsed() < Duration::from_millis(5) {
            std::hint::spin_loop();
        }
        let polled = Instant::now();
        assert_eq!(future.now_or_never(), Some(1));
        let most_ms = polled.elapsed().as_secs_f64() * 1e3;
        let (_, elapsed_ms) = notes.0.lock().unwrap().pop().unwrap();
        assert!(elapsed_ms <= most_ms, "{elapsed_ms} ms of {most_ms}");
    }
}

/// A collector that is timed itself, or broken.
#[derive(Default)]
struct Own {
    told: Mutex<Vec<String>>,
    broken: AtomicBool,
}

impl Own {
    #[timed("own note")]
    fn note(&self, name: &str) {
        self.told.lock().unwrap().push(name.to_owned());
    }
}

#[timed]
impl Collector for Own {
    fn record_node_exec(&self, id: &str, _: &str, _: &str, _: f64, _: u64) {
        self.note(id);
    }
    fn record_ws_message(&self, _: &str, _: u64) {}
    fn record_ws_connections(&self, _: &str, _: u64) {}
    fn record_endpoint(&self, path: &str, _: &str, _: f64, _: u16) {
        self.note(path);
    }
    fn snapshot(&self) -> MetricsSnapshot {
        MetricsSnapshot::default()
    }
    fn is_enabled(&self) -> bool {
        assert!(!self.broken.load(Ordering::Relaxed), "on purpose");
        true
    }
    fn record_function(&self, name: &str, _: f64) {
        // Where it is told of its own calls, one is enough to see.
        if self.told.lock().unwrap().len() < 3 {
            self.note(name);
        }
    }
}

#[timed("told")]
fn told() -> u8 {
    1
}

#[timed("told to", collector = own)]
fn told_to(own: &Arc<dyn Collector>) -> u8 {
    2
}

#[timed(node = "told node")]
fn told_node() {}

#[test]
fn a_collector_is_not_told_of_itself() {
    let own = Arc::new(Own::default());
    {
        let _scope = scoped_collector(own.clone());
        assert_eq!(told(), 1);
        told_node();
    }
    assert_eq!(told_to(&(own.clone() as Arc<dyn Collector>)), 2);
    assert_eq!(*own.told.lock().unwrap(), ["told", "told node", "told to"]);
}

#[test]
fn a_collector_that_panics_when_it_is_asked_harms_no_call() {
    let own = Arc::new(Own::default());
    let _scope = scoped_collector(own.clone());
    own.broken.store(true, Ordering::Relaxed);
    assert_eq!((told(), told_to(&(own.clone() as Arc<dyn Collector>))), (1, 2));
    own.broken.store(false, Ordering::Relaxed);
    assert_eq!(told(), 1);
    assert_eq!(*own.told.lock().unwrap(), ["told"]);
}
