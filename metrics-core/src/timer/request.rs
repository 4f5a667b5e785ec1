//! A request under way.

use std::cell::Cell;
use std::mem::ManuallyDrop;

use super::SessionTimer;
use crate::clock::counter_ticks;
use crate::context::{BodyBytes, Counted, Notes, RequestContext};
use crate::record::{
    Labels, Routes, SeriesId, Time, now, record, record_queries, resolve, resolve_route, with_hot,
};
use crate::registry::Registry;
use crate::series::{CellKey, Ending, Finished, Protocol, RouteShard, Sample};
use crate::state::{Key, Logged, State, StateId, is_on_counter};

/// A request under way on one route: recorded once, however it ends.
///
/// [`answered`](Self::answered) tells of the response's head, [`finish`](Self::finish) of the end of its body,
/// [`failed`](Self::failed) of an error before either. A request that is dropped without an end was cancelled, or
/// panicked if the drop is part of unwinding (H-14, I-14); when that happens before the head, a panic counts as an
/// answer with 500 and a cancelled request leaves no latency behind.
///
/// It borrows nothing, and may move between threads. The default is a request of nobody, of which nothing is recorded.
///
/// # Examples
/// ```
/// # use std::time::Duration;
/// # let (registry, time) = metrics_core::Registry::mock();
/// let mut request = registry.begin_request("GET", "/api/scans/{id}");
/// time.advance(Duration::from_millis(8));
/// request.answered(200);
/// time.advance(Duration::from_millis(2));
/// request.sent(4096);
/// request.finish();
/// drop(registry.begin_request("GET", "/api/scans/{id}"));
///
/// let head = &registry.snapshot().endpoints[0];
/// assert_eq!((head.calls_total, head.avg_latency_ms, head.last_status_code), (1, 8.0, 200));
/// let whole = &registry.routes()[0];
/// assert_eq!((whole.started_total, whole.outcomes.ok, whole.outcomes.cancelled), (2, 1, 1));
/// assert_eq!((whole.avg_total_ms, whole.response_bytes_total), (5.0, 4096)); // over both
/// ```
#[derive(Debug)]
#[must_use = "a request that is dropped counts as cancelled"]
pub struct RequestTimer {
    /// Of nobody when it has ended, or nothing is recorded. Everything else is in its notes.
    context: RequestContext,
}

/// The status of a request that got no answer because its service failed.
pub(super) const INTERNAL_SERVER_ERROR: u16 = 500;

/// Longer requests look for the state to record into, for theirs may have been replaced meanwhile.
/// Ticks: about 50 ms.
const LONG_TICKS: u64 = 100_000_000;

impl Registry {
    /// Starts timing a request on the route of that method and template, over HTTP/1.1.
    ///
    /// # Cost
    /// As [`begin_request_over`](Self::begin_request_over).
    #[inline]
    pub fn begin_request(&self, method: &str, template: &str) -> RequestTimer {
        self.begin_request_over(Protocol::default(), method, template)
    }

    /// Starts timing a request on the route of that method and template.
    ///
    /// # Cost
    /// As a string key: one hash and one comparison; no lock and no allocation after the calling thread's first
    /// request of that route.
    #[inline]
    pub fn begin_request_over(&self, protocol: Protocol, method: &str, template: &str) -> RequestTimer {
        let series = self.recording_state().and_then(|state| resolve_route(state, method, template));
        series.and_then(|series| RequestTimer::begin(series, self.id(), protocol)).unwrap_or_default()
    }
}

/// What is recorded when a request ends.
#[derive(Clone, Copy)]
struct Ended {
    start: u64,
    end: u64,
    head: Head,
    key: CellKey,
    request_bytes: u64,
    response_bytes: u64,
}

/// What came out of it.
#[derive(Clone, Copy)]
struct Seen {
    whole: Sample,
    /// Whether it may be among the slowest.
    slow: bool,
}

impl Ended {
    #[inline(always)]
    fn write(self, time: Time<'_>, shard: &RouteShard) -> Seen {
        let whole = time.span(self.start, self.end);
        match self.head {
            Head::Done => {}
            Head::Now(status) => shard.record(whole, status >= 500, status),
            Head::Missed => shard.record_cancelled(),
        }
        Seen { whole, slow: shard.exchange().finish(&self.finished(whole.ns)) }
    }

    /// For a series that was not among the thread's last ones. Nothing is told when its state is gone.
    #[cold]
    #[inline(never)]
    fn record(self, series: SeriesId, label: Option<SeriesId>, queries: u32) {
        // What is written with may not change what it captures.
        let seen = Cell::new(None);
        record::<Routes>(series, |time, shard| seen.set(Some(self.write(time, shard))));
        if let Some(seen) = seen.get() {
            self.record_beside(series, seen, label, queries);
        }
    }

