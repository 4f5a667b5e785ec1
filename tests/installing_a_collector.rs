//! The collector of the process: null at first, then one winner, replaceable on purpose, scoped for tests.
//!
//! One test, because the process is what it is about.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Barrier, Mutex};

use metrics_layer::core::MetricsSnapshot;
use metrics_layer::{
    Collector, Metrics, NullCollector, Registry, get_metrics_collector, scoped_collector,
    set_metrics_collector, timed, timed_block,
};

#[timed("work")]
fn work() {}

#[timed(node = "n1", node_name = "Node", node_type = "test", points = 3)]
fn node() {
    timed_block!("op", node = "n1", {});
}

#[timed("around")]
fn around(during: impl FnOnce()) {
    during();
}

fn calls(registry: &Registry) -> u64 {
    registry.functions().iter().map(|function| function.calls_total).sum()
}

/// A collector of somebody else, which writes down what it hears.
#[derive(Default)]
struct Notes(Mutex<Vec<String>>);

impl Collector for Notes {
    fn record_node_exec(&self, id: &str, name: &str, node_type: &str, exec_ms: f64, points: u64) {
        assert!(exec_ms >= 0.0);
        self.0.lock().unwrap().push(format!("node {id} {name} {node_type} {points}"));
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
    fn record_operation(&self, node: &str, operation: &str, _: f64) {
        self.0.lock().unwrap().push(format!("operation {node} {operation}"));
    }
    fn record_function(&self, name: &str, _: f64) {
        self.0.lock().unwrap().push(format!("function {name}"));
    }
}

#[test]
fn one_collector_serves_the_process() {
    // Before anything is installed: disabled, and instrumented code runs as if bare.
    assert!(!get_metrics_collector().is_enabled());
    work();

    // Of eight that install at once, one wins and keeps what is recorded from then on.
    let outcomes: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(|| Metrics::builder().install())).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let (won, lost): (Vec<_>, Vec<_>) = outcomes.into_iter().partition(Result::is_ok);
    assert_eq!((won.len(), lost.len()), (1, 7));
    assert!(lost.iter().all(|error| error.as_ref().unwrap_err().is_already_installed()));
    let installed = won.into_iter().next().unwrap().unwrap();
    work();
    assert_eq!(calls(installed.registry()), 1);
    assert!(get_metrics_collector().is_enabled());

    // A scope takes over this thread alone, and scopes nest.
    let (outer, inner) = (Registry::default(), Registry::default());
    {
        let _outer = scoped_collector(Arc::new(outer.clone()));
        work();
        {
            let _inner = scoped_collector(Arc::new(inner.clone()));
            work();
            std::thread::scope(|scope| scope.spawn(work).join().unwrap());
        }
        work();
        {
            let _off = scoped_collector(Arc::new(NullCollector));
            work();
        }
    }
    assert_eq!((calls(&outer), calls(&inner), calls(installed.registry())), (2, 1, 2));

    // A reset of the installed registry leaves it installed.
    installed.registry().reset();
    work();
    assert_eq!(calls(installed.registry()), 1);

    // A collector that is no registry hears of everything.
    let notes = Arc::new(Notes::default());
    let previous = set_metrics_collector(Arc::clone(&notes) as Arc<dyn Collector>);
    assert!(previous.registry().is_some());
    work();
    node();
    assert_eq!(*notes.0.lock().unwrap(), ["function work", "operation n1 op", "node n1 Node test 3"]);

    // And null again.
    set_metrics_collector(Arc::new(NullCollector));
    work();
    assert!(!get_metrics_collector().is_enabled());
    assert_eq!(calls(installed.registry()), 1);

    // What has slept since then is woken by a scope, by one on another thread too, and falls asleep after it.
    {
        let _scope = scoped_collector(Arc::new(outer.clone()));
        work();
        std::thread::scope(|scope| scope.spawn(work).join().unwrap());
    }
    work();
    assert_eq!((calls(&outer), calls(installed.registry())), (3, 1));

    calls_are_recorded_where_they_began();
    nobody_oversleeps();
}

/// Whatever other threads do with the same function, and whatever becomes of the scope.
fn calls_are_recorded_where_they_began() {
    let registries: [_; 3] = std::array::from_fn(|_| Registry::default());
    let [installed, outer, inner] = &registries;
    let seen = || registries.each_ref().map(calls);
    set_metrics_collector(Arc::new(installed.clone()));
    around(|| {});
    around(|| {
        let _scope = scoped_collector(Arc::new(outer.clone()));
        around(|| {});
        // Its scope has ended before the call does, on this thread or another one.
        let mut scope = Some(scoped_collector(Arc::new(inner.clone())));
        around(|| scope = None);
        let elsewhere = || {
            let _scope = scoped_collector(Arc::new(inner.clone()));
            around(|| {});
        };
        std::thread::scope(|scope| scope.spawn(elsewhere).join().unwrap());
    });
    assert_eq!(seen(), [2, 1, 2]);

    // A call that panics, in a scope and out of it.
    let panicking = || {
        let result = std::panic::catch_unwind(|| around(|| std::panic::resume_unwind(Box::new(()))));
        assert!(result.is_err());
    };
    panicking();
    {
        let _scope = scoped_collector(Arc::new(outer.clone()));
        panicking();
    }
    let told = |registry: &Registry| {
        let function = &registry.functions()[0];
        (function.calls_total, function.errors, function.panicked_total)
    };
    assert_eq!((told(installed), told(outer), told(inner)), ((3, 1, 1), (2, 1, 1), (2, 0, 0)));

    // A collector that is gone when the call ends, and one with another clock in its place.
    around(|| drop(set_metrics_collector(Arc::new(NullCollector))));
    set_metrics_collector(Arc::new(installed.clone()));
    let (mocked, _time) = Registry::mock();
    around(|| {
        set_metrics_collector(Arc::new(mocked.clone()));
        around(|| {});
    });
    let longest = mocked.functions()[0].max_ms;
    assert_eq!((calls(installed), calls(&mocked), longest), (4, 1, 0.0));
}

/// Threads whose functions fall asleep over and over, while the collector comes and goes: what is called once it is there
/// is recorded.
fn nobody_oversleeps() {
    const ROUNDS: usize = 2_000;
    let registry = Registry::default();
    let mut told = Vec::new();
    let (stop, turn) = (AtomicBool::new(false), Barrier::new(3));
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while !stop.load(Ordering::Relaxed) {
                    (0..100).for_each(|_| work());
                    turn.wait();
                    turn.wait();
                    work();
                    turn.wait();
                    turn.wait();
                }
            });
        }
        for round in 1..=ROUNDS {
            set_metrics_collector(Arc::new(NullCollector));
            set_metrics_collector(Arc::new(registry.clone()));
            turn.wait();
            let before = calls(&registry);
            stop.store(round == ROUNDS, Ordering::Relaxed);
            turn.wait();
            turn.wait();
            // Asserted below: who waits here would wait for ever.
            told.push(calls(&registry) - before);
            turn.wait();
        }
    });
    assert_eq!(told, [2; ROUNDS]);
    set_metrics_collector(Arc::new(NullCollector));
}
