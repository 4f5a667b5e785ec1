//! LiDAR service that watches itself: a perception graph at 10 Hz, timed by `metrics-layer`.
//!
//! `cargo run --release --example lidar -- --help` tells the options. The graph is in `graph.rs`, its
//! nodes in `nodes/`; they are timed in one place, `route` in `node.rs`, and their operations by
//! `timed_block!` where they are called. `observe.rs` is all there is of setting the library up.

mod app;
mod cli;
mod cloud;
mod error;
mod frame;
mod graph;
mod inlet;
mod input;
mod ledger;
mod log_limit;
mod node;
mod nodes;
mod observe;
mod ops;
mod params;
mod pipeline;
mod points;
mod queue;
mod report;
mod scan;
mod server;
mod stop;
#[cfg(test)]
mod testing;

use std::io::{self, IsTerminal};
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use tracing::Level;

use crate::cli::Cli;
use crate::error::AppError;

/// How long work on blocking threads may hold up the end of the process.
const LAST_WORK: Duration = Duration::from_secs(2);

fn main() -> ExitCode {
    let cli = Cli::parse();
    log_to_stderr();
    match run(&cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(error.code())
        }
    }
}

fn run(cli: &Cli) -> Result<(), AppError> {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(AppError::start)?;
    let result = runtime.block_on(app::run(cli));
    runtime.shutdown_timeout(LAST_WORK);
    result
}

fn log_to_stderr() {
    tracing_subscriber::fmt()
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal())
        .with_max_level(Level::INFO)
        .with_target(false)
        .init();
}
