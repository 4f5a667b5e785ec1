//! HTTP routes, in full.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::series::Outcome;

/// All requests of one route since the start or the last reset, from their beginning to the end of their bodies.
///
/// # Consistency
/// `started_total` is `in_flight` and the sum of `outcomes`. Maps may run a few requests behind while recording goes
/// on.
///
/// # Source
/// H-18, I-14, I-15, CON-10, GAP-01.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RouteMetrics {
    /// HTTP method.
    pub method: String,
    /// Route template, or `{unmatched}`.
    pub path: String,
    /// Requests that began.
    pub started_total: u64,
    /// Requests whose response is not sent in full.
    pub in_flight: u64,
    /// How the others ended. Requests that are told at their end alone ([`Route::record`](crate::Route::record),
    /// `#[timed(route = …)]`) are part of this and of `avg_total_ms`, and of nothing else here, as long as the route has no
    /// others; then they are part of nothing here.
    pub outcomes: OutcomeCounts,
    /// Requests by class of their status: `2xx`, or `none` when there was no response. A route that answers with more
    /// than 32 different codes has the rest under `other`.
    pub status_classes: BTreeMap<String, u64>,
    /// Requests by status code, with the same `none` and `other`.
    pub status_codes: BTreeMap<String, u64>,
    /// Requests that had a gRPC status, by its code; made-up codes count as 2 (UNKNOWN).
    pub grpc_codes: BTreeMap<String, u64>,
    /// Mean time from the request to the end of its response's body, ms; 0.0 when none ended.
    pub avg_total_ms: f64,
    /// Bytes of request bodies that were read.
    pub request_bytes_total: u64,
    /// Bytes of response bodies that were taken by the server to be sent.
    pub response_bytes_total: u64,
    /// Bytes of request bodies that were read by other tasks than the request's, or after its end.
    pub late_request_bytes_total: u64,
    /// Upgraded connections and event streams.
    pub sessions: SessionMetrics,
}

/// How often requests ended in each way.
///
/// # Definition
/// See [`Outcome`](crate::Outcome).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct OutcomeCounts {
    /// Answered in full.
    pub ok: u64,
    /// The server failed.
    pub error: u64,
    /// The handler or the body panicked, or a panic dropped the request before its end.
    pub panicked: u64,
    /// Dropped before the end.
    pub cancelled: u64,
}

impl OutcomeCounts {
    /// Those that ended in that way.
    pub(crate) fn of(self, outcome: Outcome) -> u64 {
        match outcome {
            Outcome::Ok => self.ok,
            Outcome::Error => self.error,
            Outcome::Panicked => self.panicked,
            Outcome::Cancelled => self.cancelled,
        }
    }

    /// All of them.
    pub(crate) fn total(self) -> u64 {
        [self.ok, self.error, self.panicked, self.cancelled].into_iter().fold(0, u64::saturating_add)
    }
}

/// Connections that outlive their request: WebSockets, other upgrades, event streams.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SessionMetrics {
    /// Open now.
    pub open: u64,
    /// Those that ended.
    pub closed_total: u64,
    /// Mean length of those that ended, ms; 0.0 when none did.
    pub avg_ms: f64,
    /// Bytes sent by those that ended, event streams only.
    pub sent_bytes_total: u64,
}

/// Requests worth a look.
///
/// # Shape
/// At most 100 each. A request that is both slow and failed is in both.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct NotableRequests {
    /// The slowest since the start or the last reset, the slowest first.
    pub slowest: Vec<NotableRequest>,
    /// The latest that failed, the latest first.
    pub errors: Vec<NotableRequest>,
}

/// One request; nothing of its query, headers or bodies.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct NotableRequest {
    /// When it ended, Unix seconds.
    pub timestamp: f64,
    /// HTTP method.
    pub method: String,
    /// Route template, or `{unmatched}`; never the path itself.
    pub path: String,
    /// Status code; 0 when there was no response.
    pub status_code: u16,
    /// `ok`, `error`, `panicked` or `cancelled`.
    pub outcome: String,
    /// Time to the end of the response's body, ms.
    pub duration_ms: f64,
}
