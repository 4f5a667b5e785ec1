//! What reading costs, and what it does to a thread that records meanwhile.
//!
//! `--rounds N` (default 15), `--seconds N` of writing per condition (default 2).

use std::hint::black_box;
use std::io;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use metrics_bench::filled::{Filled, Kind};
use metrics_bench::readings::{self, Reading, THREADS};
use metrics_bench::rendering;
use metrics_bench::results::{Header, Raw};
use metrics_bench::stats::{least, median, quantile};
use metrics_bench::table::{Table, number};
use metrics_bench::{arguments, time, undivided};
use metrics_core::Registry;
use serde::Serialize;

#[derive(Serialize)]
#[serde(tag = "what", rename_all = "snake_case")]
enum Line<'a> {
    Read {
        name: &'a str,
        found: Found,
        series: usize,
        threads: usize,
        bytes: usize,
        us: &'a [f64],
    },
    Render {
        name: &'a str,
        counters: usize,
        bytes: usize,
        us: &'a [f64],
    },
    Writer {
        reader: &'a str,
        reads: u64,
        ns_per_call_median: f64,
        ns_per_call_p99: f64,
        ns_per_call_p999: f64,
        batches: usize,
    },
}

/// How a reading finds the windows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Found {
    /// As the reading before left them, in the caches as far as they fit.
    Again,
    /// With other calls, which their threads wrote at that moment.
    RecordedAnew,
}

impl Found {
    const ALL: [Self; 2] = [Self::Again, Self::RecordedAnew];

    fn name(self) -> &'static str {
        match self {
            Self::Again => "again",
            Self::RecordedAnew => "recorded anew",
        }
    }
}

/// Series; all are recorded by two threads.
const SIZES: [usize; 3] = [100, 1_000, 10_000];

fn main() -> io::Result<()> {
    let rounds = arguments::value("rounds", 15);
    let header = Header::new("cargo run --release --bin reading");
    let mut raw = Raw::create("reading.jsonl", &header)?;
    println!("{}", header.to_markdown());
    readings(rounds, &mut raw)?;
    renderings(rounds, &mut raw)?;
    writers(Duration::from_secs(arguments::value("seconds", 2)), &mut raw)?;
    println!("{}", undivided::told());
    Ok(())
}

fn readings(rounds: usize, raw: &mut Raw) -> io::Result<()> {
    let mut table = Table::new(["", "series", "read", "µs (median)", "µs (best)", "ns per series", "(best)"]);
    for Reading { name, kind, read } in readings::ALL {
        for series in SIZES {
            let filled = Filled::new(kind, series, THREADS);
            let bytes = read(filled.registry());
            let run = || {
                read(filled.registry());
            };
            for found in Found::ALL {
                let us = match found {
                    Found::Again => time::repeated_us(rounds, run),
                    Found::RecordedAnew => time::prepared_us(rounds, || filled.record(), run),
                };
                table.row([
                    name.to_owned(),
                    series.to_string(),
                    found.name().to_owned(),
                    number(median(&us)),
                    number(least(&us)),
                    number(median(&us) * 1e3 / series as f64),
                    number(least(&us) * 1e3 / series as f64),
                ]);
                raw.line(&Line::Read { name, found, series, threads: THREADS, bytes, us: &us })?;
            }
        }
    }
    println!("### Reading series that {THREADS} threads recorded, windows full\n\n{}", table.to_markdown());
    Ok(())
}

fn renderings(rounds: usize, raw: &mut Raw) -> io::Result<()> {
    let mut table = Table::new(["", "counters", "µs (median)", "µs (best)", "bytes"]);
    for renderer in rendering::all() {
        for counters in [1_000, 10_000] {
            let make = match renderer.make {
                Ok(make) => make,
                Err(why) => {
                    table.row([renderer.name.to_owned(), counters.to_string(), format!("MISSING: {why}")]);
                    continue;
                }
            };
            let mut render = make(counters);
            let bytes = render();
            let us = time::repeated_us(rounds, || {
                black_box(render());
            });
            table.row([
                renderer.name.to_owned(),
                counters.to_string(),
                number(median(&us)),
                number(least(&us)),
                bytes.to_string(),
            ]);
            raw.line(&Line::Render { name: renderer.name, counters, bytes, us: &us })?;
        }
    }
    println!("### Counters as Prometheus text\n\n{}", table.to_markdown());
    Ok(())
}

/// What runs on the other processor while a thread records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reader {
    Nobody,
    TenTimesASecond,
    OfOthers,
    OfTheSame,
}

impl Reader {
    fn name(self) -> &'static str {
        match self {
            Self::Nobody => "nobody reads",
            Self::TenTimesASecond => "somebody reads these metrics ten times a second",
            Self::OfOthers => "somebody reads other metrics without a pause (control)",
            Self::OfTheSame => "somebody reads these metrics without a pause",
        }
    }
}

fn writers(length: Duration, raw: &mut Raw) -> io::Result<()> {
    let mut table =
        Table::new(["while …", "readings", "ns per call, median batch", "p99 batch", "p99.9 batch"]);
    let written = Filled::new(Kind::Functions, 100, THREADS);
    let others = Filled::new(Kind::Functions, 100, THREADS);
    for reader in [Reader::Nobody, Reader::TenTimesASecond, Reader::OfOthers, Reader::OfTheSame] {
        let read = match reader {
            Reader::Nobody => None,
            Reader::TenTimesASecond => Some((written.registry(), Duration::from_millis(100))),
            Reader::OfOthers => Some((others.registry(), Duration::ZERO)),
            Reader::OfTheSame => Some((written.registry(), Duration::ZERO)),
        };
        let (batches, reads) = write_beside(written.registry(), read, length);
        let at = |share| quantile(&batches, share);
        table.row([
            reader.name().to_owned(),
            reads.to_string(),
            number(at(0.5)),
            number(at(0.99)),
            number(at(0.999)),
        ]);
        raw.line(&Line::Writer {
            reader: reader.name(),
            reads,
            ns_per_call_median: at(0.5),
            ns_per_call_p99: at(0.99),
            ns_per_call_p999: at(0.999),
            batches: batches.len(),
        })?;
    }
    println!(
        "### A writer of 100 functions beside a reader, in batches of {BATCH} records\n\n{}",
        table.to_markdown()
    );
    Ok(())
}

/// Records per batch: every function once.
const BATCH: usize = 100;

/// Nanoseconds per record of each batch, and how often the other thread read meanwhile, with such pauses.
fn write_beside(
    registry: &Registry,
    read: Option<(&Registry, Duration)>,
    length: Duration,
) -> (Vec<f64>, u64) {
    let (stop, reads) = (AtomicBool::new(false), AtomicU64::new(0));
    let functions: Vec<_> =
        (0..BATCH).map(|index| registry.function(&format!("module::function_{index}"))).collect();
    let batches = thread::scope(|scope| {
        if let Some((read, pause)) = read {
            let (stop, reads) = (&stop, &reads);
            scope.spawn(move || {
                while !stop.load(Ordering::Relaxed) {
                    black_box(read.functions());
                    reads.fetch_add(1, Ordering::Relaxed);
                    thread::sleep(pause);
                }
            });
        }
        let mut batches = Vec::with_capacity(4_000_000);
        let begin = Instant::now();
        while begin.elapsed() < length {
            let start = Instant::now();
            for function in &functions {
                function.record(Duration::from_micros(1));
            }
            batches.push(start.elapsed().as_nanos() as f64 / BATCH as f64);
        }
        stop.store(true, Ordering::Relaxed);
        batches
    });
    (batches, reads.into_inner())
}
