//! Requests by a label of the application's own.

use serde::{Deserialize, Serialize};

use super::OutcomeCounts;

/// Requests with one value of a label of the application's own, such as a tenant, over all routes, since the start or
/// the last reset.
///
/// # Shape
/// At most [`Limits::label_values`](crate::Limits) values, and one called `other` for the rest.
///
/// # Consistency
/// `started_total` is `in_flight` and the sum of `outcomes`.
///
/// # Source
/// GAP-11.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct LabelMetrics {
    /// The label, such as `tenant`.
    pub name: String,
    /// Its value, or `other`.
    pub value: String,
    /// Requests that began.
    pub started_total: u64,
    /// Requests whose response is not sent in full.
    pub in_flight: u64,
    /// How the others ended.
    pub outcomes: OutcomeCounts,
    /// Mean time from the request to the end of its response's body, ms; 0.0 when none ended.
    pub avg_total_ms: f64,
    /// Bytes of request bodies that were read by their requests.
    pub request_bytes_total: u64,
    /// Bytes of response bodies that were taken by the server to be sent.
    pub response_bytes_total: u64,
}
