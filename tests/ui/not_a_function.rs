use metrics_core::timed;

#[timed]
struct Voxel;

#[timed]
const COUNT: u8 = 1;

#[timed]
unsafe extern "C" {
    fn size() -> u8;
}

#[timed]
macro_rules! sizes {
    () => {};
}

fn main() {
    let _ = (Voxel, COUNT, size as unsafe extern "C" fn() -> u8);
    sizes!();
}
