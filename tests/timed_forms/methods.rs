//! Methods with every receiver, and trait methods.

use std::pin::Pin;
use std::sync::Arc;

use metrics_layer::timed;

use crate::seen::{self, function_calls};
use crate::support::{block_on, yield_once};

#[derive(Clone, Default)]
pub(crate) struct Counter {
    id: String,
    count: usize,
}

impl Counter {
    #[timed("Counter::new")]
    pub(crate) fn new(id: &str) -> Self {
        Self { id: id.to_owned(), count: 0 }
    }

    #[timed("Counter::by_ref")]
    fn by_ref(&self) -> &str {
        &self.id
    }

    #[timed("Counter::by_mut")]
    fn by_mut(&mut self) -> &mut usize {
        self.count += 1;
        &mut self.count
    }

    #[timed("Counter::by_value")]
    fn by_value(mut self) -> Self {
        self.count += 1;
        self
    }

    #[timed("Counter::by_box")]
    #[allow(clippy::boxed_local)]
    fn by_box(self: Box<Self>) -> usize {
        self.count
    }

    #[timed("Counter::by_arc")]
    fn by_arc(self: Arc<Self>) -> usize {
        Arc::strong_count(&self)
    }

    #[timed("Counter::by_pin")]
    fn by_pin(mut self: Pin<&mut Self>) -> usize {
        self.count += 1;
        self.count
    }

    #[timed(node = self.id, node_type = "counter", points = ret.len())]
    pub(crate) fn form_b_ref(&self, _unused: u8) -> &str {
        &self.id
    }

    #[timed(node = &self.id, points = **ok)]
    pub(crate) fn form_b_mut(&mut self, step: usize) -> Result<&mut usize, String> {
        self.count += step;
        if step == 0 {
            return Err("no step".to_owned());
        }
        Ok(&mut self.count)
    }

    #[timed(node = self.id, points = ok.len())]
    pub(crate) async fn form_b_async(
        &mut self,
        text: &str,
    ) -> Result<Vec<u8>, Box<dyn std::error::Error + Send + Sync>> {
        yield_once().await;
        self.count += text.parse::<usize>()?;
        if self.count == 7 {
            return Err("seven".into());
        }
        Ok(vec![0; self.count])
    }
}

#[test]
fn methods_with_every_receiver() {
    seen::on();
    let mut counter = Counter::new("receivers");
    assert_eq!(counter.by_ref(), "receivers");
    *counter.by_mut() += 1;
    let mut counter = counter.by_value();
    assert_eq!(Pin::new(&mut counter).by_pin(), 4);
    assert_eq!(Box::new(counter.clone()).by_box(), 4);
    assert_eq!(Arc::new(counter).by_arc(), 1);
    for receiver in ["new", "by_ref", "by_mut", "by_value", "by_box", "by_arc", "by_pin"] {
        assert_eq!(function_calls(&format!("Counter::{receiver}")), 1, "{receiver}");
    }
}

trait Shape {
    const SIDES: u32;

    fn sides(&self) -> u32;

    #[timed("Shape::doubled")]
    fn doubled(&self) -> u32 {
        self.sides() * 2
    }

    async fn later(&self) -> u32;
}

struct Square;

impl Shape for Square {
    const SIDES: u32 = 4;

    #[timed("Square::sides")]
    fn sides(&self) -> u32 {
        Self::SIDES
    }

    #[timed("Square::later")]
    async fn later(&self) -> u32 {
        yield_once().await;
        self.sides()
    }
}

#[test]
fn trait_methods_implemented_and_provided() {
    seen::on();
    assert_eq!(Square.doubled(), 8);
    assert_eq!(block_on(Square.later()), 4);
    assert_eq!(function_calls("Shape::doubled"), 1);
    assert_eq!(function_calls("Square::sides"), 2);
    assert_eq!(function_calls("Square::later"), 1);
}
