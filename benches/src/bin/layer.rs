//! Times of requests through layers, taken in turns with layers that do nothing, by one and by two threads.
//!
//! `--rounds N` (default 101), `--batch-us N` (default 300), `--pairs 0` to leave two threads out.

use std::io;
use std::time::Duration;

use metrics_bench::catalog::{self, Entry, Group};
use metrics_bench::results::{Header, Raw};
use metrics_bench::rounds::{Plan, Turns, run};
use metrics_bench::stats::{differences, least, median, median_ratio};
use metrics_bench::table::{Table, number};
use metrics_bench::{arguments, bars, undivided};

fn main() -> io::Result<()> {
    let plan = Plan {
        rounds: arguments::value("rounds", 101),
        batch: Duration::from_micros(arguments::value("batch-us", 300)),
        pairs: arguments::value("pairs", 1) == 1,
    };
    let header = Header::new("cargo run --release --bin layer");
    let entries = catalog::of(&Group::REQUESTS);
    let turns = run(&entries, plan, |round| {
        eprint!("\rround {}/{}", round + 1, plan.rounds);
    });
    eprintln!();
    Raw::create("layer.jsonl", &header)?.turns(&entries, &turns)?;

    println!("{}{}\n", header.to_markdown(), undivided::told());
    let results: Vec<(Entry, Option<Turns>)> = entries.into_iter().zip(turns).collect();
    for group in Group::REQUESTS {
        println!("### {}\n\n{}", group.title(), table(group, &results));
    }
    println!("### Bars\n\n{}", bars::layer_table(&results));
    Ok(())
}

/// Layers, by what they add to their baselines.
fn table(group: Group, results: &[(Entry, Option<Turns>)]) -> String {
    let of = |name| results.iter().find(|(entry, _)| entry.name == name)?.1.as_ref();
    let mut table = Table::new([
        "",
        "ns (median)",
        "ns (best round)",
        "more than its baseline, ns",
        "baseline",
        "2 threads, same series / 1 thread",
        "2 threads, different series / 1 thread",
    ]);
    for (entry, turns) in results.iter().filter(|(entry, _)| entry.group == group) {
        let (Some(turns), Some(baseline)) = (turns, of(entry.baseline)) else { continue };
        table.row([
            entry.to_markdown(),
            number(median(&turns.one)),
            number(least(&turns.one)),
            number(median(&differences(&turns.one, &baseline.one))),
            entry.baseline.to_owned(),
            number(median_ratio(&turns.same, &turns.one)),
            number(median_ratio(&turns.apart, &turns.one)),
        ]);
    }
    table.to_markdown()
}
