//! The operations of the perception chain, each a pure function of its inputs.
//!
//! A value that [`validate`](CropParams::validate) refuses makes no operation panic, but its
//! result then has no meaning.

mod cluster;
mod crop;
mod ground;
mod kdtree;
mod outlier;
mod parameter;
mod plane;
mod voxel;

pub(crate) use self::cluster::{ClusterBox, ClusterParams, bounding_boxes, euclidean_clusters};
pub(crate) use self::crop::{CropParams, crop_box, crop_range};
pub(crate) use self::ground::{GroundParams, ransac_plane, refine_plane, segment_ground};
pub(crate) use self::kdtree::build_kdtree;
pub(crate) use self::outlier::{OutlierParams, knn_mean_distances, statistical_outlier_removal};
pub(crate) use self::parameter::ParameterError;
pub(crate) use self::voxel::{VoxelParams, voxel_downsample};
