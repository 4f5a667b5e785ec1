use metrics_core::timed;

#[timed(points = cloud.len(), node_type = "voxel", node_name = "Voxel")]
fn load(cloud: &[u8]) -> usize {
    cloud.len()
}

fn main() {
    load(&[]);
}
