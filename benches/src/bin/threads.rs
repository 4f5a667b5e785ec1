//! Threads that record once and end: what that costs over starting a thread at all, and that nothing is lost.
//!
//! `--threads N` per contender (default 100 000).

use std::hint::black_box;
use std::io;
use std::thread;
use std::time::Instant;

use metrics_bench::results::{Header, Raw};
use metrics_bench::stats::{least, median};
use metrics_bench::table::{Table, number};
use metrics_bench::{arguments, ours};
use metrics_core::{Collector, timed};
use serde::Serialize;

#[derive(Serialize)]
struct Line {
    name: &'static str,
    ns_per_thread: Vec<f64>,
}

/// What a thread does before it ends.
type Work = (&'static str, fn());

const WORK: [Work; 5] = [
    ("nothing", || {}),
    ("`#[timed]` once", || {
        timed_once(1);
    }),
    ("`record_node_exec` once", || {
        ours::registry().record_node_exec("short", "Short", "test", 1.0, 1);
    }),
    ("ten functions, nodes and topics each, once", || {
        for key in ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"] {
            ours::registry().record_function(key, 1.0);
            ours::registry().record_node_exec(key, "Short", "test", 1.0, 1);
            ours::registry().record_ws_message(key, 1);
        }
    }),
    ("a metrics+exporter histogram once", || {
        metrics::histogram!("short").record(0.001);
    }),
];

const ROUNDS: usize = 20;

#[timed("short")]
fn timed_once(x: u64) -> u64 {
    black_box(x)
}

fn main() -> io::Result<()> {
    let threads: usize = arguments::value("threads", 100_000);
    let header = Header::new("cargo run --release --bin threads");
    let mut raw = Raw::create("threads.jsonl", &header)?;
    println!("{}", header.to_markdown());
    ours::metrics();
    metrics_bench::peers::metrics::exporter();

    let per_round = threads.div_ceil(ROUNDS);
    let mut ns = vec![Vec::new(); WORK.len()];
    for _ in 0..ROUNDS {
        for (ns, (_, work)) in ns.iter_mut().zip(WORK) {
            let start = Instant::now();
            for _ in 0..per_round {
                thread::spawn(work).join().expect("recording does not panic");
            }
            ns.push(start.elapsed().as_nanos() as f64 / per_round as f64);
        }
    }

    let bare = median(&ns[0]);
    let mut table =
        Table::new(["a thread that does …", "ns (median)", "ns (best round)", "over a bare thread, ns"]);
    for (ns, (name, _)) in ns.into_iter().zip(WORK) {
        table.row([name.to_owned(), number(median(&ns)), number(least(&ns)), number(median(&ns) - bare)]);
        raw.line(&Line { name, ns_per_thread: ns })?;
    }
    println!(
        "### Short threads, {} of each, started and joined one by one\n\n{}",
        per_round * ROUNDS,
        table.to_markdown()
    );
    let recorded = ours::registry().functions().into_iter().find(|function| function.name == "short");
    let recorded = recorded.map_or(0, |function| function.calls_total);
    println!("`#[timed]` calls kept: {recorded} of {}\n", per_round * ROUNDS);
    assert_eq!(recorded as usize, per_round * ROUNDS, "a record was lost");
    Ok(())
}
