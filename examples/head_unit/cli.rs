//! The command line.

use std::time::Duration;

use clap::Parser;

const ABOUT: &str = "\
Alerts: the addresses below answer while it runs.
  curl http://127.0.0.1:9001/metrics/alerts         what is raised
  curl http://127.0.0.1:9001/metrics/alerts/events  what happened
  curl -X PUT http://127.0.0.1:9001/api/hog         takes memory: WARNING, then CRITICAL
  curl -X DELETE http://127.0.0.1:9001/api/hog      gives it back: resolved

Exit codes: 0 stopped by Ctrl-C or SIGTERM; 1 the system refused something, such as the port; 2 an option cannot be
used.";

/// Runs a simulated head unit and shows its performance.
#[derive(Debug, Clone, Parser)]
#[command(name = "head_unit", version, after_long_help = ABOUT, after_help = "More: --help")]
pub(crate) struct Cli {
    /// Port on 127.0.0.1; 0 picks a free one
    #[arg(long, default_value_t = 9001)]
    pub(crate) port: u16,

    /// Time between two collections, 1 to 3600 seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub(crate) interval: u64,

    /// Memory of the process from which on there is a warning, MB
    #[arg(long, value_name = "MB", default_value_t = 220.0)]
    pub(crate) memory_warning: f64,

    /// Memory of the process from which on it is critical, MB
    #[arg(long, value_name = "MB", default_value_t = 280.0)]
    pub(crate) memory_critical: f64,

    /// Mean latency of requests from which on there is a warning, ms
    #[arg(long, value_name = "MS", default_value_t = 500.0)]
    pub(crate) latency_warning: f64,

    /// Mean latency of requests from which on it is critical, ms
    #[arg(long, value_name = "MS", default_value_t = 1000.0)]
    pub(crate) latency_critical: f64,

    /// WebSocket clients that come and go
    #[arg(long, default_value_t = 6)]
    pub(crate) clients: usize,

    /// Requests a second, 1 to 1000
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..=1000))]
    pub(crate) requests: u64,

    /// Seed of everything that happens by chance
    #[arg(long, default_value_t = 0)]
    pub(crate) seed: u64,
}

impl Cli {
    /// The time between two collections.
    pub(crate) fn interval(&self) -> Duration {
        Duration::from_secs(self.interval)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(arguments: &[&str]) -> Result<Cli, clap::Error> {
        Cli::try_parse_from([&["head_unit"], arguments].concat())
    }

    #[test]
    fn defaults_are_those_of_the_specification() {
        let cli = parse(&[]).unwrap();
        assert_eq!((cli.port, cli.interval()), (9001, Duration::from_secs(60)));
        assert_eq!((cli.latency_warning, cli.latency_critical), (500.0, 1000.0));
    }

    #[test]
    fn what_makes_no_sense_is_refused_with_exit_code_2() {
        for case in [["--interval", "0"], ["--interval", "3601"], ["--port", "70000"], ["--requests", "0"]] {
            assert_eq!(parse(&case).unwrap_err().exit_code(), 2, "{case:?}");
        }
    }
}
