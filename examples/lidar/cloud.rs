//! Points, clouds of points and their bounds.

use serde::{Deserialize, Serialize};

/// Largest coordinate a cloud accepts, in metres.
///
/// Projected map coordinates (UTM) reach 1e7 m; squared distances of 1e8 m still fit an `f32`,
/// so no operation can overflow to infinity.
pub(crate) const MAX_COORDINATE_M: f32 = 1e8;

/// One LiDAR return.
///
/// # Units
///
/// `x` (forward), `y` (left) and `z` (up) are metres in the sensor frame. `intensity` is 0 to 1
/// for KITTI, nuScenes and the built-in scanner, and as stored for PCD and PLY files.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Point {
    pub(crate) x: f32,
    pub(crate) y: f32,
    pub(crate) z: f32,
    pub(crate) intensity: f32,
}

/// Points that are all finite and within [`MAX_COORDINATE_M`].
///
/// Every constructor keeps this invariant, so operations never meet NaN or an overflow.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Cloud {
    points: Vec<Point>,
}

/// Axis-aligned box, both corners inclusive, in metres.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Bounds {
    pub(crate) min: [f32; 3],
    pub(crate) max: [f32; 3],
}

// === impl Point ===

impl Point {
    /// Position as an array, for code that loops over the axes.
    pub(crate) fn position(&self) -> [f32; 3] {
        [self.x, self.y, self.z]
    }

    /// True if all four numbers are finite and the position is within [`MAX_COORDINATE_M`].
    fn is_usable(&self) -> bool {
        self.intensity.is_finite() && self.position().iter().all(|axis| axis.abs() <= MAX_COORDINATE_M)
    }
}

// === impl Cloud ===

impl Cloud {
    /// Keeps the usable points in their order and counts the others.
    ///
    /// # Cost
    ///
    /// One pass in place, no allocation.
    pub(crate) fn keep_usable(mut points: Vec<Point>) -> (Self, u64) {
        let before = points.len();
        points.retain(Point::is_usable);
        let dropped = (before - points.len()) as u64;
        (Self { points }, dropped)
    }

    /// All points, in the order of the scan.
    pub(crate) fn points(&self) -> &[Point] {
        &self.points
    }

    /// Number of points.
    pub(crate) fn len(&self) -> usize {
        self.points.len()
    }

    /// Copies the points for which `keep` is true, in their order.
    pub(crate) fn filter(&self, keep: impl Fn(&Point) -> bool) -> Self {
        let points = self.points.iter().copied().filter(keep).collect();
        Self { points }
    }

    /// Copies the points for which `keep` is true, and those for which it is false.
    pub(crate) fn partition(&self, keep: impl Fn(&Point) -> bool) -> (Self, Self) {
        let (kept, rest) = self.points.iter().copied().partition(keep);
        (Self { points: kept }, Self { points: rest })
    }

    /// Smallest box around all points; `None` if there are none.
    pub(crate) fn bounds(&self) -> Option<Bounds> {
        let (first, rest) = self.points.split_first()?;
        let start = Bounds::around(first);
        Some(rest.iter().fold(start, Bounds::include))
    }
}

/// Collects the usable points; the others are left out.
impl FromIterator<Point> for Cloud {
    fn from_iter<I: IntoIterator<Item = Point>>(points: I) -> Self {
        let points = points.into_iter().filter(Point::is_usable).collect();
        Self { points }
    }
}

// === impl Bounds ===

impl Bounds {
    /// The box that holds exactly `point`.
    pub(crate) fn around(point: &Point) -> Self {
        let position = point.position();
        Self { min: position, max: position }
    }

    /// The smallest box that holds this one and `point`.
    pub(crate) fn include(self, point: &Point) -> Self {
        let position = point.position();
        Self {
            min: std::array::from_fn(|axis| self.min[axis].min(position[axis])),
            max: std::array::from_fn(|axis| self.max[axis].max(position[axis])),
        }
    }

    /// True if `point` is inside or on the border.
    pub(crate) fn contains(&self, point: &Point) -> bool {
        let position = point.position();
        (0..3).all(|axis| (self.min[axis]..=self.max[axis]).contains(&position[axis]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::point;

    #[test]
    fn unusable_points_are_dropped_and_counted() {
        let nan_intensity = Point { intensity: f32::NAN, ..point(0.0, 0.0, 0.0) };
        let points = vec![
            point(1.0, 2.0, 3.0),
            point(f32::NAN, 0.0, 0.0),
            point(0.0, f32::INFINITY, 0.0),
            point(0.0, 0.0, f32::MAX),
            nan_intensity,
            point(MAX_COORDINATE_M, 0.0, 0.0),
        ];
        let (cloud, dropped) = Cloud::keep_usable(points.clone());
        assert_eq!(dropped, 4);
        assert_eq!(cloud.points(), [points[0], points[5]]);
        assert_eq!(points.into_iter().collect::<Cloud>(), cloud);
    }

    #[test]
    fn bounds_hold_every_point_and_touch_the_extremes() {
        let cloud = Cloud::from_iter([point(1.0, -2.0, 3.0), point(-1.0, 5.0, 0.0)]);
        let bounds = cloud.bounds().unwrap();
        assert_eq!(bounds, Bounds { min: [-1.0, -2.0, 0.0], max: [1.0, 5.0, 3.0] });
        assert!(cloud.points().iter().all(|point| bounds.contains(point)));
        assert!(!bounds.contains(&point(0.0, 0.0, 3.1)));
        assert_eq!(Cloud::default().bounds(), None);
    }
}
