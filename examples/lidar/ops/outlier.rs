//! Removing points that stand alone.

use std::num::NonZero;

use serde::{Deserialize, Serialize};

use super::kdtree::PointIndex;
use super::parameter::{ParameterError, check_range};
use crate::cloud::{Cloud, Point};

/// Most neighbours per point: beyond, the mean says no more and the search dominates the chain.
const MAX_NEIGHBOURS: usize = 128;

/// How strict [`statistical_outlier_removal`] is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct OutlierParams {
    /// Neighbours that a point is judged by.
    pub(crate) neighbours: usize,
    /// Accepted standard deviations above the mean; smaller removes more.
    pub(crate) std_ratio: f32,
}

// === impl OutlierParams ===

impl Default for OutlierParams {
    fn default() -> Self {
        Self { neighbours: 12, std_ratio: 2.0 }
    }
}

impl OutlierParams {
    /// Checks every field.
    ///
    /// # Errors
    ///
    /// `neighbours` is outside 1 to 128 or `std_ratio` outside 0.1 to 10.
    pub(crate) fn validate(&self) -> Result<(), ParameterError> {
        check_range("neighbours", self.neighbours, 1..=MAX_NEIGHBOURS)?;
        check_range("std_ratio", self.std_ratio, 0.1..=10.0)
    }
}

/// Mean distance in metres from each point to its `neighbours` nearest other points.
///
/// # Shape
///
/// One number per point of `cloud`, which must be the cloud that `index` was built from. A point
/// with fewer neighbours is judged by those it has, a point without any by 0.
///
/// # Cost
///
/// One search per point, O(n log n); the chain's most expensive step.
pub(crate) fn knn_mean_distances(cloud: &Cloud, index: &PointIndex, neighbours: usize) -> Vec<f32> {
    // The point itself comes first and is skipped.
    let count = NonZero::<usize>::MIN.saturating_add(neighbours);
    let distances = |point: &Point| mean(index.nearest_m(point, count).skip(1));
    cloud.points().iter().map(distances).collect()
}

/// Keeps the points whose mean neighbour distance is not unusually large.
///
/// `mean_distances` is what [`knn_mean_distances`] returned for `cloud`.
///
/// # Definition
///
/// As PCL's `StatisticalOutlierRemoval`: a point stays if its distance is at most
/// mean + `std_ratio` × standard deviation (n − 1) of all distances. Equal distances all stay.
pub(crate) fn statistical_outlier_removal(
    cloud: &Cloud,
    mean_distances: &[f32],
    params: &OutlierParams,
) -> Cloud {
    let limit = distance_limit(mean_distances, params.std_ratio);
    let judged = cloud.points().iter().zip(mean_distances);
    judged.filter(|(_, distance)| f64::from(**distance) <= limit).map(|(point, _)| *point).collect()
}

/// Largest accepted distance.
fn distance_limit(distances: &[f32], std_ratio: f32) -> f64 {
    let count = distances.len() as f64;
    let mean = distances.iter().copied().map(f64::from).sum::<f64>() / count.max(1.0);
    let squares: f64 = distances.iter().map(|distance| (f64::from(*distance) - mean).powi(2)).sum();
    let deviation = (squares / (count - 1.0).max(1.0)).sqrt();
    mean + f64::from(std_ratio) * deviation
}

/// Arithmetic mean; 0 of nothing.
fn mean(values: impl Iterator<Item = f32>) -> f32 {
    let (sum, count) = values.fold((0.0, 0.0_f32), |(sum, count), value| (sum + value, count + 1.0));
    sum / count.max(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::build_kdtree;
    use crate::testing::{degenerate_clouds, distance_m, point, random_cloud};

    fn run(cloud: &Cloud, params: &OutlierParams) -> Cloud {
        let index = build_kdtree(cloud).unwrap();
        let distances = knn_mean_distances(cloud, &index, params.neighbours);
        assert!(distances.iter().all(|distance| distance.is_finite()));
        statistical_outlier_removal(cloud, &distances, params)
    }

    fn brute_force_mean(cloud: &Cloud, position: usize, neighbours: usize) -> f64 {
        let here = &cloud.points()[position];
        let others = cloud.points().iter().enumerate().filter(|(i, _)| *i != position);
        let mut distances: Vec<_> = others.map(|(_, other)| distance_m(here, other)).collect();
        distances.sort_by(f64::total_cmp);
        distances.iter().take(neighbours).sum::<f64>() / neighbours as f64
    }

    #[test]
    fn mean_distances_agree_with_brute_force() {
        for neighbours in [1, 5, 20] {
            let cloud = random_cloud(neighbours as u64, 400, 10.0);
            let index = build_kdtree(&cloud).unwrap();
            let found = knn_mean_distances(&cloud, &index, neighbours);
            for (position, distance) in found.iter().enumerate() {
                let expected = brute_force_mean(&cloud, position, neighbours);
                assert!((f64::from(*distance) - expected).abs() < 1e-4);
            }
        }
    }

    #[test]
    fn lone_points_go_and_dense_ones_stay() {
        let dense = random_cloud(7, 1000, 5.0);
        let lone = [point(60.0, 0.0, 0.0), point(0.0, -80.0, 0.0), point(0.0, 0.0, 50.0)];
        let cloud = dense.points().iter().copied().chain(lone).collect();
        assert_eq!(run(&cloud, &OutlierParams::default()), dense);
    }

    #[test]
    fn degenerate_clouds_stay_finite_and_equal_points_all_stay() {
        for cloud in degenerate_clouds() {
            assert!(run(&cloud, &OutlierParams::default()).len() <= cloud.len());
        }
        let equal = Cloud::from_iter(vec![point(0.1, 0.2, 0.3); 777]);
        assert_eq!(run(&equal, &OutlierParams::default()), equal);
    }

    #[test]
    fn parameters_outside_their_range_are_named_and_never_panic() {
        let params = OutlierParams { neighbours: 0, ..OutlierParams::default() };
        assert_eq!(params.validate().unwrap_err().to_string(), "neighbours is 0, allowed is 1 to 128");
        let cloud = random_cloud(8, 50, 5.0);
        for neighbours in [0, usize::MAX] {
            run(&cloud, &OutlierParams { neighbours, std_ratio: f32::NAN });
        }
    }
}
