//! How the time of a reading grows with the number of series.
//!
//! All sizes take turns for the whole time, so that whatever drifts on the machine drifts for all of them, and in a round
//! each size reads as many series as every other. What none of them has is help from the caches, which hold a hundred
//! functions and never ten thousand: before each reading both threads record all windows anew, and then the program has
//! other work.
//!
//! `--rounds N` (default 11).

use std::io;

use metrics_bench::caches::OtherWork;
use metrics_bench::filled::Filled;
use metrics_bench::readings::{self, Reading, THREADS};
use metrics_bench::results::{Header, Raw};
use metrics_bench::stats::{median, median_ratio, slope};
use metrics_bench::table::{Table, number};
use metrics_bench::{arguments, time};
use serde::Serialize;

#[derive(Serialize)]
struct Line<'a> {
    name: &'a str,
    series: usize,
    threads: usize,
    /// One value a round.
    ns_per_series: &'a [f64],
}

/// Series; each divides the last one.
const SIZES: [usize; 7] = [100, 200, 500, 1_000, 2_000, 5_000, MOST];

const MOST: usize = 10_000;

fn main() -> io::Result<()> {
    let rounds = arguments::value("rounds", 11);
    let header = Header::new("cargo run --release --bin growth");
    let mut raw = Raw::create("growth.jsonl", &header)?;
    println!("{}", header.to_markdown());
    let sizes = SIZES.iter().map(|size| format!("{size} series"));
    let columns = [String::new()].into_iter().chain(sizes);
    let mut table =
        Table::new(columns.chain(["last / first, of a round".to_owned(), "time grows as".to_owned()]));
    for reading in readings::ALL {
        let ns = measure(reading, rounds);
        for (series, ns_per_series) in SIZES.into_iter().zip(&ns) {
            raw.line(&Line { name: reading.name, series, threads: THREADS, ns_per_series })?;
        }
        table.row(row(reading.name, &ns));
    }
    println!(
        "### Reading after other work, ns per series (median), sizes in turns\n\n{}",
        table.to_markdown()
    );
    Ok(())
}

/// Nanoseconds per series of each size, one value a round.
fn measure(reading: Reading, rounds: usize) -> Vec<Vec<f64>> {
    let filled: Vec<_> = SIZES.iter().map(|&size| Filled::new(reading.kind, size, THREADS)).collect();
    let mut other_work = OtherWork::new();
    let mut ns = vec![Vec::with_capacity(rounds); SIZES.len()];
    for _ in 0..rounds {
        let us = round(reading, &filled, &mut other_work);
        ns.iter_mut().zip(us).for_each(|(ns, us)| ns.push(us * 1e3 / MOST as f64));
    }
    ns
}

/// Microseconds that each size took to read the same number of series.
fn round(reading: Reading, filled: &[Filled], other_work: &mut OtherWork) -> [f64; SIZES.len()] {
    let mut us = [0.0; SIZES.len()];
    for turn in 0..MOST / SIZES[0] {
        for (place, filled) in filled.iter().enumerate() {
            if turn % (SIZES[place] / SIZES[0]) == 0 {
                let prepare = || {
                    filled.record();
                    other_work.run();
                };
                us[place] += time::shared_us(prepare, || _ = (reading.read)(filled.registry()));
            }
        }
    }
    us
}

fn row(name: &str, ns: &[Vec<f64>]) -> Vec<String> {
    let medians: Vec<f64> = ns.iter().map(|ns| median(ns)).collect();
    let logarithms = |values: &[f64]| values.iter().map(|value| value.ln()).collect::<Vec<_>>();
    let sizes = SIZES.map(|size| size as f64);
    let exponent = 1.0 + slope(&logarithms(&sizes), &logarithms(&medians));
    let whole = median_ratio(&ns[SIZES.len() - 1], &ns[0]);
    let figures = medians.into_iter().map(number);
    [name.to_owned()]
        .into_iter()
        .chain(figures)
        .chain([number(whole), format!("series^{exponent:.3}")])
        .collect()
}
