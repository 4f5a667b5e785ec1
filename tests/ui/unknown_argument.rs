use metrics_core::{timed, timed_block};

#[timed(nod = "voxel", colour = 3)]
fn typo() {}

fn main() {
    typo();
    let _: u8 = timed_block!("op", nodes = "voxel", { 1 });
}
