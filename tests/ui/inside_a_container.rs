use metrics_core::timed;

struct Voxel;

#[timed]
impl Voxel {
    #[timed(nam = "size")]
    fn size(&self) -> u8 {
        1
    }

    #[timed]
    const fn count() -> u8 {
        1
    }
}

#[timed]
mod shapes {
    use metrics_core::timed;

    pub trait Shape {
        #[timed]
        fn sides() -> u8;
    }
}

#[timed("voxels")]
impl shapes::Shape for Voxel {
    fn sides() -> u8 {
        6
    }
}

fn main() {
    let _: u8 = Voxel.size() + Voxel::count() + <Voxel as shapes::Shape>::sides();
}
