//! What the macros refuse, with the exact messages and places.

#[test]
fn refusals_say_what_to_do_instead() {
    trybuild::TestCases::new().compile_fail("../tests/ui/*.rs");
}
