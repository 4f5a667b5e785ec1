//! Spatial index over a cloud.

use std::num::NonZero;

use kiddo::kd_tree::ConstructionError;
use kiddo::{ImmutableKdTree, SquaredEuclidean};

use crate::cloud::{Cloud, Point};

/// A kd-tree whose items are the positions of points in the indexed cloud.
#[derive(Debug)]
pub(crate) struct PointIndex {
    tree: ImmutableKdTree<f32, 3>,
}

/// Indexes `cloud`.
///
/// # Errors
///
/// The cloud has more than 2^32 points.
///
/// # Cost
///
/// O(n log n); holds a copy of the positions.
pub(crate) fn build_kdtree(cloud: &Cloud) -> Result<PointIndex, ConstructionError> {
    let positions: Vec<_> = cloud.points().iter().map(Point::position).collect();
    let tree = ImmutableKdTree::new_from_slice(&positions)?;
    Ok(PointIndex { tree })
}

// === impl PointIndex ===

impl PointIndex {
    /// Distances in metres from `point` to its `count` nearest points, nearest first.
    ///
    /// An indexed point is its own nearest one, at distance 0. Fewer come back if the cloud has
    /// fewer.
    ///
    /// # Cost
    ///
    /// O(log n) unless thousands of points coincide, which all have to be looked at.
    pub(crate) fn nearest_m(&self, point: &Point, count: NonZero<usize>) -> impl Iterator<Item = f32> {
        // More than there are would only reserve memory.
        let count = count.min(NonZero::new(self.tree.size()).unwrap_or(NonZero::<usize>::MIN));
        let position = point.position();
        let query = self.tree.query(&position).nearest_n::<SquaredEuclidean<f32>>(count);
        query.execute().into_iter().map(|found| found.distance.sqrt())
    }

    /// Calls `visit` with the position of every point at most `radius_m` from `point`, in no
    /// particular order.
    pub(crate) fn for_each_within(&self, point: &Point, radius_m: f32, mut visit: impl FnMut(usize)) {
        let position = point.position();
        let query = self.tree.query(&position).within::<SquaredEuclidean<f32>>(radius_m * radius_m);
        query.unsorted().without_points().visit(|found| visit(found.item as usize));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{degenerate_clouds, distance_m, point, random_cloud};

    /// No two points of the regular clouds are this far apart, so that rounding decides nothing.
    const RADIUS_M: f32 = 1.53;

    fn clouds() -> Vec<Cloud> {
        let mut clouds = degenerate_clouds();
        clouds.extend(
            [(1, 40, 5.0), (2, 700, 5.0), (3, 1500, 100.0)].map(|(s, n, side)| random_cloud(s, n, side)),
        );
        clouds
    }

    #[test]
    fn nearest_distances_agree_with_brute_force() {
        for cloud in clouds() {
            let index = build_kdtree(&cloud).unwrap();
            for query in cloud.points().iter().step_by(7) {
                let mut expected: Vec<_> = cloud.points().iter().map(|p| distance_m(p, query)).collect();
                expected.sort_by(f64::total_cmp);
                expected.truncate(9);
                let found: Vec<_> = index.nearest_m(query, NonZero::new(9).unwrap()).collect();
                assert_eq!(found.len(), expected.len());
                let close = |(a, b): (&f32, &f64)| (f64::from(*a) - b).abs() <= 1e-5 * b.max(1.0);
                assert!(found.iter().zip(&expected).all(close), "{found:?} is not {expected:?}");
            }
        }
    }

    #[test]
    fn points_within_agree_with_brute_force() {
        for cloud in clouds() {
            let index = build_kdtree(&cloud).unwrap();
            for query in cloud.points().iter().step_by(7) {
                let mut found = Vec::new();
                index.for_each_within(query, RADIUS_M, |position| found.push(position));
                found.sort_unstable();
                let near = |i: &usize| distance_m(&cloud.points()[*i], query) <= f64::from(RADIUS_M);
                let expected: Vec<_> = (0..cloud.len()).filter(near).collect();
                assert_eq!(found, expected);
            }
        }
    }

    #[test]
    fn empty_index_finds_nothing() {
        let index = build_kdtree(&Cloud::default()).unwrap();
        assert_eq!(index.nearest_m(&point(0.0, 0.0, 0.0), NonZero::<usize>::MIN).count(), 0);
        index.for_each_within(&point(0.0, 0.0, 0.0), 1.0, |_| panic!("found a point in an empty cloud"));
    }
}
