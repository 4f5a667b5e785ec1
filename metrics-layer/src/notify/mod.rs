//! Alerts, posted to others: to a webhook of your own, or to Alertmanager, which groups, silences and routes them.
//!
//! Each works on a thread of its own, so that a receiver that is slow or gone holds up nothing; what cannot be
//! delivered after a few attempts is dropped, logged and counted. Addresses are `http://`; for TLS, bring a
//! [`Transport`], or post to a relay or an Alertmanager beside the process.
//!
//! # Examples
//! ```no_run
//! use metrics_layer::Metrics;
//! use metrics_layer::notify::{self, Destination};
//!
//! let metrics = Metrics::builder().service("crankshaft").build()?;
//! notify::alertmanager(&metrics, Destination::new("http://127.0.0.1:9093")?)?;
//! let pager = Destination::new("http://127.0.0.1:8080/page")?.header("authorization", "Bearer secret")?;
//! let delivery = notify::webhook(&metrics, pager)?;
//! assert_eq!((delivery.sent(), delivery.failed()), (0, 0));
//! # Ok::<_, Box<dyn std::error::Error>>(())
//! ```
//!
//! # Source
//! A-09, A-12, Q-08, CON-34.

mod alertmanager;
mod delivery;
mod post;
mod webhook;

use std::io;

use metrics_core::Metrics;

pub use crate::client::{Connecting, Connection, Destination, Transport};
pub use delivery::Delivery;

/// Posts each [`AlertEvent`](crate::core::AlertEvent) as a JSON object, with the names of the `service` and of
/// its `instance` beside its fields.
///
/// # Errors
/// When the operating system gives no thread.
pub fn webhook(metrics: &Metrics, destination: Destination) -> io::Result<Delivery> {
    Delivery::start(metrics, destination, "", webhook::Webhook::new(metrics))
}

/// Posts alerts to the API of Alertmanager, version 2; the destination is its base address, such as
/// `http://127.0.0.1:9093`.
///
/// An alert has the labels `alertname`, `service`, `instance`, `metric`, `severity` (`warning` or `critical`) and those of
/// its rule. While it is raised it is sent again once a minute, with an end five minutes (or three collections) ahead: if the
/// process dies, Alertmanager resolves its alerts by itself. When the level changes, the alert of the level before is
/// resolved.
///
/// # Errors
/// When the operating system gives no thread.
pub fn alertmanager(metrics: &Metrics, destination: Destination) -> io::Result<Delivery> {
    Delivery::start(metrics, destination, "api/v2/alerts", alertmanager::Alertmanager::new(metrics))
}
