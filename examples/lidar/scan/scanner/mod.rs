//! A rotating LiDAR that casts rays into a made-up street, so that the demo needs no file.

mod scene;
mod shape;

use std::f32::consts::TAU;

use rand::{RngExt, SeedableRng};
use rand_distr::{Distribution, StandardNormal};
use rand_xoshiro::Xoshiro256PlusPlus;

use self::scene::{GROUND_REFLECTIVITY, GROUND_Z_M, Object, Scene};
use self::shape::{Hit, Ray, hit_ground};
use crate::cloud::{Cloud, Point};

/// Beams and their elevations in degrees, as of a Velodyne HDL-64E.
const BEAMS: usize = 64;
const TOP_ELEVATION_DEG: f32 = 2.0;
const BOTTOM_ELEVATION_DEG: f32 = -24.8;

/// Directions per turn, one every 0.36°.
const AZIMUTH_STEPS: usize = 1000;

/// Time between two frames: the sensor turns at 10 Hz.
const FRAME_PERIOD_S: f64 = 0.1;

/// Nearest and farthest return in metres; nearer ones would be the vehicle itself.
const MIN_RANGE_M: f32 = 1.0;
const MAX_RANGE_M: f32 = 80.0;

/// Standard deviation of a range and of the height of the ground, in metres.
const RANGE_NOISE_M: f32 = 0.02;
const GROUND_NOISE_M: f32 = 0.01;

/// Share of rays that return nothing although they hit.
const DROP_OUT_RATIO: f32 = 0.03;

/// Separates the random numbers of consecutive frames (2^64 divided by the golden ratio).
const FRAME_STRIDE: u64 = 0x9E37_79B9_7F4A_7C15;

/// The built-in scanner.
///
/// On one machine, frame `k` of seed `s` is always the same cloud, whichever frames were taken
/// before.
#[derive(Debug, Clone)]
pub(crate) struct Scanner {
    seed: u64,
    scene: Scene,
    /// Cosine and sine of each beam's elevation, top beam first.
    beams: Vec<(f32, f32)>,
}

/// One frame in the making.
struct Sweep<'a> {
    objects: &'a [Object],
    beams: &'a [(f32, f32)],
    rng: Xoshiro256PlusPlus,
    points: Vec<Point>,
}

// === impl Scanner ===

impl Scanner {
    /// A scanner in the street that belongs to `seed`.
    pub(crate) fn new(seed: u64) -> Self {
        let step_deg = (TOP_ELEVATION_DEG - BOTTOM_ELEVATION_DEG) / (BEAMS - 1) as f32;
        let elevation = |beam: usize| (TOP_ELEVATION_DEG - beam as f32 * step_deg).to_radians();
        let beams = (0..BEAMS).map(|beam| (elevation(beam).cos(), elevation(beam).sin())).collect();
        Self { seed, scene: Scene::new(seed), beams }
    }

    /// The cloud of one full turn at `frame` × 0.1 s.
    ///
    /// # Shape
    ///
    /// At most 64 000 points, azimuth by azimuth counter-clockwise from straight ahead, top beam
    /// first; every point is 1 to 80 m away, its intensity 0 to 1.
    ///
    /// # Cost
    ///
    /// A few milliseconds; one vector of 1 MB.
    pub(crate) fn frame(&self, frame: u64) -> Cloud {
        let objects = self.scene.at(frame as f64 * FRAME_PERIOD_S);
        let seed = self.seed.wrapping_add(frame.wrapping_add(1).wrapping_mul(FRAME_STRIDE));
        let mut sweep = Sweep {
            objects: &objects,
            beams: &self.beams,
            rng: Xoshiro256PlusPlus::seed_from_u64(seed),
            points: Vec::with_capacity(BEAMS * AZIMUTH_STEPS),
        };
        (0..AZIMUTH_STEPS).for_each(|step| sweep.column(step));
        sweep.points.into_iter().collect()
    }
}

// === impl Sweep ===

