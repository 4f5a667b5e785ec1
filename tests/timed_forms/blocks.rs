//! Blocks.

use metrics_layer::timed_block;

use crate::seen::{self, function_calls, operation_calls};
use crate::support::{assert_send, block_on, yield_once};

const DOWNSAMPLE: &str = "voxel_downsample";

fn operations(id: &str, text: &str) -> Result<usize, std::num::ParseIntError> {
    let length = timed_block!(DOWNSAMPLE, node = id, { text.len() });
    let number: usize = timed_block!("parse", node = id, { text.parse() })?;
    timed_block!("return", node = id, {
        if number == 0 {
            return Ok(length);
        }
    });
    timed_block!("question", node = id, {
        "1".parse::<u8>()?;
        Ok(number + length)
    })
}

#[test]
fn operations_of_a_node() {
    seen::on();
    assert_eq!(operations("ops", "12"), Ok(14));
    assert_eq!(operations("ops", "0"), Ok(1));
    assert!(operations("ops", "x").is_err());
    assert_eq!(operation_calls("ops", DOWNSAMPLE), 3);
    assert_eq!(operation_calls("ops", "parse"), 3);
    assert_eq!(operation_calls("ops", "return"), 2);
    assert_eq!(operation_calls("ops", "question"), 1);
}

#[test]
fn loops_and_labels_see_through_a_block() {
    seen::on();
    let mut rounds = 0;
    'outer: loop {
        for _ in 0..3 {
            timed_block!("looped", {
                rounds += 1;
                if rounds == 1 {
                    continue;
                }
                if rounds == 4 {
                    break 'outer;
                }
            });
        }
    }
    let value = timed_block!("labelled", 'a: {
        if rounds == 4 {
            break 'a "broken";
        }
        "whole"
    });
    assert_eq!(value, "broken");
    assert_eq!(function_calls("looped"), 4);
    assert_eq!(function_calls("labelled"), 1);
}

#[test]
fn a_block_is_an_expression_like_its_own() {
    seen::on();
    let extended: &String = timed_block!("extended", { &String::from("lives on") });
    let nested = 1 + timed_block!("outer", { timed_block!("inner", { 2 }) + 3 });
    let inferred: Vec<u8> =
        timed_block!("inferred", { "1 2".split(' ').map(|n| n.parse().unwrap()).collect() });
    assert_eq!((extended.as_str(), nested, inferred), ("lives on", 6, vec![1, 2]));
    assert_eq!(function_calls("outer") + function_calls("inner"), 2);
}

/// No lint asks for its braces to be left out, which it would not compile without: warnings are errors here.
#[test]
fn a_block_of_one_expression_keeps_its_braces() {
    seen::on();
    let whole = timed_block!("whole", points = *ret, { u64::MAX.count_ones() });
    let arm: Result<Vec<u8>, ()> = timed_block!("arm", points = ok.len(), { Ok(vec![1, 2]) });
    assert_eq!((whole, arm), (64, Ok(vec![1, 2])));
    assert_eq!(function_calls("whole") + function_calls("arm"), 2);
}

#[test]
fn async_blocks_are_timed_from_their_first_poll() {
    seen::on();
    let id = "async ops".to_owned();
    block_on(async {
        let borrowed = timed_block!("borrowed", node = id, async {
            yield_once().await;
            id.len()
        });
        assert_eq!(borrowed.await, 9);
        let unpolled = timed_block!("unpolled", node = id, async {});
        drop(unpolled);
        let moved = timed_block!("moved", node = &id, async move {
            yield_once().await;
            id.parse::<u8>()?;
            Ok::<u8, std::num::ParseIntError>(0)
        });
        assert!(assert_send(moved).await.is_err());
    });
    assert_eq!(operation_calls("async ops", "borrowed"), 1);
    assert_eq!(operation_calls("async ops", "unpolled"), 0);
    assert_eq!(operation_calls("async ops", "moved"), 1);
}
