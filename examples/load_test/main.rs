//! Puts load on a service and tells what it saw from outside, by a clock of its own.
//!
//! ```text
//! cargo run --release --example load_test -- http://127.0.0.1:9002 \
//!     --requests 5000 --connections 8 --request "GET /" --request 'POST /api/ratings/a4f1c0 {"rating": 4}'
//! ```

mod cli;
mod driver;

use std::io::Write;
use std::process::ExitCode;

use clap::Parser;

use crate::cli::Cli;
use crate::driver::Drive;

/// A target that cannot be used: as for a wrong option.
const USAGE: u8 = 2;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let plan = match cli.plan() {
        Ok(plan) => plan,
        Err(problem) => {
            eprintln!("error: {problem}");
            return ExitCode::from(USAGE);
        }
    };
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("error: {error}");
            return ExitCode::FAILURE;
        }
    };
    let summary = runtime.block_on(Drive::new(plan).run());
    let text =
        if cli.json { serde_json::to_string(&summary).unwrap_or_default() } else { summary.to_string() };
    // A reader that went away is no failure.
    let _ = writeln!(std::io::stdout(), "{text}");
    if summary.unanswered() > 0 { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}
