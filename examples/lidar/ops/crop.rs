//! Keeping the points near the sensor.

use serde::{Deserialize, Serialize};

use super::parameter::{ParameterError, check_range};
use crate::cloud::{Bounds, Cloud, Point};

/// Largest range and box coordinate, in metres: twice what a long-range LiDAR sees.
const MAX_RANGE_M: f32 = 500.0;

/// Which points [`crop_range`] and [`crop_box`] keep.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct CropParams {
    /// Nearest kept distance from the sensor in metres; hides the vehicle itself.
    pub(crate) min_range_m: f32,
    /// Farthest kept distance from the sensor in metres.
    pub(crate) max_range_m: f32,
    /// The kept box in metres, sensor frame.
    pub(crate) keep: Bounds,
}

// === impl CropParams ===

impl Default for CropParams {
    fn default() -> Self {
        let keep = Bounds { min: [-70.0, -70.0, -4.0], max: [70.0, 70.0, 6.0] };
        Self { min_range_m: 2.0, max_range_m: 70.0, keep }
    }
}

impl CropParams {
    /// Checks every field.
    ///
    /// # Errors
    ///
    /// A range is outside 0 to 500 m, a corner outside ±500 m, or a minimum above its maximum.
    pub(crate) fn validate(&self) -> Result<(), ParameterError> {
        check_range("max_range_m", self.max_range_m, 0.0..=MAX_RANGE_M)?;
        check_range("min_range_m", self.min_range_m, 0.0..=self.max_range_m)?;
        for axis in 0..3 {
            check_range("keep.max", self.keep.max[axis], -MAX_RANGE_M..=MAX_RANGE_M)?;
            check_range("keep.min", self.keep.min[axis], -MAX_RANGE_M..=self.keep.max[axis])?;
        }
        Ok(())
    }
}

/// Keeps the points whose distance from the sensor is within the ring, borders included.
pub(crate) fn crop_range(cloud: &Cloud, params: &CropParams) -> Cloud {
    let ring = params.min_range_m.powi(2)..=params.max_range_m.powi(2);
    cloud.filter(|point| ring.contains(&squared_range(point)))
}

/// Keeps the points inside the box, borders included.
pub(crate) fn crop_box(cloud: &Cloud, params: &CropParams) -> Cloud {
    cloud.filter(|point| params.keep.contains(point))
}

fn squared_range(point: &Point) -> f32 {
    point.position().iter().map(|axis| axis * axis).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{degenerate_clouds, distance_m, point, random_cloud};

    #[test]
    fn ring_keeps_exactly_the_points_within_both_ranges() {
        let cloud = random_cloud(1, 2000, 40.0);
        let params = CropParams { min_range_m: 5.0, max_range_m: 15.0, ..CropParams::default() };
        let kept = crop_range(&cloud, &params);
        let origin = point(0.0, 0.0, 0.0);
        let expected = cloud.filter(|point| (5.0..=15.0).contains(&distance_m(point, &origin)));
        assert_eq!(kept, expected);
        assert!(kept.len() > 100 && kept.len() < 2000);
    }

    #[test]
    fn box_keeps_its_border() {
        let keep = Bounds { min: [-1.0; 3], max: [1.0; 3] };
        let params = CropParams { keep, ..CropParams::default() };
        let cloud = Cloud::from_iter([point(1.0, -1.0, 1.0), point(1.01, 0.0, 0.0), point(0.0, 0.0, -2.0)]);
        assert_eq!(crop_box(&cloud, &params).points(), [point(1.0, -1.0, 1.0)]);
    }

    #[test]
    fn parameters_outside_their_range_are_named() {
        let refused = |params: CropParams| params.validate().unwrap_err().to_string();
        let base = CropParams::default();
        assert_eq!(base.validate(), Ok(()));
        let negative = CropParams { min_range_m: -1.0, ..base.clone() };
        assert_eq!(refused(negative), "min_range_m is -1, allowed is 0 to 70");
        let nan = CropParams { max_range_m: f32::NAN, ..base.clone() };
        assert_eq!(refused(nan), "max_range_m is NaN, allowed is 0 to 500");
        let keep = Bounds { min: [0.0, 9.0, 0.0], max: [1.0; 3] };
        assert_eq!(refused(CropParams { keep, ..base }), "keep.min is 9, allowed is -500 to 1");
    }

    #[test]
    fn unknown_json_fields_are_refused_and_missing_ones_default() {
        let params: CropParams = serde_json::from_str(r#"{"max_range_m": 30.0}"#).unwrap();
        assert_eq!(params, CropParams { max_range_m: 30.0, ..CropParams::default() });
        assert!(serde_json::from_str::<CropParams>(r#"{"max_range": 30.0}"#).is_err());
        let json = serde_json::to_string(&params).unwrap();
        assert_eq!(serde_json::from_str::<CropParams>(&json).unwrap(), params);
    }

    #[test]
    fn degenerate_clouds_are_cropped_without_panic() {
        for cloud in degenerate_clouds() {
            let kept = crop_box(&crop_range(&cloud, &CropParams::default()), &CropParams::default());
            assert!(kept.len() <= cloud.len());
        }
    }
}
