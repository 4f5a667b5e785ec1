//! Nodes: what is known on entry, and what the result tells.

use metrics_layer::timed;

use crate::methods::Counter;
use crate::seen::{self, failures, node};
use crate::support::{assert_send, block_on};

struct Cloud(Vec<u8>);

#[timed(node = format!("entry-{}", cloud.0[0]), node_name = "Entry".to_owned(), node_type = kind(), points = cloud.0.len())]
fn consume(cloud: Cloud) -> usize {
    let Cloud(points) = cloud;
    points.into_iter().map(usize::from).sum()
}

fn kind() -> &'static str {
    "voxel"
}

#[test]
fn a_node_is_described_on_entry_so_that_the_body_may_move() {
    seen::on();
    assert_eq!(consume(Cloud(vec![1, 2, 3])), 6);
    assert_eq!(node("entry-1"), (1, 3, "Entry".to_owned(), "voxel".to_owned()));
}

#[test]
fn points_from_the_result_and_failures_from_its_err() {
    seen::on();
    let mut counter = Counter::new("form-b");
    assert_eq!(counter.form_b_ref(0), "form-b");
    assert_eq!(node("form-b").1, 6);
    *counter.form_b_mut(3).unwrap() += 1;
    assert_eq!((node("form-b").1, failures("form-b")), (3, 0));
    assert_eq!(counter.form_b_mut(0), Err("no step".to_owned()));
    assert_eq!((node("form-b").1, failures("form-b")), (0, 1));
    assert_eq!(block_on(assert_send(counter.form_b_async("1"))).unwrap().len(), 5);
    assert_eq!((node("form-b").1, failures("form-b")), (5, 1));
    assert_eq!(block_on(counter.form_b_async("2")).unwrap_err().to_string(), "seven");
    assert!(block_on(counter.form_b_async("x")).is_err());
    assert_eq!((node("form-b").0, failures("form-b")), (6, 3));
}

trait Answer {
    fn answer(&self) -> u8;
}

impl Answer for u8 {
    fn answer(&self) -> u8 {
        *self
    }
}

#[timed(node = "coerced", points = ret.answer())]
fn coerced(value: u8) -> Box<dyn Answer> {
    if value == 0 {
        return Box::new(1u8);
    }
    Box::new(value)
}

#[timed(node = "coerced async", points = ok.answer())]
async fn coerced_async(value: u8) -> Result<Box<dyn Answer>, String> {
    if value == 0 {
        return Ok(Box::new(1u8));
    }
    Ok(Box::new(value))
}

#[timed(node = "impl", points = ok.size_hint().0)]
fn impl_result(text: &str) -> Result<impl Iterator<Item = char> + '_, std::num::ParseIntError> {
    let count: usize = text.parse()?;
    Ok(text.chars().take(count))
}

#[timed(node = "impl async", points = ok.size_hint().0)]
async fn impl_result_async(text: &str) -> Result<impl Iterator<Item = u8>, std::num::ParseIntError> {
    let count: u8 = text.parse()?;
    Ok(0..count)
}

#[timed(node = "err points", points = err.len())]
fn err_points(fail: bool) -> std::result::Result<(), String> {
    if fail { Err("four".to_owned()) } else { Ok(()) }
}

#[timed(node = "form b args", points = ok.len() + extra.0.len())]
fn form_b_arguments(mut values: Vec<u8>, (left, right): (u8, u8), extra: &Cloud) -> Result<Vec<u8>, ()> {
    values.push(left);
    values.push(right);
    values.extend(&extra.0);
    Ok(values)
}

#[test]
fn form_b_keeps_coercions_impl_trait_and_arguments() {
    seen::on();
    assert_eq!(coerced(0).answer() + coerced(7).answer(), 8);
    assert_eq!(node("coerced").1, 7);
    assert!(block_on(coerced_async(0)).is_ok() && block_on(coerced_async(9)).is_ok());
    assert_eq!(node("coerced async").1, 9);
    assert_eq!(impl_result("1").unwrap().count(), 1);
    assert!(impl_result("x").is_err());
    assert_eq!(failures("impl"), 1);
    assert_eq!(block_on(impl_result_async("12")).unwrap().count(), 12);
    assert_eq!(node("impl async").1, 12);
    assert!(err_points(false).is_ok() && err_points(true).is_err());
    assert_eq!((node("err points").1, failures("err points")), (4, 1));
    assert_eq!(form_b_arguments(vec![1], (2, 3), &Cloud(vec![4, 5])), Ok(vec![1, 2, 3, 4, 5]));
    assert_eq!(node("form b args").1, 7);
}
