//! Helpers shared by the unit tests of this example.

use std::path::PathBuf;

use rand::{RngExt, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

use crate::cloud::{Cloud, Point};

/// A point of intensity 0.5.
pub(crate) fn point(x: f32, y: f32, z: f32) -> Point {
    Point { x, y, z, intensity: 0.5 }
}

/// `count` points spread evenly over a cube of side `side_m` around the origin.
pub(crate) fn random_cloud(seed: u64, count: usize, side_m: f32) -> Cloud {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
    let half = side_m / 2.0;
    let mut axis = || rng.random_range(-half..half);
    (0..count).map(|_| point(axis(), axis(), axis())).collect()
}

/// Clouds on which naive geometry breaks: empty, few, equal, collinear, coplanar,
/// on few coordinates, far away.
pub(crate) fn degenerate_clouds() -> Vec<Cloud> {
    let line = |step: [f32; 3]| {
        (0..300).map(move |i| point(step[0] * i as f32, step[1] * i as f32, step[2] * i as f32)).collect()
    };
    let grid = (0..400).map(|i| point((i % 20) as f32, (i / 20) as f32, 0.0)).collect();
    let far = (0..100).map(|i| point(1e8, -1e8, if i % 2 == 0 { 1e8 } else { -1e8 })).collect();
    let quantised = |point: &Point| Point { x: point.x.round() / 2.0, y: point.y.round() / 2.0, ..*point };
    let columns = random_cloud(77, 900, 12.0).points().iter().map(quantised).collect();
    vec![
        Cloud::default(),
        Cloud::from_iter([point(1.0, 2.0, 3.0)]),
        Cloud::from_iter([point(1.0, 2.0, 3.0), point(4.0, 5.0, 6.0)]),
        Cloud::from_iter(vec![point(1.0, 2.0, 3.0); 500]),
        line([1.0, 0.0, 0.0]),
        line([0.0, 0.0, 0.1]),
        line([0.3, 0.2, 0.1]),
        grid,
        columns,
        far,
    ]
}

/// Straight-line distance in metres, in `f64`.
pub(crate) fn distance_m(a: &Point, b: &Point) -> f64 {
    let [ax, ay, az] = a.position().map(f64::from);
    let [bx, by, bz] = b.position().map(f64::from);
    (ax - bx).hypot(ay - by).hypot(az - bz)
}

/// A real scan from `SCANS_DIR`; prints that the test was left out if it is not there.
pub(crate) fn real_scan(name: &str) -> Option<PathBuf> {
    let default = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/data");
    let folder = std::env::var_os("SCANS_DIR").map_or_else(|| PathBuf::from(default), PathBuf::from);
    let path = folder.join(name);
    if path.is_file() {
        return Some(path);
    }
    eprintln!("LEFT OUT: no real scan {}; set SCANS_DIR", path.display());
    None
}
