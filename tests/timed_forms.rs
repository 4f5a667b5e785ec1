//! `#[timed]` and `timed_block!` on every form of function: behaviour as without them, each call seen once.

#![deny(warnings)]

use std::fmt::Display;
use std::future::Future;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use metrics_layer::{timed, timed_block};

use seen::{failures, function_calls, node, operation_calls};

/// The only code here that knows how the store is read.
mod seen {
    use std::sync::OnceLock;

    use metrics_layer::Metrics;
    use metrics_layer::core::DagNodeMetrics;

    fn metrics() -> &'static Metrics {
        static METRICS: OnceLock<Metrics> = OnceLock::new();
        METRICS.get_or_init(|| Metrics::builder().install().expect("installed once"))
    }

    fn find(id: &str) -> Option<DagNodeMetrics> {
        metrics().snapshot().dag.nodes.into_iter().find(|node| node.node_id == id)
    }

    /// Starts recording: a call before this is not seen.
    pub(super) fn on() {
        let _ = metrics();
    }

    /// Calls of the function series of that name.
    pub(super) fn function_calls(name: &str) -> u64 {
        let functions = metrics().registry().functions();
        functions.iter().find(|function| function.name == name).map_or(0, |function| function.calls_total)
    }

    /// `(calls, points of the last call, name, type)` of a node.
    pub(super) fn node(id: &str) -> (u64, u64, String, String) {
        let node = find(id).expect("the node is known");
        (node.calls_total, node.last_point_count, node.node_name, node.node_type)
    }

    /// Calls of a node that failed.
    pub(super) fn failures(id: &str) -> u64 {
        find(id).map_or(0, |node| node.errors)
    }

    /// Calls of an operation of a node.
    pub(super) fn operation_calls(node: &str, operation: &str) -> u64 {
        find(node).and_then(|node| node.open3d_ops.get(operation).map(|op| op.calls)).unwrap_or(0)
    }
}

/// Runs a future that needs no runtime.
fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return output;
        }
    }
}

fn assert_send<T: Send>(value: T) -> T {
    value
}

/// Is pending once, so that a guard is held across an await.
async fn yield_once() {
    let mut polled = false;
    std::future::poll_fn(
        |_| {
            if std::mem::replace(&mut polled, true) { Poll::Ready(()) } else { Poll::Pending }
        },
    )
    .await;
}

macro_rules! assert_calls {
    ($name:literal, $calls:expr) => {
        assert_eq!(function_calls(concat!(module_path!(), "::", $name)), $calls)
    };
}

// Free functions.

#[timed]
#[must_use]
fn add(left: u32, right: u32) -> u32 {
    left + right
}

#[test]
fn default_name_is_the_path_of_the_function() {
    seen::on();
    assert_eq!(add(1, 2), 3);
    assert_eq!(add(3, 4), 7);
    assert_eq!(function_calls("timed_forms::add"), 2);
}

const CONST_NAME: &str = "named by a const";

#[timed("named by a literal")]
fn literal_name() {}

#[timed(name = "named by an argument")]
fn argument_name() {}

#[timed(name = self::CONST_NAME)]
fn const_name() {}

#[timed]
fn r#match() {}

#[test]
fn names_can_be_given() {
    seen::on();
    literal_name();
    argument_name();
    const_name();
    r#match();
    assert_eq!(function_calls("named by a literal"), 1);
    assert_eq!(function_calls("named by an argument"), 1);
    assert_eq!(function_calls(CONST_NAME), 1);
    assert_calls!("match", 1);
}

#[timed]
fn early(parse: &str) -> Result<i32, std::num::ParseIntError> {
    if parse.is_empty() {
        return Ok(-1);
    }
    let number: i32 = parse.parse()?;
    Ok(number * 2)
}

#[test]
fn early_returns_keep_their_meaning() {
    seen::on();
    assert_eq!(early(""), Ok(-1));
    assert_eq!(early("4"), Ok(8));
    assert!(early("x").is_err());
    assert_calls!("early", 3);
}

#[timed]
#[inline]
/// Documented, and generic over everything.
fn generic<'a, T, const N: usize>(
    items: &'a [T; N],
    show: impl Fn(&T) -> String + 'a,
) -> impl Iterator<Item = String> + 'a
where
    T: Display + 'a,
{
    #![allow(clippy::mixed_attributes_style, clippy::needless_collect)]
    let shown: Vec<String> = items.iter().map(show).collect();
    items.iter().zip(shown).map(|(item, shown)| format!("{item}={shown}"))
}

#[timed]
fn destructured(mut total: i32, (left, Pair { right, .. }): (i32, Pair), [first, ..]: [i32; 3]) -> i32 {
    total += left + right + first;
    total
}

struct Pair {
    right: i32,
    _rest: (),
}

#[timed]
extern "C" fn foreign(value: i32) -> i32 {
    value + 1
}

#[timed]
fn diverges() -> ! {
    panic!("never back")
}

#[timed]
fn recursive(depth: u32) -> u32 {
    if depth == 0 { 0 } else { 1 + recursive(depth - 1) }
}

#[timed]
#[track_caller]
fn caller() -> u32 {
    std::panic::Location::caller().line()
}