    /// What is recorded of it elsewhere than with its route.
    #[inline(always)]
    fn record_beside(self, series: SeriesId, seen: Seen, label: Option<SeriesId>, queries: u32) {
        let Seen { whole, slow } = seen;
        record_queries(series.state(), whole.end, queries.into());
        if let Some(label) = label {
            end_label(SeriesId::new(series.state(), label.index()), &self.finished(whole.ns));
        }
        if slow || self.key.is_failure() {
            note(series, self.key, whole.ns);
        }
    }

    #[inline]
    fn finished(self, ns: u64) -> Finished {
        Finished { key: self.key, ns, request_bytes: self.request_bytes, response_bytes: self.response_bytes }
    }
}

/// What is recorded of the head when a request ends.
#[derive(Clone, Copy)]
enum Head {
    /// It was recorded before.
    Done,
    /// Now, with this status.
    Now(u16),
    /// There was none, and there never will be.
    Missed,
}

impl RequestTimer {
    /// A request begins on that route; `None` when its state is gone.
    #[inline]
    fn begin(route: SeriesId, registry: StateId, protocol: Protocol) -> Option<Self> {
        record::<Routes>(route, |_, shard| shard.exchange().start(protocol.scheme));
        let start = now(route.state())?;
        let context = RequestContext::begin_with(|notes| notes.begin(route, start, registry, protocol));
        Some(Self { context })
    }

    /// The response's head is there, and more will follow; the latency is recorded. A status of 500 or above is a
    /// failure.
    #[inline]
    pub fn answered(&mut self, status: u16) {
        self.answered_with_length(status, None);
    }

    /// As [`answered`](Self::answered), with the length of the body that will follow, bytes, if that is known.
    ///
    /// # Examples
    /// ```
    /// # let (registry, _time) = metrics_core::Registry::mock();
    /// let mut request = registry.begin_request("GET", "/api/scans");
    /// request.answered_with_length(200, Some(4096));
    /// request.sent(4000);
    /// assert!(!request.is_sent());
    /// request.sent(96);
    /// assert!(request.is_sent());
    /// request.finish();
    /// ```
    #[inline]
    pub fn answered_with_length(&mut self, status: u16, length: Option<u64>) {
        let Some(notes) = self.context.notes() else { return };
        notes.announce(length);
        notes.set_key(notes.key().with_status(status));
        let (start, end) = (notes.start(), counter_ticks());
        record::<Routes>(notes.series(), move |time, shard| {
            shard.record(time.span(start, end), status >= 500, status);
        });
    }

    /// The response's head is there, and nothing will follow; ends the request.
    #[inline]
    pub fn answered_in_full(self, status: u16) {
        ManuallyDrop::new(self).end(|key| (key.with_status(status).when_sent(), Head::Now(status)));
    }

    /// Counts the request, from its beginning to its end, by a label of the application's own as well, such as a
    /// tenant. The first call decides.
    ///
    /// Values beyond [`Limits::label_values`](crate::Limits) share one called `other`, so whoever sends them can make
    /// nothing grow.
    ///
    /// # Cost
    /// As a string key, and at the end as another record. A value beyond the limit takes a shared lock.
    ///
    /// # Examples
    /// ```
    /// # let (registry, _time) = metrics_core::Registry::mock();
    /// let mut request = registry.begin_request("GET", "/api/scans");
    /// request.label("tenant", "acme");
    /// request.answered_in_full(200);
    /// let seen = &registry.labels()[0];
    /// assert_eq!((seen.name.as_str(), seen.value.as_str(), seen.outcomes.ok), ("tenant", "acme", 1));
    /// ```
    pub fn label(&mut self, name: &str, value: &str) {
        let Some(notes) = self.context.notes() else { return };
        if notes.label().is_some() {
            return;
        }
        if let Some(label) = resolve::<Labels>(notes.series().state(), Key::two(name, value)) {
            record::<Labels>(label, |_, shard| shard.start(notes.key().protocol().scheme));
            notes.set_label(label);
        }
    }

    /// Bytes of the response's body were sent.
    #[inline]
    pub fn sent(&mut self, bytes: u64) {
        if let Some(notes) = self.context.notes() {
            notes.add_sent(bytes);
        }
    }

