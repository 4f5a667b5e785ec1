//! Thinning a cloud to one point per cube.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use serde::{Deserialize, Serialize};

use super::parameter::{ParameterError, check_range};
use crate::cloud::{Cloud, Point};

/// Smallest and largest edge of a cube, in metres.
const LEAF_RANGE_M: std::ops::RangeInclusive<f32> = 0.01..=10.0;

/// How coarse [`voxel_downsample`] is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct VoxelParams {
    /// Edge of a cube in metres.
    pub(crate) leaf_m: f32,
}

/// Lower corner and edge of the cube (0, 0, 0), in metres.
struct Grid {
    origin: [f64; 3],
    leaf: f64,
}

/// Running sums over the points of one cube: x, y, z, intensity and their number.
#[derive(Default)]
struct Sums {
    values: [f64; 4],
    count: f64,
}

// === impl VoxelParams ===

impl Default for VoxelParams {
    fn default() -> Self {
        Self { leaf_m: 0.2 }
    }
}

impl VoxelParams {
    /// Checks every field.
    ///
    /// # Errors
    ///
    /// The edge is outside 0.01 to 10 m.
    pub(crate) fn validate(&self) -> Result<(), ParameterError> {
        check_range("leaf_m", self.leaf_m, LEAF_RANGE_M)
    }
}

/// Replaces the points of each cube by their centroid, intensities by their mean.
///
/// # Shape
///
/// One point per occupied cube, in the order in which the scan first met the cubes: the same
/// input always gives the same output.
///
/// # Definition
///
/// As Open3D's `voxel_down_sample`: the grid starts half a cube below the smallest coordinates.
///
/// # Cost
///
/// Linear; one hash lookup per point.
pub(crate) fn voxel_downsample(cloud: &Cloud, params: &VoxelParams) -> Cloud {
    let Some(grid) = Grid::around(cloud, params.leaf_m) else {
        return Cloud::default();
    };
    let mut voxels: Vec<Sums> = Vec::new();
    let mut index_of = HashMap::with_capacity(cloud.len());
    for point in cloud.points() {
        let index = match index_of.entry(grid.cube(point)) {
            Entry::Occupied(known) => *known.get(),
            Entry::Vacant(new) => {
                voxels.push(Sums::default());
                *new.insert(voxels.len() - 1)
            }
        };
        voxels[index].add(point);
    }
    voxels.iter().map(Sums::mean).collect()
}

// === impl Grid ===

impl Grid {
    /// The grid of `cloud`; `None` if it has no points.
    fn around(cloud: &Cloud, leaf_m: f32) -> Option<Self> {
        let leaf = f64::from(leaf_m);
        let origin = cloud.bounds()?.min.map(|axis| f64::from(axis) - leaf / 2.0);
        Some(Self { origin, leaf })
    }

    /// The cube that holds `point`.
    fn cube(&self, point: &Point) -> [i64; 3] {
        let position = point.position();
        // The cast saturates, so that an edge of zero cannot panic.
        std::array::from_fn(|axis| {
            ((f64::from(position[axis]) - self.origin[axis]) / self.leaf).floor() as i64
        })
    }
}

// === impl Sums ===

impl Sums {
    fn add(&mut self, point: &Point) {
        let values = [point.x, point.y, point.z, point.intensity];
        for (sum, value) in self.values.iter_mut().zip(values) {
            *sum += f64::from(value);
        }
        self.count += 1.0;
    }

    fn mean(&self) -> Point {
        let [x, y, z, intensity] = self.values.map(|sum| (sum / self.count) as f32);
        Point { x, y, z, intensity }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::testing::{degenerate_clouds, distance_m, point, random_cloud};

    /// The definition, spelled out: cube by cube in a sorted map, one pass per cube.
    fn oracle(cloud: &Cloud, leaf: f64) -> Vec<Point> {
        let axis_min = |axis: usize| {
            let values = cloud.points().iter().map(|point| f64::from(point.position()[axis]));
            values.fold(f64::INFINITY, f64::min)
        };
        let origin = [axis_min(0), axis_min(1), axis_min(2)];
        let mut cubes: BTreeMap<Vec<i64>, Vec<&Point>> = BTreeMap::new();
        for point in cloud.points() {
            let steps = (0..3).map(|a| (f64::from(point.position()[a]) - (origin[a] - leaf * 0.5)) / leaf);
            cubes.entry(steps.map(|step| step.floor() as i64).collect()).or_default().push(point);
        }
        cubes.values().map(|members| centroid(members)).collect()
    }

    fn centroid(members: &[&Point]) -> Point {
        let mean = |value: fn(&Point) -> f32| {
            let sum: f64 = members.iter().map(|point| f64::from(value(point))).sum();
            (sum / members.len() as f64) as f32
        };
        Point { x: mean(|p| p.x), y: mean(|p| p.y), z: mean(|p| p.z), intensity: mean(|p| p.intensity) }
    }

    fn sorted(mut points: Vec<Point>) -> Vec<Point> {
        points.sort_by(|a, b| a.position().partial_cmp(&b.position()).unwrap());
        points
    }

    #[test]
    fn centroids_agree_with_the_sorted_map_oracle() {
        for (seed, leaf_m) in [(1, 0.5), (2, 1.0), (3, 3.0), (4, 0.1)] {
            let cloud = random_cloud(seed, 3000, 12.0);
            let thin = voxel_downsample(&cloud, &VoxelParams { leaf_m });
            let expected = oracle(&cloud, f64::from(leaf_m));
            assert_eq!(sorted(thin.points().to_vec()), sorted(expected));
        }
    }

    #[test]
    fn output_order_is_that_of_first_appearance() {
        let cloud = Cloud::from_iter([point(9.0, 0.0, 0.0), point(0.0, 0.0, 0.0), point(9.2, 0.0, 0.0)]);
        let thin = voxel_downsample(&cloud, &VoxelParams { leaf_m: 1.0 });
        assert_eq!(thin.len(), 2);
        assert!(distance_m(&thin.points()[0], &point(9.1, 0.0, 0.0)) < 1e-5);
        assert_eq!(thin.points()[1], point(0.0, 0.0, 0.0));
    }

    #[test]
    fn degenerate_clouds_keep_their_extent() {
        for cloud in degenerate_clouds() {
            let thin = voxel_downsample(&cloud, &VoxelParams::default());
            assert!(thin.len() <= cloud.len());
            assert_eq!(thin.len() == 0, cloud.len() == 0);
        }
    }

    #[test]
    fn parameters_outside_their_range_are_named_and_never_panic() {
        let zero = VoxelParams { leaf_m: 0.0 };
        assert_eq!(zero.validate().unwrap_err().to_string(), "leaf_m is 0, allowed is 0.01 to 10");
        for leaf_m in [0.0, -1.0, f32::NAN, f32::INFINITY] {
            voxel_downsample(&random_cloud(5, 100, 10.0), &VoxelParams { leaf_m });
        }
    }
}
