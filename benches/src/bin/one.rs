//! One contender, a given number of calls, and nothing else: for `instructions.sh`, `perf` and disassemblers.
//!
//! `one --list` names the contenders, each with its baseline; `one NAME CALLS` runs one on the main thread.

use std::env;
use std::process::ExitCode;

use metrics_bench::catalog;
use metrics_bench::contender::Series;

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["--list"] => {
            for entry in catalog::all().iter().filter(|entry| entry.make.is_ok()) {
                println!("{} {}", entry.name, entry.baseline);
            }
            ExitCode::SUCCESS
        }
        [name, calls] => run(name, calls),
        _ => {
            eprintln!("usage: one --list | one NAME CALLS");
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
    let contender = make();
    contender.before();
    contender.batch(Series::First, calls);
    contender.after();
    ExitCode::SUCCESS
}
