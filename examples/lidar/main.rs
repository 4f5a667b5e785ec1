//! LiDAR demo: reads or imitates a scan and runs a perception chain over it.
//!
//! `lidar [SCAN]` loads one scan (KITTI `.bin`, nuScenes `.pcd.bin`, `.pcd` or ascii `.ply`), or
//! casts one with the built-in scanner, runs every operation once and prints what came out.

mod chain;
mod cloud;
mod ops;
mod scan;
#[cfg(test)]
mod testing;

use std::error::Error;
use std::path::{Path, PathBuf};

use crate::cloud::Cloud;
use crate::scan::{Platform, Scanner, list_scans};

fn main() -> Result<(), Box<dyn Error>> {
    let cloud = match std::env::args_os().nth(1) {
        Some(path) => first_scan(Path::new(&path))?,
        None => chain::timed("scan", || Scanner::new(0).frame(0)),
    };
    let cloud = Platform::new(0.1).view(&cloud, 1);
    chain::run(&cloud)
}

/// Loads the first scan found under `path`.
fn first_scan(path: &Path) -> Result<Cloud, Box<dyn Error>> {
    let files = list_scans(&[PathBuf::from(path)])?;
    let file = files.first().ok_or("no scan was given")?;
    let scan = chain::timed("load", || file.load())?;
    println!(
        "{}: {} points left out",
        file.path().display(),
        scan.dropped_non_finite
    );
    Ok(scan.cloud)
}
