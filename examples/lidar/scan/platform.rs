//! A moving platform imitated by turning a recorded scan.

use crate::cloud::{Cloud, Point};

/// A platform that turns about its z axis by the same angle from frame to frame.
///
/// It makes consecutive frames of one recorded scan differ, so that the chain behind it has real
/// work to do.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Platform {
    step_rad: f64,
}

impl Platform {
    /// A platform that turns by `step_deg` degrees a frame, counter-clockwise seen from above.
    ///
    /// An angle that is not finite means a platform that stands still.
    pub(crate) fn new(step_deg: f64) -> Self {
        let step_deg = if step_deg.is_finite() { step_deg } else { 0.0 };
        Self { step_rad: step_deg.to_radians() }
    }

    /// `cloud` as this platform sees it in frame `frame`; frame 0 is the cloud itself.
    ///
    /// # Cost
    ///
    /// One copy of the cloud.
    pub(crate) fn view(&self, cloud: &Cloud, frame: u64) -> Cloud {
        // Reduced before it is narrowed: late frames turn as exactly as early ones.
        let angle = (self.step_rad * frame as f64).rem_euclid(std::f64::consts::TAU);
        let (sin, cos) = (angle.sin() as f32, angle.cos() as f32);
        // The scene turns against the platform.
        let turn = |point: &Point| Point {
            x: cos * point.x + sin * point.y,
            y: cos * point.y - sin * point.x,
            ..*point
        };
        cloud.points().iter().map(turn).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{distance_m, point, random_cloud};

    #[test]
    fn first_frame_is_the_scan_itself() {
        let cloud = random_cloud(1, 100, 50.0);
        assert_eq!(Platform::new(3.0).view(&cloud, 0), cloud);
        assert_eq!(Platform::new(f64::NAN).view(&cloud, 9), cloud);
    }

    #[test]
    fn quarter_turn_moves_what_was_left_to_the_front() {
        let cloud = Cloud::from_iter([point(0.0, 10.0, 2.0)]);
        let turned = Platform::new(30.0).view(&cloud, 3);
        assert!(distance_m(&turned.points()[0], &point(10.0, 0.0, 2.0)) < 1e-5);
    }

    #[test]
    fn full_turn_after_many_frames_returns_to_the_start() {
        let cloud = random_cloud(2, 100, 50.0);
        let turned = Platform::new(1.0).view(&cloud, 360 * 1000);
        let pairs = cloud.points().iter().zip(turned.points());
        assert!(pairs.into_iter().all(|(a, b)| distance_m(a, b) < 1e-4));
    }
}
