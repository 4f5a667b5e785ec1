//! What recording allocates, and whether memory stays flat while nobody reads.
//!
//! This binary alone counts allocations, and therefore measures no time: the counting allocator belongs to whatever
//! links `allocation_counter`, so nothing in the library may name it.
//!
//! `--records N` (default 50 000 000; the bar is 1 000 000 000) for the flat part, `--peer-records N` (default
//! 2 000 000) for the same with the other crates.

mod first_touch;

use std::hint::black_box;
use std::io;
use std::time::Duration;

use metrics_bench::catalog::{self, Entry, Group, Side};
use metrics_bench::contender::{Batch, Series};
use metrics_bench::results::{Header, Raw};
use metrics_bench::table::{Table, number};
use metrics_bench::{arguments, resident};
use serde::Serialize;

#[derive(Serialize)]
#[serde(tag = "what", rename_all = "snake_case")]
enum Line<'a> {
    SteadyState {
        name: &'a str,
        allocations_per_1000_calls: f64,
    },
    PerSeries {
        name: &'a str,
        first_thread_bytes: f64,
        first_thread_allocations: f64,
        next_thread_bytes: f64,
        next_thread_allocations: f64,
    },
    Unread {
        name: &'a str,
        records: u64,
        drift_kib: f64,
        bytes_per_record: f64,
    },
}

/// Calls whose allocations are counted, after as many that are not.
const STEADY_CALLS: u64 = 10_000;

/// Records before memory is looked at for the first time.
const WARM_UP: u64 = 1_000_000;

fn main() -> io::Result<()> {
    let header = Header::new("cargo run --release --bin memory");
    let mut raw = Raw::create("memory.jsonl", &header)?;
    println!("{}", header.to_markdown());
    let records = arguments::value("records", 50_000_000);
    let peer_records = arguments::value("peer-records", 2_000_000);
    // First, for it is this process's memory that is looked at.
    let unread_ours = unread_ours(records, &mut raw)?;
    steady_state(&mut raw)?;
    requests(&mut raw)?;
    per_series(&mut raw)?;
    println!("### Resident memory while nobody reads\n\n{unread_ours}");
    println!("{}", unread(peer_records, &mut raw)?);
    Ok(())
}

/// Allocations of the calling thread. Work that a crate leaves to another thread is not seen here.
fn steady_state(raw: &mut Raw) -> io::Result<()> {
    let mut table = Table::new(["", "allocations per 1 000 calls"]);
    for entry in catalog::of(&Group::RECORDING).iter().filter(|entry| entry.side != Side::Floor) {
        let Ok(make) = entry.make else { continue };
        let per_1000 = allocations(&*make()) * 1000.0;
        table.row([entry.name.to_owned(), number(per_1000)]);
        raw.line(&Line::SteadyState { name: entry.name, allocations_per_1000_calls: per_1000 })?;
    }
    println!("### Allocations in the steady state\n\n{}", table.to_markdown());
    Ok(())
}

/// Allocations of a request, and how many of them its layer makes itself.
fn requests(raw: &mut Raw) -> io::Result<()> {
    let entries = catalog::of(&Group::REQUESTS);
    let made: Vec<(&Entry, f64)> =
        entries.iter().filter_map(|entry| Some((entry, allocations(&*(entry.make.ok()?)())))).collect();
    let of = |name| made.iter().find(|(entry, _)| entry.name == name).map_or(f64::NAN, |(_, count)| *count);
    let mut table = Table::new(["", "allocations per request", "more than its baseline", "baseline"]);
    for (entry, count) in &made {
        let more = count - of(entry.baseline);
        table.row([entry.to_markdown(), number(*count), number(more), entry.baseline.to_owned()]);
        raw.line(&Line::SteadyState { name: entry.name, allocations_per_1000_calls: count * 1000.0 })?;
    }
    println!("### Allocations of a request\n\n{}", table.to_markdown());
    Ok(())
}

/// Allocations per call, after the first ones.
fn allocations(contender: &dyn Batch) -> f64 {
    contender.before();
    contender.batch(Series::First, STEADY_CALLS);
    let counted = allocation_counter::measure(|| {
        contender.batch(Series::First, STEADY_CALLS);
    });
    contender.after();
    counted.count_total as f64 / STEADY_CALLS as f64
}

fn per_series(raw: &mut Raw) -> io::Result<()> {
    let mut table = Table::new([
        "one series of",
        "bytes, first thread",
        "allocations",
        "bytes, each further thread",
        "allocations",
    ]);
    for touch in first_touch::all() {
        let [first, next] = touch.measure();
        table.row([
            touch.name.to_owned(),
            number(first.bytes),
            number(first.allocations),
            number(next.bytes),
            number(next.allocations),
        ]);
        raw.line(&Line::PerSeries {
            name: touch.name,
            first_thread_bytes: first.bytes,
            first_thread_allocations: first.allocations,
            next_thread_bytes: next.bytes,
            next_thread_allocations: next.allocations,
        })?;
    }
    let title = format!("### Memory of a series, mean over {} of them recorded once", first_touch::SERIES);
    println!("{title}\n\n{}", table.to_markdown());
    Ok(())
}

/// A function, a node by string, an operation, a topic by string and a told node, in turns, on this thread.
fn unread_ours(records: u64, raw: &mut Raw) -> io::Result<String> {
    let names = ["timed", "timed-node", "timed-operation", "record_ws_message", "record_node_exec"];
    let contenders: Vec<_> = catalog::all()
        .into_iter()
        .filter(|entry| names.contains(&entry.name))
        .filter_map(|entry| entry.make.ok())
        .map(|make| make())
        .collect();
    let run = |records: u64| {
        for _ in 0..records.div_ceil(1_000 * contenders.len() as u64) {
            for contender in &contenders {
                contender.batch(Series::First, 1_000);
            }
        }
    };
    run(WARM_UP);
    let before = resident::bytes();
    run(records);
    let drift = resident::bytes() as f64 - before as f64;
    raw.line(&Line::Unread {
        name: "ours, five kinds in turns",
        records,
        drift_kib: drift / 1024.0,
        bytes_per_record: drift / records as f64,
    })?;
    Ok(format!(
        "Ours, {} in turns: {records} records after {WARM_UP} to warm up: drift **{} KiB**.\n",
        names.join(", "),
        number(drift / 1024.0)
    ))
}

fn unread(records: u64, raw: &mut Raw) -> io::Result<String> {
    let mut table = Table::new(["", "drift, KiB", "bytes per record"]);
    for entry in catalog::all() {
        let (Ok(make), Group::Sync) = (entry.make, entry.group) else {
            continue;
        };
        let contender = black_box(make());
        contender.before();
        contender.batch(Series::First, records / 10);
        let before = resident::bytes();
        for _ in 0..10 {
            contender.batch(Series::First, records / 10);
            // Leaves time to a crate that works in the background.
            std::thread::sleep(Duration::from_millis(20));
        }
        let drift = resident::bytes() as f64 - before as f64;
        // No upkeep here: nobody reads.
        table.row([entry.name.to_owned(), number(drift / 1024.0), number(drift / records as f64)]);
        raw.line(&Line::Unread {
            name: entry.name,
            records,
            drift_kib: drift / 1024.0,
            bytes_per_record: drift / records as f64,
        })?;
    }
    Ok(format!("All, {records} records in ten batches with pauses of 20 ms:\n\n{}", table.to_markdown()))
}
