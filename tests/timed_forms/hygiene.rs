//! Nothing that the user shadows is used.

use metrics_layer::{timed, timed_block};

use crate::seen::{self, function_calls, node, operation_calls};
use crate::support::block_on;

/// Nothing of the prelude, and what looks like it is something else.
#[forbid(unsafe_code)]
mod bare {
    #![no_implicit_prelude]
    #![allow(dead_code, non_camel_case_types, non_upper_case_globals)]

    use ::metrics_layer::{timed, timed_block};

    enum Option {
        Some,
        None,
    }
    enum Result {
        Ok,
        Err,
    }
    #[allow(unused_imports)]
    use Option::{None, Some};
    #[allow(unused_imports)]
    use Result::{Err, Ok};
    struct str;
    mod core {}
    mod std {}
    mod metrics_layer {}
    mod metrics_core {}
    const timer: u8 = 1;
    const result: u8 = 1;

    #[timed("bare")]
    pub(super) fn form_a(_timer: u8) -> u8 {
        _timer + timer * result
    }

    #[timed(node = "bare", node_name = "Bare", node_type = "shadowed", points = *ok)]
    pub(super) fn form_b(value: u64) -> ::core::result::Result<u64, ()> {
        let half = timed_block!("halve", node = "bare", { value / 2 });
        ::core::result::Result::Ok(half)
    }

    #[timed(node = "bare", points = *ok)]
    pub(super) async fn form_b_async(value: u64) -> ::core::result::Result<u64, ()> {
        ::core::result::Result::Ok(value)
    }
}

#[test]
fn nothing_that_the_user_shadows_is_used() {
    seen::on();
    assert_eq!(bare::form_a(1), 2);
    assert_eq!(bare::form_b(6), Ok(3));
    assert_eq!(node("bare").1, 3);
    assert_eq!(block_on(bare::form_b_async(8)), Ok(8));
    assert_eq!(operation_calls("bare", "halve"), 1);
}

#[timed(name = "by core", crate = metrics_layer)]
fn through_an_override() -> u8 {
    timed_block!("block by override", crate = ::metrics_layer, { 1 })
}

#[test]
fn the_crate_can_be_named() {
    seen::on();
    assert_eq!(through_an_override(), 1);
    assert_eq!(function_calls("by core") + function_calls("block by override"), 2);
}
