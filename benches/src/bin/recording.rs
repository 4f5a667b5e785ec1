//! Times of recording, all contenders taken in turns, by one and by two threads.
//!
//! `--rounds N` (default 31), `--batch-us N` (default 300), `--pairs 0` to leave two threads out.

use std::io;
use std::time::Duration;

use metrics_bench::catalog::{self, CLOCK_FLOOR, Entry, Group, Side};
use metrics_bench::results::{Header, Raw};
use metrics_bench::rounds::{Plan, Turns, run};
use metrics_bench::stats::{least, median, median_ratio};
use metrics_bench::table::{Table, number};
use metrics_bench::{arguments, bars, undivided};

fn main() -> io::Result<()> {
    let plan = Plan {
        rounds: arguments::value("rounds", 31),
        batch: Duration::from_micros(arguments::value("batch-us", 300)),
        pairs: arguments::value("pairs", 1) == 1,
    };
    let header = Header::new("cargo run --release --bin recording");
    let entries = catalog::of(&Group::RECORDING);
    let turns = run(&entries, plan, |round| {
        eprint!("\rround {}/{}", round + 1, plan.rounds);
    });
    eprintln!();

    Raw::create("recording.jsonl", &header)?.turns(&entries, &turns)?;
    println!("{}{}\n", header.to_markdown(), undivided::told());
    let results: Vec<(Entry, Option<Turns>)> = entries.into_iter().zip(turns).collect();
    for group in Group::RECORDING {
        println!("### {}\n\n{}", group.title(), table(group, &results));
    }
    println!("### Bars\n\n{}", bars::recording_table(&results));
    Ok(())
}

fn table(group: Group, results: &[(Entry, Option<Turns>)]) -> String {
    let floor =
        results.iter().find(|(entry, _)| entry.name == CLOCK_FLOOR).and_then(|(_, turns)| turns.as_ref());
    let floor = floor.map_or(&[][..], |turns| &turns.one);
    let rows = || results.iter().filter(|(entry, _)| entry.group == group);
    let fastest_peer = rows()
        .filter(|(entry, _)| entry.side == Side::Peer)
        .filter_map(|(_, turns)| turns.as_ref())
        .min_by(|a, b| median(&a.one).total_cmp(&median(&b.one)));

    let mut table = Table::new([
        "",
        "ns (median)",
        "ns (best round)",
        "over clock floor, ns",
        "× clock floor",
        "× fastest peer",
        "2 threads, same series / 1 thread",
        "2 threads, different series / 1 thread",
    ]);
    for (entry, turns) in rows() {
        let name = entry.to_markdown();
        match (entry.make, turns) {
            (Ok(_), Some(turns)) => table.row([
                name,
                number(median(&turns.one)),
                number(least(&turns.one)),
                number(median(&turns.one) - median(floor)),
                number(median_ratio(&turns.one, floor)),
                number(fastest_peer.map_or(f64::NAN, |peer| median_ratio(&turns.one, &peer.one))),
                number(median_ratio(&turns.same, &turns.one)),
                number(median_ratio(&turns.apart, &turns.one)),
            ]),
            (Err(why), _) => table.row([name, format!("MISSING: {why}")]),
            (Ok(_), None) => unreachable!("what can be made is measured"),
        }
    }
    table.to_markdown()
}
