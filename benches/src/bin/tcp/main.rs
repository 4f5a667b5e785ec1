//! Processor time of a server per request, over TCP on loopback, without and with a layer; `wrk` asks.
//!
//! `--rounds N` (default 31), `--seconds N` of load on each server per round (default 1), `--connections N` (default 32).

mod server;

use std::io;
use std::process::Command;

use metrics_bench::arguments;
use metrics_bench::requests::PATHS;
use metrics_bench::results::{Header, Raw};
use metrics_bench::stats::{median, median_ratio};
use metrics_bench::table::{Table, number};
use serde::Serialize;
use server::{Running, SERVERS, serve};

#[derive(Serialize)]
struct Line<'a> {
    name: &'a str,
    cpu_us_per_request: &'a [f64],
    requests_per_second: &'a [f64],
}

/// What one server did, a value per round.
#[derive(Clone, Debug, Default)]
struct Rounds {
    cpu_us: Vec<f64>,
    per_second: Vec<f64>,
}

fn main() -> io::Result<()> {
    let wanted: Option<String> = std::env::args().skip_while(|argument| argument != "--serve").nth(1);
    if let Some(name) = wanted {
        let named = SERVERS.iter().find(|(known, _)| *known == name);
        let (_, router) = named.ok_or_else(|| io::Error::other(format!("no server {name}")))?;
        return serve(router());
    }
    let seconds: u64 = arguments::value("seconds", 1);
    let connections: u64 = arguments::value("connections", 32);
    let count: usize = arguments::value("rounds", 31);
    let header = Header::new("cargo run --release --bin tcp");
    let mut all = [const { Rounds { cpu_us: Vec::new(), per_second: Vec::new() } }; SERVERS.len()];
    for round in 0..count {
        eprint!("\rround {}/{count}", round + 1);
        // Another one is first in every round, and nobody always follows the same.
        for turn in 0..SERVERS.len() {
            let place = (round + turn * (1 + 2 * (round % 2))) % SERVERS.len();
            let (cpu_us, per_second) = load(SERVERS[place].0, seconds, connections)?;
            all[place].cpu_us.push(cpu_us);
            all[place].per_second.push(per_second);
        }
    }
    eprintln!();
    report(&header, &all, seconds, connections)
}

/// Processor time per request, µs, and requests per second of a fresh server.
fn load(name: &str, seconds: u64, connections: u64) -> io::Result<(f64, f64)> {
    let server = Running::start(name)?;
    ask(&server, 1, connections)?;
    let before = server.busy_ns();
    let requests = ask(&server, seconds, connections)? as f64;
    let cpu_us = (server.busy_ns() - before) as f64 / 1e3;
    Ok((cpu_us / requests, requests / seconds as f64))
}

/// Lets `wrk` ask for that long; gives how many requests were answered.
fn ask(server: &Running, seconds: u64, connections: u64) -> io::Result<u64> {
    let url = format!("http://127.0.0.1:{}{}", server.port, PATHS[0]);
    let output = Command::new("wrk")
        .args(["--threads", "1", "--connections", &connections.to_string()])
        .args(["--duration", &format!("{seconds}s"), &url])
        .output()
        .map_err(|error| io::Error::other(format!("wrk (apt-get install wrk): {error}")))?;
    let text = String::from_utf8_lossy(&output.stdout);
    let is_well = output.status.success() && !text.contains("Non-2xx") && !text.contains("Socket errors");
    let requests = text.split_once(" requests in").and_then(|(before, _)| before.rsplit(' ').next());
    let requests = requests.filter(|_| is_well).and_then(|requests| requests.trim().parse().ok());
    requests.ok_or_else(|| io::Error::other(format!("wrk said: {text}")))
}

fn report(header: &Header, all: &[Rounds], seconds: u64, connections: u64) -> io::Result<()> {
    let mut raw = Raw::create("tcp.jsonl", header)?;
    let mut table =
        Table::new(["", "server CPU per request, µs (median)", "× bare (median of rounds)", "requests/s"]);
    for ((name, _), rounds) in SERVERS.iter().zip(all) {
        table.row([
            (*name).to_owned(),
            number(median(&rounds.cpu_us)),
            format!("{:.3}", median_ratio(&rounds.cpu_us, &all[0].cpu_us)),
            number(median(&rounds.per_second)),
        ]);
        raw.line(&Line {
            name,
            cpu_us_per_request: &rounds.cpu_us,
            requests_per_second: &rounds.per_second,
        })?;
    }
    println!("{}", header.to_markdown());
    println!(
        "### Over TCP, {} rounds of {seconds} s, {connections} connections, a fresh server each time\n\n{}",
        all[0].cpu_us.len(),
        table.to_markdown()
    );
    Ok(())
}
