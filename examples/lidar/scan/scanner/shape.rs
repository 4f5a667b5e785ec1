//! What a ray can hit.

/// A ray from the sensor; `direction` is a unit vector.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ray {
    pub(super) direction: [f32; 3],
}

/// Where a ray meets a surface.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Hit {
    /// Distance along the ray in metres.
    pub(super) range_m: f32,
    /// Cosine of the angle between the ray and the surface normal, 0 to 1.
    pub(super) incidence: f32,
}

/// A solid that stands upright, in metres in the sensor frame.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Shape {
    /// Axis-aligned block.
    Block { min: [f32; 3], max: [f32; 3] },
    /// Vertical cylinder without caps.
    Cylinder { x: f32, y: f32, radius: f32, bottom: f32, top: f32 },
}

// === impl Shape ===

impl Shape {
    /// First hit of a ray that starts outside; `None` if it misses.
    pub(super) fn hit(&self, ray: &Ray) -> Option<Hit> {
        match *self {
            Self::Block { min, max } => hit_block(ray, min, max),
            Self::Cylinder { x, y, radius, bottom, top } => hit_tube(ray, x, y, radius)
                .filter(|hit| (bottom..=top).contains(&(hit.range_m * ray.direction[2]))),
        }
    }

    /// Centre and radius of a circle around the shape seen from above.
    pub(super) fn footprint(&self) -> ([f32; 2], f32) {
        match *self {
            Self::Block { min, max } => {
                let centre = [(min[0] + max[0]) / 2.0, (min[1] + max[1]) / 2.0];
                (centre, (max[0] - min[0]).hypot(max[1] - min[1]) / 2.0)
            }
            Self::Cylinder { x, y, radius, .. } => ([x, y], radius),
        }
    }
}

/// The ground plane at height `z`; `None` for rays that do not go down.
pub(super) fn hit_ground(ray: &Ray, z: f32) -> Option<Hit> {
    let down = -ray.direction[2];
    (down > 0.0).then(|| Hit { range_m: -z / down, incidence: down })
}

/// Slab test: the ray enters the block where it has entered all three slabs.
fn hit_block(ray: &Ray, min: [f32; 3], max: [f32; 3]) -> Option<Hit> {
    let (mut enter, mut leave, mut face) = (0.0_f32, f32::INFINITY, 0);
    for axis in 0..3 {
        let inverse = 1.0 / ray.direction[axis];
        let (a, b) = (min[axis] * inverse, max[axis] * inverse);
        if a.min(b) > enter {
            (enter, face) = (a.min(b), axis);
        }
        leave = leave.min(a.max(b));
    }
    (enter > 0.0 && enter <= leave).then(|| Hit { range_m: enter, incidence: ray.direction[face].abs() })
}

/// Nearer root of the quadratic of an endless tube.
fn hit_tube(ray: &Ray, x: f32, y: f32, radius: f32) -> Option<Hit> {
    let [dx, dy, _] = ray.direction;
    let (a, half_b) = (dx * dx + dy * dy, dx * x + dy * y);
    let discriminant = half_b * half_b - a * (x * x + y * y - radius * radius);
    // A vertical ray (a = 0) never meets a tube beside the sensor.
    if discriminant < 0.0 || a <= f32::EPSILON {
        return None;
    }
    let range_m = (half_b - discriminant.sqrt()) / a;
    (range_m > 0.0).then(|| Hit { range_m, incidence: discriminant.sqrt() / radius })
}

#[cfg(test)]
mod tests {
    use super::*;

    const FORWARD: Ray = Ray { direction: [1.0, 0.0, 0.0] };

    #[test]
    fn block_is_hit_on_its_near_face_only() {
        let ahead = Shape::Block { min: [4.0, -1.0, -1.0], max: [6.0, 1.0, 1.0] };
        assert_eq!(ahead.hit(&FORWARD), Some(Hit { range_m: 4.0, incidence: 1.0 }));
        let behind = Shape::Block { min: [-6.0, -1.0, -1.0], max: [-4.0, 1.0, 1.0] };
        assert_eq!(behind.hit(&FORWARD), None);
        let beside = Shape::Block { min: [4.0, 2.0, -1.0], max: [6.0, 3.0, 1.0] };
        assert_eq!(beside.hit(&FORWARD), None);
    }

    #[test]
    fn cylinder_is_hit_in_front_and_not_above_its_top() {
        let pole = |top| Shape::Cylinder { x: 5.0, y: 0.0, radius: 0.5, bottom: -2.0, top };
        assert_eq!(pole(1.0).hit(&FORWARD), Some(Hit { range_m: 4.5, incidence: 1.0 }));
        assert_eq!(pole(-1.0).hit(&FORWARD), None);
    }

    #[test]
    fn ground_is_hit_by_falling_rays_only() {
        let down = Ray { direction: [0.6, 0.0, -0.8] };
        assert_eq!(hit_ground(&down, -1.6), Some(Hit { range_m: 2.0, incidence: 0.8 }));
        assert_eq!(hit_ground(&FORWARD, -1.6), None);
    }
}
