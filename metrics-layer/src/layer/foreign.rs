//! A request as a collector hears of it that is no registry.

use std::sync::Arc;
use std::time::Instant;

use metrics_core::__private::in_collector;
use metrics_core::Collector;
use metrics_core::context::RequestContext;

use super::Shared;

/// A request that [`Collector::record_endpoint`] is told of at the head of its response. It allocates for the
/// template; a collector that wants speed, and the rest of the truth, gives a registry.
#[derive(Debug)]
pub(super) struct ForeignCall {
    shared: Arc<Shared>,
    method: &'static str,
    template: Box<str>,
    started: Instant,
    told: bool,
    context: RequestContext,
}

/// The status of a request that got no answer because its service failed or panicked.
const INTERNAL_SERVER_ERROR: u16 = 500;

impl ForeignCall {
    /// `None` when the collector is disabled.
    pub(super) fn begin(shared: &Arc<Shared>, method: &'static str, template: &str) -> Option<Box<Self>> {
        let begin = || Self {
            shared: Arc::clone(shared),
            method,
            template: template.into(),
            started: Instant::now(),
            told: false,
            context: RequestContext::begin(),
        };
        in_collector(|| shared.collector.is_enabled()).unwrap_or(false).then(|| Box::new(begin()))
    }

    pub(super) fn context(&self) -> &RequestContext {
        &self.context
    }

    pub(super) fn answered(mut self, status: u16) {
        self.tell(status);
        self.told = true;
    }

    pub(super) fn failed(self) {
        self.answered(INTERNAL_SERVER_ERROR);
    }

    /// Tells the collector, whose panics are its own (I-12).
    fn tell(&self, status: u16) {
        let latency_ms = self.started.elapsed().as_secs_f64() * 1e3;
        let collector: &dyn Collector = &*self.shared.collector;
        in_collector(|| collector.record_endpoint(&self.template, self.method, latency_ms, status));
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
