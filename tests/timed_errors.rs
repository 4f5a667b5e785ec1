//! What the macros refuse, with the exact messages and places.

#[test]
fn refusals_say_what_to_do_instead() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("*.rs");
    cases.pass("pass/*.rs");
}
