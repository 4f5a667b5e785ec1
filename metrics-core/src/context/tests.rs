use std::future::Future;
use std::pin::{Pin, pin};
use std::task::{Context as Task, Poll, Waker};
use std::thread;
use std::time::Duration;

use super::*;
use crate::registry::Registry;

/// Is polled twice.
struct TwoPolls(bool);

impl Future for TwoPolls {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, _: &mut Task<'_>) -> Poll<()> {
        record_db_query();
        if std::mem::replace(&mut self.0, true) { Poll::Ready(()) } else { Poll::Pending }
    }
}

#[test]
fn queries_belong_to_whom_the_thread_works_for() {
    record_db_query(); // for nobody
    let (outer, inner) = (RequestContext::begin(), RequestContext::begin());
    {
        let _outer = outer.enter();
        record_db_query();
        {
            let _inner = inner.enter();
            record_db_queries(5);
        }
        record_db_query();
    }
    record_db_query(); // for nobody
    assert_eq!((outer.db_queries(), inner.db_queries()), (2, 5));
}

#[test]
fn a_scope_lasts_for_each_poll_and_no_longer() {
    let request = RequestContext::begin();
    let mut future = {
        let _at_work = request.enter();
        pin!(current().scope(TwoPolls(false)))
    };
    let mut task = Task::from_waker(Waker::noop());
    assert!(future.as_mut().poll(&mut task).is_pending());
    record_db_query(); // for nobody, in between
    assert!(future.as_mut().poll(&mut task).is_ready());
    assert_eq!(request.db_queries(), 2);
}

#[test]
fn a_context_that_outlives_its_request_counts_for_nobody() {
    let mut request = RequestContext::begin();
    let context = {
        let _at_work = request.enter();
        current()
    };
    assert_eq!(request.end().queries, 0);
    let next = RequestContext::begin();
    {
        let _at_work = context.enter();
        record_db_query();
    }
    assert_eq!(next.db_queries(), 0);
}

#[test]
fn a_panic_puts_the_context_back() {
    let request = RequestContext::begin();
    let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        let _at_work = request.enter();
        panic!("on purpose");
    }));
    assert!(panicked.is_err());
    record_db_query();
    assert_eq!(request.db_queries(), 0);
}

#[test]
fn only_its_owner_counts_what_is_read_of_a_body() {
    let (registry, _time) = Registry::mock();
    let request = registry.begin_request("GET", "/api/x");
    let body = request.body_bytes();
    let context = {
        let _at_work = request.context().enter();
        body.read(100);
        current()
    };
    body.read(10); // while nobody works for it
    {
        let _at_work = context.enter(); // as a task it spawned
        body.read(1);
    }
    let late = || registry.routes()[0].late_request_bytes_total;
    assert_eq!(late(), 11);
    request.answered_in_full(200);
    assert_eq!(registry.routes()[0].request_bytes_total, 100);
    let next = registry.begin_request("GET", "/api/y");
    let _at_work = next.context().enter();
    body.read(1_000); // its request is over, and another has the memory
    BodyBytes::nobody().read(5);
    assert_eq!((late(), next.context().db_queries()), (1_011, 0));
}

#[test]
fn marks_are_those_of_the_owner_at_work() {
    let request = RequestContext::begin();
    request.set_mark([7, 8, 9]);
    assert_eq!(current_mark(), [0; 3]);
    let context = {
        let _at_work = request.enter();
        assert_eq!(current_mark(), [7, 8, 9]);
        current()
    };
    {
        let _at_work = context.enter();
        assert_eq!(current_mark(), [0; 3]);
    }
    drop(request);
    let next = RequestContext::begin(); // has the same memory, and no layer marks it
    let _at_work = next.enter();
    assert_eq!(current_mark()[0], 0, "without the first word the others tell nothing");
}

