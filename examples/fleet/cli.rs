//! The command line.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use clap::{Parser, ValueEnum};

const ABOUT: &str = "\
As processes of their own, for instance:
  fleet --role service --name notify --instance 1 --port 9203 --store victoria:http://127.0.0.1:8428
  fleet --role service --name ingest --instance 1 --port 9201 --next 127.0.0.1:9203 --rate 20 --store …
  fleet --role dashboard --member ingest/1 --member notify/1 --port 9200 --store …
A file is of one process; use an engine then.

Exit codes: 0 stopped by Ctrl-C or SIGTERM; 1 the system refused something, such as a port; 2 an option cannot be used.";

/// Runs a simulated fleet, or a part of it, and shows its performance.
#[derive(Debug, Clone, Parser)]
#[command(name = "fleet", version, after_long_help = ABOUT, after_help = "More: --help")]
pub(crate) struct Cli {
    /// What this process is
    #[arg(long, value_enum, default_value_t = Role::All)]
    pub(crate) role: Role,

    /// Where points go: memory, sqlite:PATH, influx:URL or victoria:URL
    #[arg(long, default_value = "memory")]
    pub(crate) store: Place,

    /// Time between two points: a part of a minute; files take no less than 10
    #[arg(long, value_name = "SECONDS", default_value_t = 10)]
    pub(crate) flush: u64,

    /// Port on 127.0.0.1 of the dashboard, or of the one service; 0 picks a free one
    #[arg(long, default_value_t = 9200)]
    pub(crate) port: u16,

    /// Jobs a second that come from outside, 0 to 1000
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u64).range(0..=1000))]
    pub(crate) rate: u64,

    /// Seed of everything that happens by chance
    #[arg(long, default_value_t = 0)]
    pub(crate) seed: u64,

    /// Services of the fleet, which hand jobs on from the first to the last
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u64).range(1..=5))]
    pub(crate) services: u64,

    /// Instances of each service
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u64).range(1..=8))]
    pub(crate) instances: u64,

    /// Of one service: its name
    #[arg(long, default_value = "ingest")]
    pub(crate) name: String,

    /// Of one service: which instance this is
    #[arg(long, default_value = "1")]
    pub(crate) instance: String,

    /// Of one service: who gets its jobs when they are done, in turn
    #[arg(long, value_name = "HOST:PORT")]
    pub(crate) next: Vec<SocketAddr>,

    /// Of the dashboard: who belongs to the fleet
    #[arg(long, value_name = "SERVICE/INSTANCE")]
    pub(crate) member: Vec<Name>,
}

impl Cli {
    /// The time between two points.
    pub(crate) fn flush(&self) -> Duration {
        Duration::from_secs(self.flush)
    }
}

/// What a process is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Role {
    /// Everything in one process, each service on threads of its own
    All,
    /// One service
    Service,
    /// The view of the fleet
    Dashboard,
}

/// Where points go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Place {
    Memory,
    Sqlite(PathBuf),
    Influx(String),
    Victoria(String),
}

impl FromStr for Place {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once(':') {
            None if text == "memory" => Ok(Self::Memory),
            Some(("sqlite", path)) if !path.is_empty() => Ok(Self::Sqlite(path.into())),
            Some(("influx", url)) => Ok(Self::Influx(url.to_owned())),
            Some(("victoria", url)) => Ok(Self::Victoria(url.to_owned())),
            _ => Err("not memory, sqlite:PATH, influx:URL or victoria:URL".to_owned()),
        }
    }
}

/// Who a member of the fleet is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Name {
    pub(crate) service: String,
    pub(crate) instance: String,
}

impl FromStr for Name {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once('/') {
            Some((service, instance)) if !service.is_empty() && !instance.is_empty() => {
                Ok(Self { service: service.to_owned(), instance: instance.to_owned() })
            }
            _ => Err("not SERVICE/INSTANCE".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(arguments: &[&str]) -> Result<Cli, clap::Error> {
        Cli::try_parse_from([&["fleet"], arguments].concat())
    }

    #[test]
    fn stores_are_named_by_what_they_are() {
        let store = |text| parse(&["--store", text]).map(|cli| cli.store).ok();
        assert_eq!(parse(&[]).unwrap().store, Place::Memory);
        assert_eq!(store("sqlite:/var/lib/metrics.db"), Some(Place::Sqlite("/var/lib/metrics.db".into())));
        assert_eq!(store("influx:http://a:8086"), Some(Place::Influx("http://a:8086".to_owned())));
        assert_eq!(store("victoria:http://a:8428"), Some(Place::Victoria("http://a:8428".to_owned())));
        assert_eq!((store("sqlite:"), store("redis:x"), store("")), (None, None, None));
    }

    #[test]
    fn what_makes_no_sense_is_refused_with_exit_code_2() {
        for case in [["--services", "0"], ["--instances", "9"], ["--member", "ingest"], ["--next", "nowhere"]]
        {
            assert_eq!(parse(&case).unwrap_err().exit_code(), 2, "{case:?}");
        }
    }
}
