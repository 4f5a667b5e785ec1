//! What one collection costs while many threads record.
//!
//! `--collections N` (default 20 000; the kernel counts a running thread's time in steps of some milliseconds).

use std::io;
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::Duration;

use metrics_bench::results::{Header, Raw};
use metrics_bench::table::{Table, number};
use metrics_bench::{arguments, busy};
use metrics_core::{Metrics, Registry};
use serde::Serialize;

#[derive(Serialize)]
struct Line {
    threads: usize,
    collections: u64,
    us_per_collection: f64,
}

const THREADS: [usize; 3] = [1, 10, 100];

/// Of the application: with the five of the library, twenty series.
const GAUGES: usize = 15;

const ROUTES: [&str; 5] = ["/api/play", "/api/stop", "/api/next", "/api/phone", "/api/radio"];

/// Requests of each thread on each route before the first collection.
const REQUESTS: u64 = 200;

/// The most that the specification of the head unit allows at 100 threads, and the bar.
const BARS_US: (f64, f64) = (150.0, 60.0);

fn main() -> io::Result<()> {
    let collections: u64 = arguments::value("collections", 20_000);
    let header = Header::new("cargo run --release --bin collection");
    let mut raw = Raw::create("collection.jsonl", &header)?;
    println!("{}", header.to_markdown());
    let mut table =
        Table::new(["threads that recorded five routes each", "processor time per collection, µs"]);
    for threads in THREADS {
        let us = measure(threads, collections);
        table.row([threads.to_string(), number(us)]);
        raw.line(&Line { threads, collections, us_per_collection: us })?;
    }
    let (allowed, bar) = BARS_US;
    println!(
        "### A collection of 20 series with its alerts; at most {bar} µs at 100 threads (seed 3 allows {allowed})\n\n{}",
        table.to_markdown()
    );
    Ok(())
}

fn measure(threads: usize, collections: u64) -> f64 {
    let metrics = Metrics::builder().build().expect("the settings are valid");
    metrics.shutdown();
    for gauge in 0..GAUGES {
        metrics.registry().gauge(&format!("gauge_{gauge}")).set(gauge as f64);
    }
    let (filled, done) = (Arc::new(Barrier::new(threads + 1)), Arc::new(Barrier::new(threads + 1)));
    let recorders: Vec<_> = (0..threads)
        .map(|_| {
            let (registry, filled, done) =
                (metrics.registry().clone(), Arc::clone(&filled), Arc::clone(&done));
            thread::spawn(move || {
                request(&registry);
                filled.wait();
                done.wait();
            })
        })
        .collect();
    filled.wait();
    let collection = metrics.collection();
    collection.collect();
    let route = metrics.registry().route("GET", ROUTES[0]);
    let before = own_ns();
    for _ in 0..collections {
        // So that there is something to take in.
        route.record(Duration::from_millis(3), 200);
        collection.collect();
    }
    let ns = own_ns() - before;
    done.wait();
    recorders.into_iter().for_each(|thread| thread.join().expect("no panic"));
    ns as f64 / collections as f64 / 1e3
}

fn request(registry: &Registry) {
    for route in ROUTES {
        let route = registry.route("GET", route);
        (0..REQUESTS).for_each(|ms| route.record(Duration::from_millis(ms), 200));
    }
}

/// Time of this thread on the processor so far.
fn own_ns() -> u64 {
    let own = std::process::id();
    busy::threads_ns(own).find(|(thread, _)| *thread == own).map_or(0, |(_, ns)| ns)
}
