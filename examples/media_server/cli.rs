//! The command line.

use std::path::PathBuf;

use clap::Parser;
use clap::builder::BoolishValueParser;

const ENVIRONMENT: &str = "\
Environment:
  METRICS_ENABLED  true or false, as --enable-metrics, which wins (see the library for others)

Exit codes: 0 stopped by Ctrl-C or SIGTERM; 1 the system refused something, such as the port;
2 an option or a variable cannot be used.";

/// Serves generated media files and their ratings, and shows its own performance.
///
/// /  /watch/{filename}  /api/ratings/{media_hash}  /admin/performance. The addresses to open are
/// printed at the start; logs go to stderr.
#[derive(Debug, Clone, Parser)]
#[command(name = "media_server", version, after_long_help = ENVIRONMENT, after_help = "More: --help")]
pub(crate) struct Cli {
    /// Port on 127.0.0.1; 0 picks a free one
    #[arg(long, default_value_t = 9002)]
    pub(crate) port: u16,

    /// Database file, kept and used again; without it a temporary one
    #[arg(long, value_name = "FILE")]
    pub(crate) db: Option<PathBuf>,

    /// Make some requests a second to itself, so that there is something to see
    #[arg(long)]
    pub(crate) simulate_load: bool,

    /// Write each request's time and statements, by the example's own count, to this file at the end
    #[arg(long, value_name = "FILE")]
    pub(crate) access_log: Option<PathBuf>,

    /// Whether to record metrics; on unless the environment says otherwise
    #[arg(
        long,
        value_name = "BOOL",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "true",
        value_parser = BoolishValueParser::new()
    )]
    pub(crate) enable_metrics: Option<bool>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_makes_no_sense_is_refused_with_exit_code_2() {
        for arguments in [&["--port", "70000"][..], &["--enable-metrics=maybe"], &["--db"], &["stray"]] {
            let parsed = Cli::try_parse_from([&["media_server"], arguments].concat());
            assert_eq!(parsed.unwrap_err().exit_code(), 2, "{arguments:?}");
        }
        let cli = Cli::try_parse_from(["media_server", "--enable-metrics"]).unwrap();
        assert_eq!((cli.port, cli.db, cli.enable_metrics), (9002, None, Some(true)));
    }
}
