//! Grouping points into objects.

use serde::{Deserialize, Serialize};

use super::kdtree::PointIndex;
use super::parameter::{ParameterError, check_range};
use crate::cloud::{Bounds, Cloud};

/// Largest limit on the size of a cluster: a whole scan.
const MAX_CLUSTER_POINTS: usize = 10_000_000;

/// Which points belong together.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct ClusterParams {
    /// Largest gap between neighbours of one cluster, in metres.
    pub(crate) tolerance_m: f32,
    /// Fewest points of a cluster; smaller groups are noise.
    pub(crate) min_points: usize,
    /// Most points of a cluster; larger groups are background.
    pub(crate) max_points: usize,
}

/// Which cluster each point belongs to.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Clusters {
    /// One label per point, 0 to `count` − 1; `None` for noise and background.
    pub(crate) labels: Vec<Option<u32>>,
    /// Number of clusters.
    pub(crate) count: u32,
}

/// Extent and size of one cluster.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct ClusterBox {
    pub(crate) bounds: Bounds,
    pub(crate) points: usize,
}

/// Region growing over one cloud.
struct Grower<'a> {
    cloud: &'a Cloud,
    index: &'a PointIndex,
    tolerance_m: f32,
    visited: Vec<bool>,
}

// === impl ClusterParams ===

impl Default for ClusterParams {
    fn default() -> Self {
        Self { tolerance_m: 0.5, min_points: 10, max_points: 20_000 }
    }
}

impl ClusterParams {
    /// Checks every field.
    ///
    /// # Errors
    ///
    /// `tolerance_m` is outside 0.01 to 5 m, `max_points` outside 1 to 10 000 000 or `min_points`
    /// outside 1 to `max_points`.
    pub(crate) fn validate(&self) -> Result<(), ParameterError> {
        check_range("tolerance_m", self.tolerance_m, 0.01..=5.0)?;
        check_range("max_points", self.max_points, 1..=MAX_CLUSTER_POINTS)?;
        check_range("min_points", self.min_points, 1..=self.max_points)
    }
}

/// Groups points that are connected by gaps of at most `tolerance_m`.
///
/// # Shape
///
/// `index` must have been built from `cloud`. Clusters are numbered in the order of their first
/// points, so the same input always gives the same labels.
///
/// # Cost
///
/// One radius search per point, O(n · neighbours): downsample first, so that the neighbours
/// within the tolerance stay few.
///
/// # Source
///
/// Rusu, "Semantic 3D Object Maps", 2009, and PCL's `EuclideanClusterExtraction`.
pub(crate) fn euclidean_clusters(cloud: &Cloud, index: &PointIndex, params: &ClusterParams) -> Clusters {
    let mut grower = Grower::new(cloud, index, params.tolerance_m);
    let mut clusters = Clusters { labels: vec![None; cloud.len()], count: 0 };
    for seed in 0..cloud.len() {
        let members = grower.grow(seed);
        if !members.is_empty() && (params.min_points..=params.max_points).contains(&members.len()) {
            clusters.push(&members);
        }
    }
    clusters
}

/// Extent and size of each cluster, in the order of the labels.
///
/// # Cost
///
/// One pass over the cloud.
pub(crate) fn bounding_boxes(cloud: &Cloud, clusters: &Clusters) -> Vec<ClusterBox> {
    let mut boxes: Vec<Option<ClusterBox>> = vec![None; clusters.count as usize];
    for (point, label) in cloud.points().iter().zip(&clusters.labels) {
        let Some(slot) = label.and_then(|label| boxes.get_mut(label as usize)) else {
            continue;
        };
        *slot = Some(match *slot {
            Some(known) => ClusterBox { bounds: known.bounds.include(point), points: known.points + 1 },
            None => ClusterBox { bounds: Bounds::around(point), points: 1 },
        });
    }
    // Every label was given to at least one point: nothing is lost here.
    boxes.into_iter().flatten().collect()
}

// === impl Clusters ===

impl Clusters {
    fn push(&mut self, members: &[usize]) {
        for member in members {
            self.labels[*member] = Some(self.count);
        }
        self.count += 1;
    }
}

// === impl Grower ===

impl<'a> Grower<'a> {
    fn new(cloud: &'a Cloud, index: &'a PointIndex, tolerance_m: f32) -> Self {
        Self { cloud, index, tolerance_m, visited: vec![false; cloud.len()] }
    }

    /// All points connected to `seed`; none if it was reached before.
    fn grow(&mut self, seed: usize) -> Vec<usize> {
        let mut members = Vec::new();
        self.reach(seed, &mut members);
        let mut next = 0;
        while next < members.len() {
            self.reach_neighbours(members[next], &mut members);
            next += 1;
        }
        members
    }

