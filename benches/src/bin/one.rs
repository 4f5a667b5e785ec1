//! One contender, a given number of calls, and nothing else: for `instructions.sh`, `perf` and disassemblers.
//!
//! `one --list` names the contenders, each with its baseline; `one NAME CALLS` runs one on the main thread.
//! `one --functions FUNCTIONS READINGS` reads that many functions, each recorded by two threads, so often.

use std::env;
use std::hint::black_box;
use std::process::ExitCode;

use metrics_bench::catalog;
use metrics_bench::contender::{Batch, Contender, Series};
use metrics_bench::filled::{Filled, Kind};

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["--list"] => {
            for entry in catalog::all().iter().filter(|entry| entry.make.is_ok()) {
                println!("{} {}", entry.name, entry.baseline);
            }
            ExitCode::SUCCESS
        }
        ["--functions", functions, readings] => read(functions, readings),
        [name, calls] => run(name, calls),
        _ => {
            eprintln!("usage: one --list | one NAME CALLS | one --functions FUNCTIONS READINGS");
            ExitCode::FAILURE
        }
    }
}

fn run(name: &str, calls: &str) -> ExitCode {
    let entry = catalog::all().into_iter().find(|entry| entry.name == name);
    let make = entry.and_then(|entry| entry.make.ok());
    let (Some(make), Ok(calls)) = (make, calls.parse()) else {
        eprintln!("no contender {name}, or no number {calls}");
        return ExitCode::FAILURE;
    };
    call(&*make(), calls)
}

fn call(contender: &dyn Batch, calls: u64) -> ExitCode {
    contender.before();
    contender.batch(Series::First, calls);
    contender.after();
    ExitCode::SUCCESS
}

/// Metrics of functions, of which a call is a reading.
struct Functions(Filled);

impl Contender for Functions {
    fn first(&self, _: u64) -> u64 {
        black_box(self.0.registry().functions()).len() as u64
    }

    fn second(&self, x: u64) -> u64 {
        self.first(x)
    }
}

fn read(functions: &str, readings: &str) -> ExitCode {
    let (Ok(functions), Ok(readings)) = (functions.parse(), readings.parse()) else {
        eprintln!("no number of functions {functions}, or of readings {readings}");
        return ExitCode::FAILURE;
    };
    // Behind the trait, where `instructions.sh` counts.
    call(black_box(&Functions(Filled::new(Kind::Functions, functions, 2))), readings)
}