    /// Whether the body was sent in the [length](Self::answered_with_length) that was told; false if none was. Servers stop
    /// there, whether or not the body itself says that it is at its end.
    #[inline]
    #[must_use]
    pub fn is_sent(&self) -> bool {
        self.context.notes().is_some_and(Notes::is_sent)
    }

    /// Whether less was sent than the [length](Self::answered_with_length) that was told; false if none was.
    #[inline]
    #[must_use]
    pub fn falls_short(&self) -> bool {
        self.context.notes().is_some_and(Notes::falls_short)
    }

    /// The request as those see it who work for it.
    #[inline]
    #[must_use]
    pub fn context(&self) -> &RequestContext {
        &self.context
    }

    /// Asks for the timed calls that are made for it; see [`RequestContext::report_calls`].
    pub fn report_calls(&mut self) {
        self.context.report_calls();
    }

    /// Counts the bytes of its body that are read.
    #[inline]
    #[must_use]
    pub fn body_bytes(&self) -> BodyBytes {
        self.context.body_bytes(self.context.notes().map_or(SeriesId::NONE, Notes::series))
    }

    /// The gRPC status, of headers or trailers.
    #[inline]
    pub fn grpc_status(&mut self, code: u8) {
        if let Some(notes) = self.context.notes() {
            notes.set_key(notes.key().with_grpc(code));
        }
    }

    /// Ends the request: everything was sent.
    #[inline]
    pub fn finish(self) {
        ManuallyDrop::new(self).end(|key| (key.when_sent(), Head::Done));
    }

    /// Ends the request by an error: of the service, when there was no head, else of the response's body.
    #[inline]
    pub fn failed(self) {
        ManuallyDrop::new(self).end(|key| match key.status() {
            0 => (key.ended(Ending::Service), Head::Now(INTERNAL_SERVER_ERROR)),
            _ => (key.ended(Ending::Body), Head::Done),
        });
    }

    /// The response's head is there, and opens a session: a WebSocket or an event stream. Ends the request, begins
    /// the session.
    #[inline]
    pub fn into_session(self, status: u16) -> SessionTimer {
        let notes = self.context.notes();
        let session = notes.map(|notes| {
            let registry = notes.registry();
            SessionTimer::begin(alive(notes.series(), registry), registry)
        });
        self.answered_in_full(status);
        session.unwrap_or_default()
    }

    /// Ends the request in the way that what is known of its head decides. There is nothing left to drop then.
    #[inline]
    fn end(&mut self, how: impl FnOnce(CellKey) -> (CellKey, Head)) {
        let Some(notes) = self.context.notes() else { return };
        let end = counter_ticks();
        let (start, sent, label) = (notes.start(), notes.sent(), notes.label());
        let series = alive_at(notes, end.saturating_sub(start));
        let (key, head) = how(notes.key());
        // From here on another request may have the notes.
        let Counted { received, queries } = self.context.end();
        let ended = Ended { start, end, head, key, request_bytes: received, response_bytes: sent };
        match with_hot(|hot| hot.find::<Routes>(series)) {
            Some(shard) => {
                let seen = ended.write(Time::Counter, shard);
                ended.record_beside(series, seen, label, queries);
            }
            None => ended.record(series, label, queries),
        }
    }
}

impl Default for RequestTimer {
    fn default() -> Self {
        Self { context: RequestContext::none() }
    }
}

impl Drop for RequestTimer {
    #[inline]
    fn drop(&mut self) {
        if self.context.notes().is_some() {
            self.abandon();
        }
    }
}

impl RequestTimer {
    /// Dropped without an end.
    #[cold]
    fn abandon(&mut self) {
        let panicking = std::thread::panicking();
        self.end(|key| match (panicking, key.status()) {
            (true, 0) => (key.ended(Ending::Panicked), Head::Now(INTERNAL_SERVER_ERROR)),
            (true, _) => (key.ended(Ending::Panicked), Head::Done),
            (false, 0) => (key.ended(Ending::Cancelled), Head::Missed),
            (false, _) => (key.ended(Ending::Cancelled), Head::Done),
        });
    }
}

#[cold]
fn end_label(label: SeriesId, finished: &Finished) {
    record::<Labels>(label, |_, shard| _ = shard.finish(finished));
}

/// The series to record the end into, so many ticks after the beginning. Clocks other than the process's counter are
/// those of tests.
#[inline]
fn alive_at(notes: &Notes, ticks: u64) -> SeriesId {
    let series = notes.series();
    let is_short = is_on_counter(series.state()) && ticks < LONG_TICKS;
    if is_short { series } else { alive(series, notes.registry()) }
}

