//! Queries that are told as `tracing` events.

use std::fmt;

use tracing::{Event, Metadata, Subscriber, span};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::{FilterFn, LevelFilter};
use tracing_subscriber::layer::Context as Scope;
use tracing_subscriber::registry::LookupSpan;

use crate::context::{self, Context, record_db_query};

/// Where sqlx tells of its queries: one event each, when it ended.
const SQLX: &str = "sqlx::query";

/// A `tracing` layer that counts the events by which database clients tell their queries: sqlx's by default.
///
/// An event counts for the request for which its thread works. Where a client makes its queries on a thread of its own,
/// as sqlx does for SQLite, it counts for the request in which the span around it was made, so that a span around
/// database work (`#[tracing::instrument]`) is enough there.
///
/// The filter of this layer is its own: others may show less, and it asks for no more than the events it counts. A filter
/// that stands before all layers, such as `with_max_level` of a `fmt` subscriber, hides events from it; put it
/// on the layer that writes the log instead. sqlx tells its queries at level DEBUG unless told otherwise.
///
/// # Cost
/// A comparison of the target at each place that emits events, once; then [`record_db_query`] for each of those that
/// count, and a look at the spans around it where the thread works for nobody.
///
/// # Examples
/// ```
/// use metrics_core::database::QueryEvents;
/// use tracing_subscriber::prelude::*;
///
/// let counted = tracing_subscriber::registry().with(QueryEvents::new().target("rbatis").layer());
/// # let (registry, _time) = metrics_core::Registry::mock();
/// # tracing::subscriber::with_default(counted, || {
/// let request = registry.begin_request("GET", "/api/ratings/{media_hash}");
/// let at_work = request.context().enter(); // as the layer of the service does
/// tracing::debug!(target: "sqlx::query", summary = "SELECT …"); // as sqlx does
/// tracing::debug!(target: "rbatis", "select …");
/// tracing::debug!("anything else");
/// assert_eq!(request.context().db_queries(), 2);
/// # drop(at_work);
/// # });
/// ```
#[derive(Clone, Debug)]
#[must_use = "it counts nothing before its layer is part of a subscriber"]
pub struct QueryEvents {
    targets: Vec<&'static str>,
}

impl QueryEvents {
    /// Counts the events of sqlx.
    pub fn new() -> Self {
        Self { targets: vec![SQLX] }
    }

    /// Counts the events with exactly this target too.
    pub fn target(mut self, target: &'static str) -> Self {
        self.targets.push(target);
        self
    }

    /// The layer, with the filter that belongs to it.
    pub fn layer<S>(self) -> impl Layer<S> + fmt::Debug
    where
        S: Subscriber + for<'a> LookupSpan<'a>,
    {
        let Self { targets } = self;
        let counts =
            move |metadata: &Metadata<'_>| metadata.is_span() || targets.contains(&metadata.target());
        Counting.with_filter(FilterFn::new(counts).with_max_level_hint(LevelFilter::TRACE))
    }
}

impl Default for QueryEvents {
    fn default() -> Self {
        Self::new()
    }
}

/// Counts every event that its filter lets through.
#[derive(Clone, Copy, Debug)]
struct Counting;

impl<S> Layer<S> for Counting
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    /// A span remembers for whom it was made.
    fn on_new_span(&self, _attributes: &span::Attributes<'_>, id: &span::Id, scope: Scope<'_, S>) {
        let here = context::current();
        if let Some(span) = scope.span(id).filter(|_| here.has_request()) {
            span.extensions_mut().insert(MadeFor(here));
        }
    }

    fn on_event(&self, event: &Event<'_>, scope: Scope<'_, S>) {
        if context::is_in_request() {
            return record_db_query();
        }
        let mut around = scope.event_scope(event).into_iter().flatten();
        let made_for =
            around.find_map(|span| span.extensions().get::<MadeFor>().map(|MadeFor(context)| *context));
        if let Some(context) = made_for {
            let _at_work = context.enter();
            record_db_query();
        }
    }
}

/// For whom a span was made.
struct MadeFor(Context);

#[cfg(test)]
mod tests {
    use tracing_subscriber::prelude::*;

    use super::*;
    use crate::registry::Registry;

    fn counted(work: impl FnOnce()) -> u32 {
        let (registry, _time) = Registry::mock();
        let request = registry.begin_request("GET", "/");
        let subscriber = tracing_subscriber::registry().with(QueryEvents::new().target("other").layer());
        tracing::subscriber::with_default(subscriber, || {
            let _at_work = request.context().enter();
            work();
        });
        request.context().db_queries()
    }

    #[test]
    fn events_with_a_target_that_counts_are_counted_at_any_level() {
        let queries = counted(|| {
            tracing::trace!(target: "sqlx::query", "one");
            tracing::debug!(target: "other", "two");
            tracing::error!(target: "sqlx::query", "three");
            tracing::info!(target: "sqlx", "none");
            tracing::info!(target: "sqlx::query::x", "none");
            let _span = tracing::info_span!(target: "sqlx::query", "none").entered();
        });
        assert_eq!(queries, 3);
    }

    /// As sqlx does for SQLite: the worker enters the span of who waits for it.
    #[test]
    fn a_thread_that_works_for_nobody_counts_for_the_span_it_is_in() {
        let queries = counted(|| {
            let span = tracing::info_span!("load");
            let dispatch = tracing::dispatcher::get_default(Clone::clone);
            let worker = move || {
                let _dispatch = tracing::dispatcher::set_default(&dispatch);
                tracing::debug!(target: "sqlx::query", "for nobody");
                let _inside = span.enter();
                let _further_inside = tracing::info_span!("of the worker").entered();
                tracing::debug!(target: "sqlx::query", "for the request");
            };
            std::thread::spawn(worker).join().unwrap();
        });
        assert_eq!(queries, 1);
    }

    #[test]
    fn other_layers_see_what_they_would_see_without_it() {
        #[derive(Clone, Default)]
        struct Seen(std::sync::Arc<std::sync::atomic::AtomicUsize>);
        impl<S: Subscriber> Layer<S> for Seen {
            fn on_event(&self, _event: &Event<'_>, _scope: Scope<'_, S>) {
                self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            }
        }
        let seen = Seen::default();
        let subscriber = tracing_subscriber::registry()
            .with(QueryEvents::new().layer())
            .with(seen.clone().with_filter(LevelFilter::INFO));
        tracing::subscriber::with_default(subscriber, || {
            tracing::debug!(target: "sqlx::query", "hidden by its filter");
            tracing::info!(target: "sqlx::query", "seen");
            tracing::info!("seen");
        });
        assert_eq!(seen.0.load(std::sync::atomic::Ordering::Relaxed), 2);
    }
}
