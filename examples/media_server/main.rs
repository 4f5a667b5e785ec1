//! A local video server that watches itself: pages, media with ranges and ratings over SQLite, timed by
//! `metrics-layer`.
//!
//! `cargo run --release --example media_server -- --simulate-load` and open the first address it prints.
//! `observe.rs` is all there is of the metrics library; the rest is a service like any other. `access_log.rs` and
//! `store/tally.rs` count and time by themselves, so that the metrics can be held against them.

mod access_log;
mod app;
mod catalog;
mod cli;
mod files;
mod observe;
mod server;
mod store;

// What every example program needs, and what drives a service.
#[path = "../load_test/driver/mod.rs"]
mod driver;
#[path = "../lidar/error.rs"]
mod error;
#[path = "../lidar/stop.rs"]
mod stop;

use std::io::{self, IsTerminal};
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use tracing::Level;
use tracing_subscriber::filter::LevelFilter;

use crate::cli::Cli;
use crate::error::AppError;

/// How long work on blocking threads may hold up the end of the process.
const LAST_WORK: Duration = Duration::from_secs(2);

fn main() -> ExitCode {
    let cli = Cli::parse();
    tracing_subscriber::fmt()
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal())
        .with_max_level(LevelFilter::from_level(Level::INFO))
        .with_target(false)
        .init();
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
