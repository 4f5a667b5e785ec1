//! A small fleet that watches itself: services that hand jobs on to each other through queues, each with metrics of its
//! own, all of which go to one store; and a view of the fleet by service and instance, read back from there.
//!
//! `cargo run --release --example fleet`, or against an engine `-- --store influx:http://127.0.0.1:8086`. As processes of
//! their own: `-- --role service …` and `-- --role dashboard …`, see `--help`.
//! `observe.rs` is all there is of setting the library up.

mod app;
mod call;
mod cli;
#[path = "../lidar/error.rs"]
mod error;
mod jobs;
mod member;
mod observe;
#[path = "../lidar/stop.rs"]
mod stop;
mod traffic;
mod view;

use std::io::{self, IsTerminal};
use std::process::ExitCode;

use clap::Parser;
use tracing::Level;

use crate::cli::Cli;
use crate::error::AppError;

fn main() -> ExitCode {
    let cli = Cli::parse();
    tracing_subscriber::fmt()
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal())
        .with_max_level(Level::INFO)
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
        tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(AppError::start)?;
    runtime.block_on(app::run(cli))
}
