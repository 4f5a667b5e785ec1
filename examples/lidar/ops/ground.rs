//! Finding the ground and splitting it from what stands on it.

use rand::{RngExt, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use serde::{Deserialize, Serialize};

use super::parameter::{ParameterError, check_range};
use super::plane::Plane;
use crate::cloud::{Cloud, Point};

/// Most candidate planes: 1000 find a ground of 20 % of the points with probability 0.9997.
const MAX_ITERATIONS: u32 = 1000;

/// Smallest determinant of the footprint's covariance, relative to its trace squared.
///
/// Below, the points are nearly on a line seen from above and fix no slope across it.
const MIN_FOOTPRINT: f64 = 1e-6;

/// What counts as ground.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct GroundParams {
    /// Largest distance from the plane of a ground point, in metres.
    pub(crate) distance_m: f32,
    /// Candidate planes that are tried.
    pub(crate) iterations: u32,
    /// Steepest accepted plane, in degrees from horizontal; keeps walls out.
    pub(crate) max_tilt_deg: f32,
    /// Seed of the choice of candidates: equal seeds give equal planes.
    pub(crate) seed: u64,
}

/// A cloud in two parts.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct GroundSplit {
    /// Points on or below the plane, within the accepted distance above it.
    pub(crate) ground: Cloud,
    /// Points above the plane.
    pub(crate) obstacles: Cloud,
}

/// First and second moments of a set of points.
struct Moments {
    mean: [f64; 3],
    xx: f64,
    xy: f64,
    yy: f64,
    xz: f64,
    yz: f64,
}

// === impl GroundParams ===

impl Default for GroundParams {
    fn default() -> Self {
        Self { distance_m: 0.2, iterations: 400, max_tilt_deg: 15.0, seed: 0 }
    }
}

impl GroundParams {
    /// Checks every field.
    ///
    /// # Errors
    ///
    /// `distance_m` is outside 0.01 to 2 m, `iterations` outside 1 to 1000 or `max_tilt_deg`
    /// outside 0 to 60.
    pub(crate) fn validate(&self) -> Result<(), ParameterError> {
        check_range("distance_m", self.distance_m, 0.01..=2.0)?;
        check_range("iterations", self.iterations, 1..=MAX_ITERATIONS)?;
        check_range("max_tilt_deg", self.max_tilt_deg, 0.0..=60.0)
    }
}

/// Finds the plane with the most points near it among random candidates.
///
/// `None` if no three points span a plane that is flat enough.
///
/// # Cost
///
/// `iterations` passes over the cloud; no allocation.
///
/// # Source
///
/// Fischler and Bolles, "Random sample consensus", 1981.
pub(crate) fn ransac_plane(cloud: &Cloud, params: &GroundParams) -> Option<Plane> {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(params.seed);
    let mut best = None;
    let mut best_count = 0;
    for _ in 0..params.iterations.min(MAX_ITERATIONS) {
        let Some(plane) = candidate(cloud.points(), params, &mut rng) else {
            continue;
        };
        let count = count_near(cloud.points(), &plane, params.distance_m);
        if count > best_count {
            (best, best_count) = (Some(plane), count);
        }
    }
    best
}

/// A plane through three random points; `None` if they span none or one too steep.
fn candidate(points: &[Point], params: &GroundParams, rng: &mut Xoshiro256PlusPlus) -> Option<Plane> {
    if points.is_empty() {
        return None;
    }
    let [a, b, c] = std::array::from_fn(|_| &points[rng.random_range(0..points.len())]);
    Plane::through(a, b, c).filter(|plane| plane.tilt_deg() <= params.max_tilt_deg)
}

fn count_near(points: &[Point], plane: &Plane, distance_m: f32) -> usize {
    let near = |point: &&Point| plane.signed_distance_m(point).abs() <= distance_m;
    points.iter().filter(near).count()
}

/// Fits the plane to all points near it, by least squares in z.
///
/// # Definition
///
/// Minimises the squared vertical distances, which for the flat planes meant here is within
/// cos(tilt) of the perpendicular ones. `rough` comes back if its points are on a line seen from
/// above or the fit is steeper than `max_tilt_deg`.
///
/// # Cost
///
/// Three passes over the cloud.
pub(crate) fn refine_plane(cloud: &Cloud, rough: &Plane, params: &GroundParams) -> Plane {
    let near = |point: &&Point| rough.signed_distance_m(point).abs() <= params.distance_m;
    let fitted = Moments::of(cloud.points().iter().filter(near)).and_then(|moments| moments.plane());
    match fitted {
        Some(plane) if plane.tilt_deg() <= params.max_tilt_deg => plane,
        _ => *rough,
    }
}

/// Splits the cloud at `distance_m` above the plane; what is below the plane is ground as well.
pub(crate) fn segment_ground(cloud: &Cloud, plane: &Plane, params: &GroundParams) -> GroundSplit {
    let is_ground = |point: &Point| plane.signed_distance_m(point) <= params.distance_m;
    let (ground, obstacles) = cloud.partition(is_ground);
    GroundSplit { ground, obstacles }
}

// === impl Moments ===

