//! A bug that AddressSanitizer must find, so that its silence about the library means something. It is compiled by
//! `ci/verify.sh` alone and part of no crate.

fn main() {
    let freed = {
        let value = Box::new(7_u64);
        &raw const *value
    };
    // SAFETY: none, that is the point.
    println!("{}", unsafe { freed.read_volatile() });
}