#[test]
fn free_functions_of_every_kind() {
    seen::on();
    assert_eq!(generic(&[1, 2], |i| (i * 2).to_string()).collect::<Vec<_>>(), ["1=2", "2=4"]);
    assert_eq!(destructured(1, (2, Pair { right: 3, _rest: () }), [4, 0, 0]), 10);
    assert_eq!(foreign(1), 2);
    assert_eq!(recursive(100), 100);
    assert_eq!(caller(), line!());
    assert!(std::panic::catch_unwind(|| diverges()).is_err());
    assert_calls!("generic", 1);
    assert_calls!("destructured", 1);
    assert_calls!("foreign", 1);
    assert_calls!("recursive", 101);
    assert_calls!("diverges", 1);
}

#[timed]
fn panics(message: &'static str) {
    std::panic::panic_any(message);
}

#[test]
fn a_panic_passes_through_and_is_counted() {
    seen::on();
    let payload = std::panic::catch_unwind(|| panics("boom")).unwrap_err();
    assert_eq!(payload.downcast_ref::<&str>(), Some(&"boom"));
    assert_calls!("panics", 1);
}

struct Noisy<'a>(&'static str, &'a std::cell::RefCell<Vec<&'static str>>);

impl Noisy<'_> {
    fn touch(&self) -> u32 {
        0
    }
}

impl Drop for Noisy<'_> {
    fn drop(&mut self) {
        self.1.borrow_mut().push(self.0);
    }
}

macro_rules! drops {
    ($(#[$attribute:meta])* $name:ident) => {
        $(#[$attribute])*
        fn $name<'a>(_first: Noisy<'a>, second: Noisy<'a>, _: Noisy<'a>) -> u32 {
            let log = second.1;
            let _local = Noisy("local", log);
            Noisy("temporary", log).touch()
        }
    };
}

drops!(plain_drops);
drops!(
    #[timed]
    timed_drops
);

#[test]
fn drop_order_is_unchanged() {
    let order = |run: for<'a> fn(Noisy<'a>, Noisy<'a>, Noisy<'a>) -> u32| {
        let log = std::cell::RefCell::default();
        run(Noisy("first", &log), Noisy("second", &log), Noisy("third", &log));
        log.into_inner()
    };
    assert_eq!(order(timed_drops), order(plain_drops));
}

macro_rules! make {
    ($name:ident, $argument:ident: $ty:ty, $body:block) => {
        #[timed]
        fn $name($argument: $ty) -> $ty $body
    };
}

make!(made, value: u8, { value + 1 });

#[test]
fn a_body_from_a_macro() {
    seen::on();
    assert_eq!(made(1), 2);
    assert_calls!("made", 1);
}

// Methods.

#[derive(Clone, Default)]
struct Counter {
    id: String,
    count: usize,
}

impl Counter {
    #[timed("Counter::new")]
    fn new(id: &str) -> Self {
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
    fn form_b_ref(&self, _unused: u8) -> &str {
        &self.id
    }

    #[timed(node = &self.id, points = **ok)]
    fn form_b_mut(&mut self, step: usize) -> Result<&mut usize, String> {
        self.count += step;
        if step == 0 {
            return Err("no step".to_owned());
        }
        Ok(&mut self.count)
    }

    #[timed(node = self.id, points = ok.len())]
    async fn form_b_async(
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

// Async functions.

#[timed]
async fn asynchronous<T: Send>(cell: std::cell::Cell<T>) -> T {
    yield_once().await;
    cell.into_inner()
}

#[timed]
async fn question(text: &str) -> Result<u8, std::num::ParseIntError> {
    yield_once().await;
    let value = text.parse()?;
    Ok(value)
}

#[timed(node = "async send", points = *ret)]
async fn asynchronous_b(cell: std::cell::Cell<u64>) -> u64 {
    yield_once().await;
    cell.into_inner()
}

#[timed(node = "one expression", points = *ret)]
async fn one_expression(value: u64) -> u64 {
    if value == 0 { 1 } else { value }
}

#[timed]
async fn not_send(rc: Rc<u8>) -> u8 {
    yield_once().await;
    *rc
}

#[test]
fn async_functions_stay_send_and_are_timed_to_their_end() {
    seen::on();
    let future = assert_send(asynchronous(std::cell::Cell::new(5)));
    assert_calls!("asynchronous", 0);
    assert_eq!(block_on(future), 5);
    assert_calls!("asynchronous", 1);
    assert_eq!(block_on(assert_send(question("7"))), Ok(7));
    assert!(block_on(question("x")).is_err());
    assert_calls!("question", 2);
    assert_eq!(block_on(assert_send(asynchronous_b(std::cell::Cell::new(9)))), 9);
    assert_eq!(node("async send").1, 9);
    assert_eq!(block_on(one_expression(0)) + block_on(one_expression(4)), 5);
    assert_eq!(node("one expression").1, 4);
    assert_eq!(block_on(not_send(Rc::new(1))), 1);
}

#[test]
fn a_dropped_future_is_counted_if_it_was_polled() {
    #[timed("dropped future")]
    async fn endless() {
        std::future::pending::<()>().await;
    }
    seen::on();
    drop(endless());
    assert_eq!(function_calls("dropped future"), 0);
    {
        let mut future = pin!(endless());
        assert!(future.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    }
    assert_eq!(function_calls("dropped future"), 1);
}

#[timed("tokio inside")]
#[tokio::test]
async fn attribute_above_tokio() {
    seen::on();
    tokio::task::yield_now().await;
}

#[tokio::test]
#[timed("tokio outside")]
async fn attribute_below_tokio() {
    tokio::task::yield_now().await;
}

#[timed("above test")]
#[test]
fn attribute_above_test() {}

#[test]
#[timed("below test")]
fn attribute_below_test() {}

// Nodes.

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

// Blocks.

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

// Hygiene.

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
