// Apart from the other forms, because the crates of this workspace forbid unsafe code.
use metrics_core::timed;

#[timed]
unsafe fn dangerous(value: *const i32) -> i32 {
    // SAFETY: the caller's pointer is valid.
    unsafe { *value }
}

#[timed(node = "unsafe", points = *ret as u64)]
unsafe fn dangerous_b(value: *const i32) -> i32 {
    // SAFETY: the caller's pointer is valid.
    unsafe { *value }
}

#[timed(node = "unsafe")]
async unsafe fn later(value: &i32) -> i32 {
    *value
}

fn main() {
    let value = 5;
    // SAFETY: the pointers are valid.
    assert_eq!(unsafe { dangerous(&value) + dangerous_b(&value) }, 10);
    // SAFETY: nothing is asked.
    drop(unsafe { later(&value) });
}