impl Moments {
    /// Moments about the mean, in `f64` and in two passes so that far clouds lose no digits;
    /// `None` of no points.
    fn of<'a>(points: impl Iterator<Item = &'a Point> + Clone) -> Option<Self> {
        let mean = mean(points.clone())?;
        let mut moments = Self { mean, xx: 0.0, xy: 0.0, yy: 0.0, xz: 0.0, yz: 0.0 };
        points.for_each(|point| moments.add(point));
        Some(moments)
    }

    fn add(&mut self, point: &Point) {
        let position = point.position();
        let [x, y, z]: [f64; 3] = std::array::from_fn(|axis| f64::from(position[axis]) - self.mean[axis]);
        self.xx += x * x;
        self.xy += x * y;
        self.yy += y * y;
        self.xz += x * z;
        self.yz += y * z;
    }

    /// The plane `z = ax + by + c` that solves the normal equations.
    fn plane(&self) -> Option<Plane> {
        let determinant = self.xx * self.yy - self.xy * self.xy;
        if determinant <= MIN_FOOTPRINT * (self.xx + self.yy).powi(2) {
            return None;
        }
        let a = (self.xz * self.yy - self.yz * self.xy) / determinant;
        let b = (self.yz * self.xx - self.xz * self.xy) / determinant;
        Plane::at(self.mean, [-a, -b, 1.0])
    }
}

fn mean<'a>(points: impl Iterator<Item = &'a Point>) -> Option<[f64; 3]> {
    let mut sum = [0.0; 3];
    let mut count = 0.0;
    for point in points {
        let position = point.position();
        sum = std::array::from_fn(|axis| sum[axis] + f64::from(position[axis]));
        count += 1.0;
    }
    (count > 0.0).then(|| sum.map(|axis| axis / count))
}

#[cfg(test)]
mod tests {
    use rand_distr::{Distribution, Normal};

    use super::*;
    use crate::scan::ScanFile;
    use crate::testing::{degenerate_clouds, point, random_cloud, real_scan};

    /// `z = slope · x − 1.7` with 3 cm of noise, under a box full of clutter.
    fn sloped_ground(seed: u64, slope: f32) -> Cloud {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
        let noise = Normal::new(0.0, 0.03).unwrap();
        let ground = (0..3000).map(|_| {
            let (x, y) = (rng.random_range(-30.0..30.0), rng.random_range(-30.0..30.0));
            point(x, y, slope * x - 1.7 + noise.sample(&mut rng))
        });
        let ground: Vec<_> = ground.collect();
        let clutter = random_cloud(seed, 1500, 20.0);
        ground.iter().chain(clutter.points()).copied().collect()
    }

    #[test]
    fn plane_is_found_within_tolerance_and_refinement_sharpens_it() {
        for (seed, slope) in [(1, 0.0), (2, 0.05), (3, -0.1)] {
            let cloud = sloped_ground(seed, slope);
            let params = GroundParams { seed, ..GroundParams::default() };
            let plane = refine_plane(&cloud, &ransac_plane(&cloud, &params).unwrap(), &params);
            for (x, y) in [(0.0, 0.0), (20.0, 0.0), (0.0, -20.0), (-20.0, 20.0)] {
                let error_m = plane.signed_distance_m(&point(x, y, slope * x - 1.7));
                assert!(error_m.abs() < 0.05, "{error_m} m off at {x} {y}, slope {slope}");
            }
        }
    }

    #[test]
    fn split_is_complete_and_keeps_what_is_below() {
        let cloud = Cloud::from_iter([point(0.0, 0.0, 0.1), point(1.0, 0.0, -5.0), point(0.0, 1.0, 2.0)]);
        let plane = Plane::at([0.0; 3], [0.0, 0.0, 1.0]).unwrap();
        let split = segment_ground(&cloud, &plane, &GroundParams::default());
        assert_eq!(split.ground.len(), 2);
        assert_eq!(split.obstacles.points(), [point(0.0, 1.0, 2.0)]);
    }

    #[test]
    fn equal_seeds_give_equal_planes() {
        let cloud = sloped_ground(4, 0.02);
        let params = GroundParams { iterations: 20, seed: 99, ..GroundParams::default() };
        assert_eq!(ransac_plane(&cloud, &params), ransac_plane(&cloud, &params));
    }

    #[test]
    fn walls_are_not_ground() {
        let wall = random_cloud(5, 500, 10.0).points().iter().map(|p| point(4.0, p.y, p.z)).collect();
        assert_eq!(ransac_plane(&wall, &GroundParams::default()), None);
    }

    #[test]
    fn degenerate_clouds_give_no_plane_or_a_finite_one() {
        let params = GroundParams { max_tilt_deg: 60.0, ..GroundParams::default() };
        for cloud in degenerate_clouds() {
            let Some(rough) = ransac_plane(&cloud, &params) else {
                continue;
            };
            let plane = refine_plane(&cloud, &rough, &params);
            let finite = |point: &Point| plane.signed_distance_m(point).is_finite();
            assert!(cloud.points().iter().all(finite));
            let split = segment_ground(&cloud, &plane, &params);
            assert_eq!(split.ground.len() + split.obstacles.len(), cloud.len());
        }
    }

    #[test]
    fn real_ground_is_found_at_the_height_of_the_sensor() {
        for (name, height_m) in [("kitti_000008.bin", 1.73), ("nuscenes_lidar_top.pcd.bin", 1.84)] {
            let Some(path) = real_scan(name) else { continue };
            let cloud = ScanFile::new(&path).unwrap().load().unwrap().cloud;
            let params = GroundParams::default();
            let plane = refine_plane(&cloud, &ransac_plane(&cloud, &params).unwrap(), &params);
            let found_m = plane.signed_distance_m(&point(0.0, 0.0, 0.0));
            assert!((found_m - height_m).abs() < 0.25, "{name}: sensor at {found_m} m");
        }
    }

    #[test]
    fn parameters_outside_their_range_are_named() {
        let params = GroundParams { iterations: 5000, ..GroundParams::default() };
        assert_eq!(params.validate().unwrap_err().to_string(), "iterations is 5000, allowed is 1 to 1000");
        assert!(serde_json::from_str::<GroundParams>(r#"{"distance": 0.2}"#).is_err());
    }
}
