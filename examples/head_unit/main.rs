//! A small simulated head unit of a car that watches itself: extensions that crash and come back, WebSocket clients that
//! come and go, a mix of requests, and a memory hog that a request switches on, so that an alert rises and resolves.
//!
//! `cargo run --release --example head_unit -- --interval 1`, and then, while you watch `/metrics/alerts`:
//! `curl -X PUT http://127.0.0.1:9001/api/hog` and `curl -X DELETE http://127.0.0.1:9001/api/hog`.
//! `observe.rs` is all there is of setting the library up.

mod app;
mod cli;
#[path = "../lidar/error.rs"]
mod error;
mod extensions;
mod hog;
mod observe;
mod server;
#[path = "../lidar/stop.rs"]
mod stop;
mod traffic;

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
        tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(AppError::start)?;
    runtime.block_on(app::run(cli))
}