/// A guard that is held beyond the end of its request.
#[test]
fn what_an_ended_request_left_is_not_the_next_ones() {
    let (registry, _time) = Registry::mock();
    let first = registry.begin_request("POST", "/api/x");
    let body = first.body_bytes();
    let _at_work = first.context().enter();
    first.answered_in_full(200);
    let second = registry.begin_request("POST", "/api/y"); // has the same memory
    second.context().set_mark([7, 8, 9]);
    body.read(1_000);
    assert_eq!(current_mark(), [0; 3]);
    second.answered_in_full(200);
    let seen: Vec<_> = registry
        .routes()
        .iter()
        .map(|route| (route.request_bytes_total, route.late_request_bytes_total))
        .collect();
    assert_eq!(seen, [(0, 1_000), (0, 0)]);
}

/// Each asks for itself, and hears nothing of what was done for the one before.
#[test]
fn timed_calls_are_those_of_a_request_that_asked() {
    let (registry, _time) = Registry::mock();
    let series = registry.node("crop").series().unwrap();
    let calls = |request: &RequestContext| request.timed_calls().iter().map(|timed| timed.calls).sum::<u64>();
    let mut first = RequestContext::begin();
    first.report_calls();
    let late = {
        let _at_work = first.enter();
        report_call::<crate::record::Nodes>(series, 5);
        current()
    };
    assert_eq!((first.reports_calls(), calls(&first)), (true, 1));
    drop(first);
    let mut second = RequestContext::begin(); // has the same memory
    assert_eq!((second.reports_calls(), calls(&second)), (false, 0));
    second.report_calls();
    {
        let _at_work = late.enter();
        report_call::<crate::record::Nodes>(series, 5);
    }
    assert_eq!((second.reports_calls(), calls(&second)), (true, 0));
}

/// On the process's clock, by which short requests end in the state in which they began.
#[test]
fn what_began_before_evictions_is_told_of_afterwards() {
    let registry = Registry::default();
    let mut request = registry.begin_request("GET", "/api/x");
    request.report_calls();
    {
        let _at_work = request.context().enter();
        report_call::<crate::record::Nodes>(registry.node("crop").series().unwrap(), 5);
    }
    for _ in 0..2 {
        registry.node("idle").record(Duration::from_millis(1), 0);
        registry.evict_idle_nodes(Duration::ZERO);
    }
    let names = request.context().timed_calls().into_iter().map(|timed| timed.name);
    assert_eq!(names.collect::<Vec<_>>(), ["crop"]);
    request.failed();
    let failed = registry.notable_requests().errors.into_iter().map(|request| request.path);
    assert_eq!(failed.collect::<Vec<_>>(), ["/api/x"]);
}

#[test]
fn nodes_nest_and_come_back() {
    let (registry, _time) = Registry::mock();
    let (outer, inner) = (registry.node("outer"), registry.node("inner"));
    assert_eq!(current_node(), SeriesId::NONE);
    let in_outer = Context::nobody().with_node(&outer).enter();
    assert_eq!(Some(current_node()), outer.series());
    {
        let _in_inner = InNode::enter(inner.series().unwrap());
        assert_eq!(Some(current_node()), inner.series());
    }
    assert_eq!(Some(current_node()), outer.series());
    drop(in_outer);
    assert_eq!(current_node(), SeriesId::NONE);
}

/// Many threads count for one request while it ends: what was counted in time is in its sum, and nothing reaches the next.
#[test]
fn a_race_for_the_end_loses_nothing() {
    const THREADS: usize = 4;
    for _ in 0..200 {
        let mut request = RequestContext::begin();
        let context = {
            let _at_work = request.enter();
            current()
        };
        let counted = thread::scope(|scope| {
            let count = move || {
                let request = context.request.unwrap();
                (0..100).filter(|_| request.add_queries(1)).count()
            };
            let threads: Vec<_> = (0..THREADS).map(|_| scope.spawn(count)).collect();
            let ended = request.end().queries;
            let next = RequestContext::begin();
            let counted: usize = threads.into_iter().map(|thread| thread.join().unwrap()).sum();
            assert_eq!(next.db_queries(), 0);
            (counted, ended)
        });
        assert_eq!(counted.0, counted.1 as usize);
    }
}
