//! The command line.

use std::ops::RangeInclusive;
use std::path::PathBuf;

use clap::Parser;
use clap::builder::BoolishValueParser;

/// Frames a second: one in ten seconds, up to what a fast sensor does.
const HZ: RangeInclusive<f64> = 0.1..=100.0;

const ENVIRONMENT: &str = "\
Environment:
  LIDAR_ENABLE_METRICS            true or false, as --enable-metrics, which wins
  METRICS_ENABLED                 the same, read if LIDAR_ENABLE_METRICS is unset
  METRICS_SERVICE                 name under which the service reports [default: lidar]
  METRICS_BROADCAST_HZ            live frames of metrics a second, 0.01 to 10 [default: 1]
  METRICS_COLLECTION_INTERVAL_MS  time between samples of the history, 1000 to 3600000 [default: 60000]
  METRICS_HISTORY_SAMPLES         samples in the history, 1 to 60480 [default: 1440]

Exit codes: 0 stopped by --frames, Ctrl-C or SIGTERM; 1 the system refused something, such as the
port; 2 an option, a variable or a scan cannot be used.";

/// Runs a LiDAR perception graph and shows its performance live.
///
/// source → crop → voxel_downsample → statistical_outlier_removal → ground_segmentation →
/// clustering → broadcast. The addresses to open are printed at the start; logs go to stderr.
#[derive(Debug, Clone, Parser)]
#[command(name = "lidar", version, after_long_help = ENVIRONMENT, after_help = "More: --help")]
pub(crate) struct Cli {
    /// Port on 127.0.0.1; 0 picks a free one
    #[arg(long, default_value_t = 9001)]
    pub(crate) port: u16,

    /// Frames a second, 0.1 to 100
    ///
    /// When nodes fall behind, the oldest frame in front of them is dropped and counted as
    /// throttled (but see --frames).
    #[arg(long, default_value = "10", value_parser = parse_hz)]
    pub(crate) hz: f64,

    /// Process N frames, print the report and stop
    ///
    /// Every one of the N frames is processed: queues that are full wait instead of dropping, so
    /// the run may take longer than N / hz seconds.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) frames: Option<u64>,

    /// Scan to play, or a directory of scans; may be repeated
    ///
    /// KITTI .bin, nuScenes .pcd.bin, .pcd (ascii, binary, compressed) and ascii .ply. Without it a
    /// built-in scanner makes up a street. Several scans take turns. They are read once at the
    /// start, those beyond 16 million points when their turn comes.
    #[arg(long = "scan", value_name = "FILE_OR_DIR")]
    pub(crate) scans: Vec<PathBuf>,

    /// Seed of the built-in scanner
    #[arg(long, default_value_t = 0)]
    pub(crate) seed: u64,

    /// Whether to record metrics
    ///
    /// Without this option LIDAR_ENABLE_METRICS decides; if that is unset too they are on, in this
    /// example also in release builds.
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

fn parse_hz(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(hz) if HZ.contains(&hz) => Ok(hz),
        _ => Err(format!("not a number from {} to {}", HZ.start(), HZ.end())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(arguments: &[&str]) -> Result<Cli, clap::Error> {
        Cli::try_parse_from([&["lidar"], arguments].concat())
    }

    #[test]
    fn defaults_are_those_of_the_help() {
        let cli = parse(&[]).unwrap();
        assert_eq!((cli.port, cli.hz, cli.frames, cli.enable_metrics), (9001, 10.0, None, None));
    }

    #[test]
    fn the_switch_works_with_and_without_a_value() {
        for (argument, expected) in
            [("--enable-metrics", true), ("--enable-metrics=true", true), ("--enable-metrics=false", false)]
        {
            assert_eq!(parse(&[argument]).unwrap().enable_metrics, Some(expected));
        }
    }

    #[test]
    fn what_makes_no_sense_is_refused_with_exit_code_2() {
        let cases: &[&[&str]] = &[
            &["--hz", "0"],
            &["--hz", "0.05"],
            &["--hz", "101"],
            &["--hz", "NaN"],
            &["--hz", "-1"],
            &["--frames", "0"],
            &["--port", "70000"],
            &["--enable-metrics=maybe"],
            &["--scan"],
            &["stray"],
        ];
        for case in cases {
            assert_eq!(parse(case).unwrap_err().exit_code(), 2, "{case:?}");
        }
    }
}