    fn reach_neighbours(&mut self, member: usize, members: &mut Vec<usize>) {
        let (cloud, index) = (self.cloud, self.index);
        let point = &cloud.points()[member];
        index.for_each_within(point, self.tolerance_m, |neighbour| {
            self.reach(neighbour, members);
        });
    }

    fn reach(&mut self, position: usize, members: &mut Vec<usize>) {
        // The index of another cloud may name points that this one does not have.
        let Some(visited) = self.visited.get_mut(position) else {
            return;
        };
        if !std::mem::replace(visited, true) {
            members.push(position);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;
    use crate::ops::build_kdtree;
    use crate::testing::{degenerate_clouds, distance_m, point, random_cloud};

    fn run(cloud: &Cloud, params: &ClusterParams) -> Clusters {
        euclidean_clusters(cloud, &build_kdtree(cloud).unwrap(), params)
    }

    /// Union-find over all pairs of points.
    fn oracle(cloud: &Cloud, params: &ClusterParams) -> Clusters {
        let mut parent: Vec<usize> = (0..cloud.len()).collect();
        for a in 0..cloud.len() {
            for b in 0..a {
                if distance_m(&cloud.points()[a], &cloud.points()[b]) <= f64::from(params.tolerance_m) {
                    let (a, b) = (root(&parent, a), root(&parent, b));
                    parent[a.max(b)] = a.min(b);
                }
            }
        }
        number(&(0..cloud.len()).map(|i| root(&parent, i)).collect::<Vec<_>>(), params)
    }

    fn root(parent: &[usize], mut i: usize) -> usize {
        while parent[i] != i {
            i = parent[i];
        }
        i
    }

    /// Labels the groups of accepted size in the order of their roots, their first points.
    fn number(roots: &[usize], params: &ClusterParams) -> Clusters {
        let mut labels = HashMap::new();
        for i in 0..roots.len() {
            let size = roots.iter().filter(|root| **root == i).count();
            if size > 0 && (params.min_points..=params.max_points).contains(&size) {
                labels.insert(i, labels.len() as u32);
            }
        }
        let count = labels.len() as u32;
        Clusters { labels: roots.iter().map(|root| labels.get(root).copied()).collect(), count }
    }

    #[test]
    fn labels_agree_with_union_find_over_all_pairs() {
        let params = ClusterParams { tolerance_m: 0.9, min_points: 3, max_points: 60 };
        for seed in 0..8 {
            let cloud = random_cloud(seed, 500, 12.0);
            assert_eq!(run(&cloud, &params), oracle(&cloud, &params));
        }
        for cloud in degenerate_clouds() {
            assert_eq!(run(&cloud, &params), oracle(&cloud, &params));
        }
    }

    #[test]
    fn two_blocks_get_tight_boxes_and_noise_none() {
        let block =
            |x: f32| (0..27).map(move |i| point(x + (i % 3) as f32, (i / 3 % 3) as f32, (i / 9) as f32));
        let cloud = block(0.0).chain([point(50.0, 0.0, 0.0)]).chain(block(20.0)).collect();
        let clusters = run(&cloud, &ClusterParams { tolerance_m: 1.1, ..ClusterParams::default() });
        assert_eq!((clusters.labels[0], clusters.labels[27], clusters.labels[28]), (Some(0), None, Some(1)));
        let boxes = bounding_boxes(&cloud, &clusters);
        let expected = |x: f32| ClusterBox {
            bounds: Bounds { min: [x, 0.0, 0.0], max: [x + 2.0, 2.0, 2.0] },
            points: 27,
        };
        assert_eq!(boxes, [expected(0.0), expected(20.0)]);
    }

    #[test]
    fn index_of_another_cloud_never_panics() {
        let (small, large) = (random_cloud(1, 50, 2.0), random_cloud(2, 500, 2.0));
        let foreign = build_kdtree(&large).unwrap();
        let clusters = euclidean_clusters(&small, &foreign, &ClusterParams::default());
        assert_eq!(clusters.labels.len(), small.len());
        bounding_boxes(&Cloud::default(), &clusters);
    }

    #[test]
    fn parameters_outside_their_range_are_named_and_never_panic() {
        let params = ClusterParams { min_points: 9, max_points: 5, ..ClusterParams::default() };
        assert_eq!(params.validate().unwrap_err().to_string(), "min_points is 9, allowed is 1 to 5");
        let cloud = random_cloud(9, 50, 5.0);
        for tolerance_m in [-1.0, 0.0, f32::NAN, f32::INFINITY] {
            run(&cloud, &ClusterParams { tolerance_m, min_points: 0, max_points: 0 });
        }
    }
}
