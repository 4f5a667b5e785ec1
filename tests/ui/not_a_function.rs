use metrics_layer::timed;

#[timed]
struct Voxel;

#[timed]
impl Voxel {
    fn size(&self) -> u8 {
        1
    }
}

#[timed]
const COUNT: u8 = 1;

fn main() {
    let _: u8 = Voxel.size() + COUNT;
}
