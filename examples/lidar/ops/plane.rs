//! Planes in space.

use crate::cloud::Point;

/// Squared sine of the smallest angle between two edges that still span a plane (about 0.06°).
const MIN_SQUARED_SINE: f64 = 1e-6;

/// The plane `normal · p + offset = 0` with a unit normal that points up (z ≥ 0).
///
/// The signed distance of a point above the plane is positive, in metres.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Plane {
    normal: [f32; 3],
    offset_m: f32,
}

impl Plane {
    /// The plane through three points; `None` if they are (nearly) on one line.
    pub(super) fn through(a: &Point, b: &Point, c: &Point) -> Option<Self> {
        let (u, v) = (between(a, b), between(a, c));
        let normal = cross(u, v);
        let squared_sine = dot(normal, normal) / (dot(u, u) * dot(v, v));
        // NaN (two equal points) is refused as well.
        if squared_sine >= MIN_SQUARED_SINE { Self::at(a.position().map(f64::from), normal) } else { None }
    }

    /// The plane through `position` across `normal`, which need not be a unit vector; `None` if
    /// `normal` has no direction.
    pub(super) fn at(position: [f64; 3], normal: [f64; 3]) -> Option<Self> {
        let length = dot(normal, normal).sqrt();
        if !(length.is_normal()) {
            return None;
        }
        let scale = if normal[2] < 0.0 { -1.0 / length } else { 1.0 / length };
        let unit = normal.map(|axis| axis * scale);
        let offset_m = -dot(unit, position) as f32;
        Some(Self { normal: unit.map(|axis| axis as f32), offset_m })
    }

    /// Height of `point` above the plane in metres, negative below.
    pub(crate) fn signed_distance_m(&self, point: &Point) -> f32 {
        let [nx, ny, nz] = self.normal;
        nx * point.x + ny * point.y + nz * point.z + self.offset_m
    }

    /// Angle between the normal and the z axis in degrees, 0 to 90.
    pub(crate) fn tilt_deg(&self) -> f32 {
        self.normal[2].clamp(0.0, 1.0).acos().to_degrees()
    }
}

fn between(from: &Point, to: &Point) -> [f64; 3] {
    let (from, to) = (from.position(), to.position());
    std::array::from_fn(|axis| f64::from(to[axis]) - f64::from(from[axis]))
}

fn dot(a: [f64; 3], b: [f64; 3]) -> f64 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

fn cross(a: [f64; 3], b: [f64; 3]) -> [f64; 3] {
    [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::point;

    #[test]
    fn normal_points_up_and_distance_is_signed() {
        let (a, b, c) = (point(0.0, 0.0, 1.0), point(0.0, 1.0, 1.0), point(1.0, 0.0, 1.0));
        for plane in [Plane::through(&a, &b, &c).unwrap(), Plane::through(&a, &c, &b).unwrap()] {
            assert_eq!(plane.normal, [0.0, 0.0, 1.0]);
            assert_eq!(plane.tilt_deg(), 0.0);
            assert_eq!(plane.signed_distance_m(&point(5.0, 5.0, 3.0)), 2.0);
            assert_eq!(plane.signed_distance_m(&point(5.0, 5.0, 0.0)), -1.0);
        }
    }

    #[test]
    fn collinear_and_equal_points_span_no_plane() {
        let on_line = |t: f32| point(t, 2.0 * t, 3.0 * t);
        assert_eq!(Plane::through(&on_line(0.0), &on_line(1.0), &on_line(7.0)), None);
        assert_eq!(Plane::through(&on_line(1.0), &on_line(1.0), &on_line(7.0)), None);
        assert_eq!(Plane::through(&on_line(1.0), &on_line(1.0), &on_line(1.0)), None);
    }
}
