//! Processor time per call, with what a crate leaves to its other threads.
//!
//! `--calls N` (default 2 000 000), made in batches with pauses, so that a background thread keeps up.

use std::io;
use std::thread;
use std::time::Duration;

use metrics_bench::catalog::{self, Group};
use metrics_bench::contender::Series;
use metrics_bench::results::{Header, Raw};
use metrics_bench::table::{Table, number};
use metrics_bench::{arguments, busy};
use serde::Serialize;

#[derive(Serialize)]
struct Line {
    name: &'static str,
    own_thread_ns_per_call: f64,
    other_threads_ns_per_call: f64,
}

const BATCHES: u64 = 40;

/// Long enough for a background thread to work off a batch.
const PAUSE: Duration = Duration::from_millis(25);

fn main() -> io::Result<()> {
    let calls: u64 = arguments::value("calls", 2_000_000);
    let header = Header::new("cargo run --release --bin background");
    let mut raw = Raw::create("background.jsonl", &header)?;
    println!("{}", header.to_markdown());
    let mut table = Table::new(["", "own thread, ns per call", "other threads, ns per call"]);
    for entry in catalog::all() {
        let (Ok(make), Group::Sync | Group::Async) = (entry.make, entry.group) else {
            continue;
        };
        let contender = make();
        contender.batch(Series::First, 1_000);
        thread::sleep(PAUSE * 4);
        let (idle, _) = (busy_ns(), thread::sleep(PAUSE * BATCHES as u32));
        let idle_others = busy_ns().1 - idle.1;
        let before = busy_ns();
        for _ in 0..BATCHES {
            contender.batch(Series::First, calls / BATCHES);
            thread::sleep(PAUSE);
        }
        let after = busy_ns();
        contender.after();
        let per_call = |ns: u64| ns as f64 / calls as f64;
        let own = per_call(after.0 - before.0);
        let others = per_call((after.1 - before.1).saturating_sub(idle_others));
        table.row([entry.name.to_owned(), number(own), number(others)]);
        raw.line(&Line { name: entry.name, own_thread_ns_per_call: own, other_threads_ns_per_call: others })?;
    }
    println!(
        "### Processor time, {calls} calls in {BATCHES} batches; what other threads use while nobody calls is taken off\n\n{}",
        table.to_markdown()
    );
    Ok(())
}

/// Time on the processor so far: of the main thread, and of all others.
fn busy_ns() -> (u64, u64) {
    let own = std::process::id();
    busy::threads_ns(own).fold(
        (0, 0),
        |(main, others), (thread, ns)| {
            if thread == own { (main + ns, others) } else { (main, others + ns) }
        },
    )
}
