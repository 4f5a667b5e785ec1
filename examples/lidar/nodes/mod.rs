//! The nodes of the graph. What they do is in [`ops`](crate::ops); here it is put together and its
//! operations are timed.

mod broadcast;
mod clustering;
mod crop;
mod ground;
mod outlier;
mod source;
mod voxel;

pub(crate) use self::broadcast::Broadcast;
pub(crate) use self::clustering::Clustering;
pub(crate) use self::crop::Crop;
pub(crate) use self::ground::GroundSegmentation;
pub(crate) use self::outlier::OutlierRemoval;
pub(crate) use self::source::Source;
pub(crate) use self::voxel::VoxelDownsample;
