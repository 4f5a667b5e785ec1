//! Small scans of every format, made up.

use std::fs;
use std::path::{Path, PathBuf};

/// Points of [`street`].
pub(crate) const POINTS: usize = 2_000;

/// A number from 0 to 1 out of `index`, evenly spread and always the same.
fn spread(index: usize, base: u32) -> f32 {
    let (mut rest, mut digit, mut value) = (index as u32 + 1, 1.0, 0.0);
    while rest > 0 {
        digit /= base as f32;
        value += digit * (rest % base) as f32;
        rest /= base;
    }
    value
}

/// A flat ground with four blocks on it, as x y z intensity.
pub(crate) fn street() -> Vec<[f32; 4]> {
    let ground = (0..1_600).map(|i| {
        let (x, y) = (spread(i, 2), spread(i, 3));
        [x * 40.0 - 20.0, y * 40.0 - 20.0, -1.7 + 0.02 * spread(i, 5), 0.25]
    });
    let blocks = (0..400).map(|i| {
        let (x, y) = ([8.0, -8.0][i % 2], [6.0, -6.0][(i / 2) % 2]);
        [x + spread(i, 2), y + spread(i, 3), -1.2 + 2.0 * spread(i, 5), 0.75]
    });
    ground.chain(blocks).collect()
}

/// One file per format, with its name.
pub(crate) fn every_format() -> Vec<(&'static str, Vec<u8>)> {
    vec![
        ("a.bin", kitti(&street())),
        ("b.pcd.bin", nuscenes()),
        ("c.pcd", [pcd_header("ascii").into_bytes(), text().into_bytes()].concat()),
        ("d.pcd", [pcd_header("binary").into_bytes(), kitti(&street())].concat()),
        ("e.ply", ply().into_bytes()),
    ]
}

pub(crate) fn kitti(points: &[[f32; 4]]) -> Vec<u8> {
    points.iter().flatten().flat_map(|value| value.to_le_bytes()).collect()
}

fn nuscenes() -> Vec<u8> {
    let records = street().into_iter().flat_map(|[x, y, z, i]| [x, y, z, i * 255.0, 3.0]);
    records.flat_map(f32::to_le_bytes).collect()
}

fn pcd_header(data: &str) -> String {
    format!(
        "VERSION 0.7\nFIELDS x y z intensity\nSIZE 4 4 4 4\nTYPE F F F F\nCOUNT 1 1 1 1\nWIDTH {POINTS}\n\
         HEIGHT 1\nPOINTS {POINTS}\nDATA {data}\n"
    )
}

fn ply() -> String {
    format!(
        "ply\nformat ascii 1.0\nelement vertex {POINTS}\nproperty float x\nproperty float y\n\
         property float z\nproperty float intensity\nend_header\n{}",
        text()
    )
}

fn text() -> String {
    let line = |[x, y, z, i]: [f32; 4]| format!("{x} {y} {z} {i}\n");
    street().into_iter().map(line).collect()
}

/// Writes a file and returns its path as an argument.
pub(crate) fn write(folder: &Path, name: &str, bytes: &[u8]) -> String {
    let path = folder.join(name);
    fs::write(&path, bytes).unwrap();
    path.to_str().unwrap().to_owned()
}

/// A real scan from `SCANS_DIR`; says so if it is not there.
pub(crate) fn real(name: &str) -> Option<String> {
    let default = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data");
    let folder = std::env::var_os("SCANS_DIR").map_or(default, PathBuf::from);
    let path = folder.join(name);
    if path.is_file() {
        return path.to_str().map(str::to_owned);
    }
    eprintln!("LEFT OUT: no real scan {}; set SCANS_DIR", path.display());
    None
}
