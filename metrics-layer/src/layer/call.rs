//! A request under way, whatever collector hears of it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Instant;

use metrics_core::{Collector, RequestTimer};

use super::Shared;

/// A request under way: recorded once, when it is answered, fails or is dropped.
#[derive(Debug)]
pub(super) struct Call {
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    /// The registry's own timer, which also tells cancelled and panicked requests apart.
    Registry(RequestTimer),
    /// For a collector that is no registry; `None` when it is disabled.
    Foreign(Option<ForeignCall>),
}

/// A request as a [`Collector`] hears of it. It allocates for the template; a collector that wants speed gives
/// a registry.
#[derive(Debug)]
struct ForeignCall {
    shared: Arc<Shared>,
    method: &'static str,
    template: Box<str>,
    started: Instant,
    told: bool,
}

/// The status of a request that got no answer because its service failed or panicked.
const INTERNAL_SERVER_ERROR: u16 = 500;

impl Call {
    #[inline]
    pub(super) fn begin(shared: &Arc<Shared>, method: &'static str, template: &str) -> Self {
        let kind = match shared.collector.registry() {
            Some(registry) => Kind::Registry(registry.begin_request(method, template)),
            None => Kind::Foreign(ForeignCall::begin(shared, method, template)),
        };
        Self { kind }
    }

    /// The response head is there.
    #[inline]
    pub(super) fn answered(self, status: http::StatusCode) {
        self.finish(|timer| timer.answered(status.as_u16()), status.as_u16());
    }

    /// The service failed without a response.
    #[inline]
    pub(super) fn failed(self) {
        self.finish(RequestTimer::failed, INTERNAL_SERVER_ERROR);
    }

    #[inline]
    fn finish(self, timer: impl FnOnce(RequestTimer), status: u16) {
        match self.kind {
            Kind::Registry(request) => timer(request),
            Kind::Foreign(call) => {
                if let Some(call) = call {
                    call.answered(status);
                }
            }
        }
    }
}

impl ForeignCall {
    fn begin(shared: &Arc<Shared>, method: &'static str, template: &str) -> Option<Self> {
        shared.collector.is_enabled().then(|| Self {
            shared: Arc::clone(shared),
            method,
            template: template.into(),
            started: Instant::now(),
            told: false,
        })
    }

    fn answered(mut self, status: u16) {
        self.tell(status);
        self.told = true;
    }

    /// Tells the collector, whose panics are its own (I-12).
    fn tell(&self, status: u16) {
        let latency_ms = self.started.elapsed().as_secs_f64() * 1e3;
        let collector: &dyn Collector = &*self.shared.collector;
        let record = || collector.record_endpoint(&self.template, self.method, latency_ms, status);
        if catch_unwind(AssertUnwindSafe(record)).is_err() {
            tracing::debug!("the collector panicked; the record is lost");
        }
    }
}

impl Drop for ForeignCall {
    /// A panic of the handler is a failure; the trait has no word for a cancelled request.
    fn drop(&mut self) {
        if !self.told && std::thread::panicking() {
            self.tell(INTERNAL_SERVER_ERROR);
        }
    }
}