/// The series in the state that took the place of its own, if that is gone.
#[cold]
#[inline(never)]
pub(super) fn alive(series: SeriesId, registry: StateId) -> SeriesId {
    let heir = State::find_heir(series.state(), registry);
    heir.map_or(series, |state| SeriesId::new(state.id, series.index()))
}

/// Tells the log of a request that failed or may be slow.
#[cold]
#[inline(never)]
fn note(series: SeriesId, key: CellKey, ns: u64) {
    let Some(state) = State::present(series.state()) else { return };
    let Some(row) = state.routes.get(series.index()) else { return };
    let unix_secs = state.clock.unix_now().as_secs_f64();
    let slow_ns = state.requests.offer(Logged { unix_secs, route: row.key.clone(), key, ns });
    record::<Routes>(series, |_, shard| shard.exchange().set_slow(slow_ns));
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::series::{Scheme, Version};

    #[test]
    fn a_panic_is_a_failure_and_a_drop_is_not() {
        let (registry, _time) = Registry::mock();
        let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            let _request = registry.begin_request("GET", "/api/x");
            panic!("on purpose");
        }));
        assert!(result.is_err());
        drop(registry.begin_request("GET", "/api/x"));
        registry.begin_request("GET", "/api/x").failed();
        let seen = &registry.snapshot().endpoints[0];
        assert_eq!((seen.calls_total, seen.last_status_code), (2, 500));
        assert_eq!(registry.route("GET", "/api/x").cancelled_total(), 1);
        let outcomes = registry.routes()[0].outcomes;
        assert_eq!((outcomes.panicked, outcomes.cancelled, outcomes.error, outcomes.ok), (1, 1, 1, 0));
    }

    #[test]
    fn an_end_without_a_head_is_counted_over_every_protocol() {
        let (registry, _time) = Registry::mock();
        for version in [Version::Http10, Version::Http11, Version::Http2, Version::Http3] {
            registry.begin_request_over(Protocol { scheme: Scheme::Http, version }, "GET", "/api/x").finish();
        }
        let seen = &registry.routes()[0];
        assert_eq!((seen.started_total, seen.in_flight, seen.outcomes.ok), (4, 0, 4));
    }

    #[test]
    fn a_length_is_that_of_its_own_request() {
        let (registry, _time) = Registry::mock();
        let mut first = registry.begin_request("GET", "/api/x");
        first.answered_with_length(200, Some(4));
        first.sent(3);
        assert!(first.falls_short() && !first.is_sent());
        first.sent(1);
        assert!(!first.falls_short() && first.is_sent());
        first.finish();
        let next = registry.begin_request("GET", "/api/x");
        assert!(!next.falls_short() && !next.is_sent());
    }

    /// However much begins and ends while it is asked.
    #[test]
    fn what_began_is_in_flight_or_has_ended() {
        let (registry, _time) = Registry::mock();
        let (begun, ending) = std::sync::mpsc::sync_channel(64);
        let beginner = registry.clone();
        let begin = std::thread::spawn(move || {
            (0..20_000).try_for_each(|_| begun.send(beginner.begin_request("GET", "/api/x"))).unwrap();
        });
        let end =
            std::thread::spawn(move || ending.into_iter().for_each(|request| request.answered_in_full(200)));
        while !end.is_finished() {
            for seen in registry.routes() {
                let ok = seen.outcomes.ok;
                assert_eq!(
                    seen.started_total,
                    ok + seen.in_flight,
                    "{ok} ended, {} in flight",
                    seen.in_flight
                );
            }
        }
        begin.join().and(end.join()).unwrap();
        assert_eq!((registry.routes()[0].started_total, registry.routes()[0].in_flight), (20_000, 0));
    }

    /// A session that began in a state long gone does not close one that it did not open.
    #[test]
    fn a_session_opens_where_it_closes() {
        let (registry, time) = Registry::mock();
        let long = registry.begin_request("GET", "/api/ws");
        for n in 0..4 {
            registry.node(&format!("node-{n}")).record(Duration::from_millis(1), 0);
            time.advance(Duration::from_secs(60));
            registry.evict_idle_nodes(Duration::from_secs(30));
        }
        drop(long.into_session(101));
        let _open = registry.begin_request("GET", "/api/ws").into_session(101);
        let sessions = &registry.routes()[0].sessions;
        assert_eq!((sessions.open, sessions.closed_total), (1, 1));
    }

    /// What is in flight comes back to zero, however often idle nodes were forgotten meanwhile.
    #[test]
    fn a_long_request_outlives_the_states_it_began_in() {
        let (registry, time) = Registry::mock();
        let mut request = registry.begin_request("GET", "/api/x");
        let session = registry.begin_request("GET", "/api/ws").into_session(101);
        for n in 0..4 {
            registry.node(&format!("node-{n}")).record(Duration::from_millis(1), 0);
            time.advance(Duration::from_secs(60));
            registry.evict_idle_nodes(Duration::from_secs(30));
        }
        let lost = registry.self_metrics().lost;
        request.answered(200);
        request.finish();
        drop(session);
        let [ws, whole] = &registry.routes()[..] else { panic!("two routes") };
        assert_eq!((whole.started_total, whole.in_flight, whole.outcomes.ok), (1, 0, 1));
        assert_eq!((ws.sessions.open, ws.sessions.closed_total, ws.sessions.avg_ms), (0, 1, 240_000.0));
        // The latency to the head too.
        assert_eq!(registry.snapshot().endpoints[0].calls_total, 1);
        assert_eq!(registry.self_metrics().lost, lost);
    }

    /// However it ends, and whether its body is told of or not.
    #[test]
    fn a_status_of_500_is_the_first_that_is_a_failure() {
        for (status, errors) in [(499, 0), (500, 1), (599, 1)] {
            let (registry, _time) = Registry::mock();
            registry.begin_request("GET", "/api/x").answered_in_full(status);
            let mut request = registry.begin_request("GET", "/api/x");
            request.answered(status);
            request.finish();
            assert_eq!(registry.route_lifetime("GET", "/api/x").unwrap().errors(), 2 * errors, "{status}");
            assert_eq!(registry.routes()[0].outcomes.error, 2 * errors, "{status}");
        }
    }

    /// Also one that took no time at all, or was counted over a series that is not at hand.
    #[test]
    fn a_request_that_failed_is_noted_however_short_it_was() {
        let (registry, _time) = Registry::mock();
        let begin = || registry.begin_request("GET", "/api/x");
        begin().answered_in_full(200);
        begin().answered_in_full(404);
        drop(begin());
        assert_eq!(registry.notable_requests().errors, []);
        begin().failed();
        begin().answered_in_full(503);
        let mut broken = begin();
        broken.answered(200);
        broken.failed();
        let mut grpc = begin();
        grpc.answered(200);
        grpc.grpc_status(13);
        grpc.finish();
        let errors: Vec<_> =
            registry.notable_requests().errors.into_iter().map(|error| error.status_code).collect();
        assert_eq!(errors, [200, 200, 503, 0], "the latest first");
    }

    #[test]
    fn the_first_label_decides() {
        let (registry, _time) = Registry::mock();
        let mut request = registry.begin_request("GET", "/api/x");
        request.label("tenant", "acme");
        request.label("tenant", "umbra");
        request.answered_in_full(200);
        let labels: Vec<_> = registry
            .labels()
            .into_iter()
            .map(|label| (label.value, label.started_total, label.in_flight))
            .collect();
        assert_eq!(labels, [("acme".to_owned(), 1, 0)]);
    }

    /// B-01: the queries of a request are told once, at its end, whatever that is.
    #[test]
    fn queries_are_told_at_the_end_of_their_request() {
        let (registry, _time) = Registry::mock();
        let query = |request: &RequestTimer, queries| {
            let _at_work = request.context().enter();
            (0..queries).for_each(|_| crate::record_db_query());
        };
        let mut first = registry.begin_request("GET", "/api/x");
        let second = registry.begin_request("GET", "/api/y");
        query(&first, 2);
        query(&second, 5);
        query(&first, 1);
        first.answered(200);
        assert_eq!(registry.database().count, 0);
        first.finish();
        drop(second);
        registry.begin_request("GET", "/api/x").failed();
        let seen = registry.database();
        assert_eq!((seen.total_queries, seen.max_per_request, seen.count), (8, 5, 3));
    }

    #[test]
    fn a_reset_forgets_requests_under_way() {
        let (registry, time) = Registry::mock();
        let request = registry.begin_request("GET", "/api/x");
        time.advance(Duration::from_secs(60));
        registry.reset();
        registry.begin_request("GET", "/api/y").failed();
        drop(request);
        let routes = registry.routes();
        assert_eq!(routes.len(), 1);
        assert_eq!((&*routes[0].path, routes[0].in_flight, routes[0].outcomes.cancelled), ("/api/y", 0, 0));
    }

    /// Threat 13: memory of a request in flight, or a session, beside its cell.
    #[test]
    fn a_request_takes_a_word() {
        assert_eq!((size_of::<RequestTimer>(), size_of::<SessionTimer>()), (8, 8));
    }
}
