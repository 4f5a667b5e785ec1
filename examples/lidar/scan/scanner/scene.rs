//! A street with moving cars, buildings and poles.

use rand::{RngExt, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

use super::shape::Shape;

/// Height of the ground in the sensor frame: the HDL-64E of the KITTI car stands 1.73 m high.
pub(super) const GROUND_Z_M: f32 = -1.73;

/// Half the length of the street; cars that reach its end appear again at the other.
const STREET_HALF_M: f32 = 70.0;

/// Centres of the four lanes and the direction of travel in each.
const LANES: [(f32, f32); 4] = [(-7.0, 1.0), (-3.6, 1.0), (3.6, -1.0), (7.0, -1.0)];

const CARS_PER_LANE: usize = 3;
const CAR_HALF_M: [f32; 2] = [2.2, 0.9];
const CAR_HEIGHT_M: f32 = 1.5;
const BUILDINGS_PER_SIDE: usize = 5;
const POLES_PER_SIDE: usize = 6;

/// Share of the light that comes back head-on, 0 to 1.
pub(super) const GROUND_REFLECTIVITY: f32 = 0.25;
const CAR_REFLECTIVITY: f32 = 0.6;
const BUILDING_REFLECTIVITY: f32 = 0.4;
const POLE_REFLECTIVITY: f32 = 0.8;

/// A solid with the share of light it reflects.
#[derive(Debug, Clone, Copy)]
pub(super) struct Object {
    pub(super) shape: Shape,
    pub(super) reflectivity: f32,
}

/// A car on its lane.
#[derive(Debug, Clone, Copy)]
struct Car {
    start_x_m: f32,
    y_m: f32,
    /// Signed along x.
    speed_m_per_s: f32,
}

/// Everything but the ground.
#[derive(Debug, Clone)]
pub(super) struct Scene {
    fixed: Vec<Object>,
    cars: Vec<Car>,
}

// === impl Scene ===

impl Scene {
    /// The street that belongs to `seed`.
    pub(super) fn new(seed: u64) -> Self {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
        let mut fixed = Vec::new();
        for side in [-1.0, 1.0] {
            fixed.extend((0..BUILDINGS_PER_SIDE).map(|i| building(side, i, &mut rng)));
            fixed.extend((0..POLES_PER_SIDE).map(|i| pole(side, i, &mut rng)));
        }
        let lanes = LANES.iter();
        let cars = lanes.flat_map(|lane| (0..CARS_PER_LANE).map(move |i| (lane, i)));
        let cars = cars.map(|((y_m, way), i)| Car::new(*y_m, *way, i, &mut rng)).collect();
        Self { fixed, cars }
    }

    /// All objects as they stand `time_s` seconds after the start.
    pub(super) fn at(&self, time_s: f64) -> Vec<Object> {
        let cars = self.cars.iter().map(|car| car.at(time_s));
        self.fixed.iter().copied().chain(cars).collect()
    }
}

// === impl Car ===

impl Car {
    fn new(y_m: f32, way: f32, index: usize, rng: &mut Xoshiro256PlusPlus) -> Self {
        let start_x_m = place_along_street(index, CARS_PER_LANE, rng);
        Self { start_x_m, y_m, speed_m_per_s: way * rng.random_range(6.0..14.0) }
    }

    fn at(&self, time_s: f64) -> Object {
        let street = f64::from(2.0 * STREET_HALF_M);
        let driven = f64::from(self.start_x_m + STREET_HALF_M) + f64::from(self.speed_m_per_s) * time_s;
        let x = driven.rem_euclid(street) as f32 - STREET_HALF_M;
        let [half_length, half_width] = CAR_HALF_M;
        Object {
            shape: Shape::Block {
                min: [x - half_length, self.y_m - half_width, GROUND_Z_M + 0.2],
                max: [x + half_length, self.y_m + half_width, GROUND_Z_M + CAR_HEIGHT_M],
            },
            reflectivity: CAR_REFLECTIVITY,
        }
    }
}

fn building(side: f32, index: usize, rng: &mut Xoshiro256PlusPlus) -> Object {
    let x = place_along_street(index, BUILDINGS_PER_SIDE, rng);
    let half_length = rng.random_range(5.0..11.0);
    let (near, far) = (rng.random_range(13.0..18.0), 30.0);
    let height = rng.random_range(4.0..15.0);
    let (low_y, high_y) = if side < 0.0 { (-far, -near) } else { (near, far) };
    Object {
        shape: Shape::Block {
            min: [x - half_length, low_y, GROUND_Z_M],
            max: [x + half_length, high_y, GROUND_Z_M + height],
        },
        reflectivity: BUILDING_REFLECTIVITY,
    }
}

fn pole(side: f32, index: usize, rng: &mut Xoshiro256PlusPlus) -> Object {
    let x = place_along_street(index, POLES_PER_SIDE, rng);
    let top = GROUND_Z_M + rng.random_range(3.0..7.0);
    let radius = rng.random_range(0.1..0.3);
    Object {
        shape: Shape::Cylinder { x, y: side * 10.5, radius, bottom: GROUND_Z_M, top },
        reflectivity: POLE_REFLECTIVITY,
    }
}

/// A random place in the `index`-th of `count` equal stretches of the street.
fn place_along_street(index: usize, count: usize, rng: &mut Xoshiro256PlusPlus) -> f32 {
    let stretch = 2.0 * STREET_HALF_M / count as f32;
    let start = index as f32 * stretch - STREET_HALF_M;
    start + rng.random_range(0.0..stretch)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cars_move_and_buildings_stay() {
        let scene = Scene::new(3);
        let (before, after) = (scene.at(0.0), scene.at(1.0));
        let moved = before.iter().zip(&after).filter(|(a, b)| a.shape != b.shape).count();
        assert_eq!(moved, LANES.len() * CARS_PER_LANE);
        assert_eq!(before.len(), after.len());
    }

    #[test]
    fn cars_stay_on_the_street_for_ever() {
        let scene = Scene::new(4);
        for time_s in [0.0, 1e3, 1e9, 1e18] {
            let on_street = |object: &Object| object.shape.footprint().0[0].abs() <= STREET_HALF_M + 0.01;
            assert!(scene.at(time_s).iter().all(on_street));
        }
    }
}
