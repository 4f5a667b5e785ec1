//! Placeholder of the pipeline: every operation once, with its size and its time.

use std::error::Error;
use std::time::Instant;

use crate::cloud::Cloud;
use crate::ops::{
    ClusterParams, CropParams, GroundParams, OutlierParams, VoxelParams, bounding_boxes, build_kdtree,
    crop_box, crop_range, euclidean_clusters, knn_mean_distances, ransac_plane, refine_plane, segment_ground,
    statistical_outlier_removal, voxel_downsample,
};

/// Runs crop, downsampling, outlier removal, ground segmentation and clustering on `cloud`.
pub(crate) fn run(cloud: &Cloud) -> Result<(), Box<dyn Error>> {
    let near = crop(cloud)?;
    let thin = downsample(&near)?;
    let clean = remove_outliers(&thin)?;
    let obstacles = remove_ground(&clean)?;
    cluster(&obstacles)
}

fn crop(cloud: &Cloud) -> Result<Cloud, Box<dyn Error>> {
    let params = CropParams::default();
    params.validate()?;
    let ring = timed("crop_range", || crop_range(cloud, &params));
    let near = timed("crop_box", || crop_box(&ring, &params));
    println!("crop: {} of {} points", near.len(), cloud.len());
    Ok(near)
}

fn downsample(cloud: &Cloud) -> Result<Cloud, Box<dyn Error>> {
    let params = VoxelParams::default();
    params.validate()?;
    let thin = timed("voxel_downsample", || voxel_downsample(cloud, &params));
    println!("voxel: {} points", thin.len());
    Ok(thin)
}

fn remove_outliers(cloud: &Cloud) -> Result<Cloud, Box<dyn Error>> {
    let params = OutlierParams::default();
    params.validate()?;
    let index = timed("build_kdtree", || build_kdtree(cloud))?;
    let distances = timed("knn_mean_distances", || {
        knn_mean_distances(cloud, &index, params.neighbours)
    });
    let clean = timed("statistical_outlier_removal", || {
        statistical_outlier_removal(cloud, &distances, &params)
    });
    println!("outlier: {} points", clean.len());
    Ok(clean)
}

fn remove_ground(cloud: &Cloud) -> Result<Cloud, Box<dyn Error>> {
    let params = GroundParams::default();
    params.validate()?;
    let Some(rough) = timed("ransac_plane", || ransac_plane(cloud, &params)) else {
        println!("ground: none found");
        return Ok(cloud.clone());
    };
    let plane = timed("refine_plane", || refine_plane(cloud, &rough, &params));
    let split = timed("segment_ground", || segment_ground(cloud, &plane, &params));
    println!(
        "ground: {} points on {plane:?}, {} obstacles",
        split.ground.len(),
        split.obstacles.len()
    );
    Ok(split.obstacles)
}

fn cluster(cloud: &Cloud) -> Result<(), Box<dyn Error>> {
    let params = ClusterParams::default();
    params.validate()?;
    let index = timed("build_kdtree", || build_kdtree(cloud))?;
    let clusters = timed("euclidean_clusters", || {
        euclidean_clusters(cloud, &index, &params)
    });
    let boxes = timed("bounding_boxes", || bounding_boxes(cloud, &clusters));
    println!("cluster: {} clusters", boxes.len());
    if let Some(largest) = boxes.iter().max_by_key(|cluster| cluster.points) {
        println!("largest: {} points in {:?}", largest.points, largest.bounds);
    }
    Ok(())
}

/// Runs `operation` and prints how long it took.
pub(crate) fn timed<T>(name: &str, operation: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let result = operation();
    println!("  {name}: {:.2} ms", start.elapsed().as_secs_f64() * 1e3);
    result
}