impl Sweep<'_> {
    /// Fires all beams in one direction, at the objects that this direction can meet.
    fn column(&mut self, step: usize) {
        let (sin, cos) = (step as f32 / AZIMUTH_STEPS as f32 * TAU).sin_cos();
        let ahead: Vec<_> = self.objects.iter().filter(|object| is_ahead(object, cos, sin)).collect();
        for (flat, up) in self.beams {
            let ray = Ray { direction: [flat * cos, flat * sin, *up] };
            let point = self.fire(&ray, &ahead);
            self.points.extend(point);
        }
    }

    /// The return of one ray; `None` if it is lost.
    fn fire(&mut self, ray: &Ray, objects: &[&Object]) -> Option<Point> {
        let (hit, reflectivity) = self.first_hit(ray, objects)?;
        let range_m = hit.range_m + RANGE_NOISE_M * self.gaussian();
        let is_lost = self.rng.random::<f32>() < DROP_OUT_RATIO;
        if is_lost || !(MIN_RANGE_M..=MAX_RANGE_M).contains(&range_m) {
            return None;
        }
        let [x, y, z] = ray.direction.map(|axis| axis * range_m);
        Some(Point { x, y, z, intensity: (reflectivity * hit.incidence).clamp(0.0, 1.0) })
    }

    /// The nearest of the ground and the objects, with its reflectivity.
    fn first_hit(&mut self, ray: &Ray, objects: &[&Object]) -> Option<(Hit, f32)> {
        let ground_z = GROUND_Z_M + GROUND_NOISE_M * self.gaussian();
        let ground = hit_ground(ray, ground_z).map(|hit| (hit, GROUND_REFLECTIVITY));
        let solid = objects.iter().filter_map(|object| Some((object.shape.hit(ray)?, object.reflectivity)));
        solid.chain(ground).min_by(|(a, _), (b, _)| a.range_m.total_cmp(&b.range_m))
    }

    fn gaussian(&mut self) -> f32 {
        StandardNormal.sample(&mut self.rng)
    }
}

/// True if a ray in direction (`cos`, `sin`), seen from above, can meet the object.
fn is_ahead(object: &Object, cos: f32, sin: f32) -> bool {
    let ([x, y], radius) = object.shape.footprint();
    let along = x * cos + y * sin;
    let aside = y * cos - x * sin;
    along > -radius && aside.abs() <= radius
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{distance_m, point};

    #[test]
    fn same_seed_and_frame_give_the_same_cloud_in_any_order() {
        let (a, b) = (Scanner::new(5), Scanner::new(5));
        let late = a.frame(7);
        b.frame(1);
        assert_eq!(late, b.frame(7));
        assert_ne!(late, a.frame(8));
        assert_ne!(late, Scanner::new(6).frame(7));
    }

    #[test]
    fn frames_are_dense_and_within_range() {
        for frame in [0, 3, 1000, u64::MAX] {
            let cloud = Scanner::new(1).frame(frame);
            assert!((40_000..=64_000).contains(&cloud.len()), "{} points", cloud.len());
            let origin = point(0.0, 0.0, 0.0);
            let in_range = |point: &Point| (0.99..=80.01).contains(&distance_m(point, &origin));
            assert!(cloud.points().iter().all(in_range));
            assert!(cloud.points().iter().all(|point| (0.0..=1.0).contains(&point.intensity)));
        }
    }

    #[test]
    fn ground_is_where_the_sensor_stands_and_objects_rise_above_it() {
        let cloud = Scanner::new(2).frame(0);
        let ground = cloud.filter(|point| (point.z - GROUND_Z_M).abs() < 0.1);
        let high = cloud.filter(|point| point.z > GROUND_Z_M + 0.5);
        assert!(ground.len() > cloud.len() / 3, "{} of {} on the ground", ground.len(), cloud.len());
        assert!(high.len() > cloud.len() / 20, "{} of {} high", high.len(), cloud.len());
        assert!(cloud.points().iter().all(|point| point.z > GROUND_Z_M - 0.3));
    }
}
