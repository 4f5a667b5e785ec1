//! Events as they are.

use bytes::Bytes;
use metrics_core::{AlertEvent, Metrics, Signal};
use serde::Serialize;

use super::delivery::Format;

/// Makes a message of every event.
#[derive(Debug)]
pub(super) struct Webhook {
    service: String,
    instance: String,
}

#[derive(Serialize)]
struct Message<'a> {
    service: &'a str,
    instance: &'a str,
    #[serde(flatten)]
    event: &'a AlertEvent,
}

impl Webhook {
    pub(super) fn new(metrics: &Metrics) -> Self {
        Self { service: metrics.config().service().to_owned(), instance: metrics.config().instance() }
    }
}

impl Format for Webhook {
    fn message(&mut self, signal: &Signal) -> Option<Bytes> {
        let Signal::Alert(event) = signal else { return None };
        let message = Message { service: &self.service, instance: &self.instance, event };
        serde_json::to_vec(&message).ok().map(Bytes::from)
    }
}
