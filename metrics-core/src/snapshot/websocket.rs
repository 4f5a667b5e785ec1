//! WebSocket topics.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// All topics: the body of `GET /api/metrics/websocket`.
///
/// # Source
/// E-03, W-01, W-07.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct WebSocketMetrics {
    /// Every topic seen since the start, by name.
    pub topics: BTreeMap<String, WsTopicMetrics>,
    /// Connections open now, over all topics (CON-06).
    pub total_connections: u64,
}

/// One topic.
///
/// # Source
/// W-02..W-06.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct WsTopicMetrics {
    /// Messages sent in the last second, to all clients together.
    pub messages_per_sec: f64,
    /// Payload bytes sent in the last second.
    pub bytes_per_sec: f64,
    /// Connections open now.
    pub active_connections: u64,
    /// Messages since the start or the last reset.
    pub total_messages: u64,
    /// Payload bytes since the start or the last reset.
    pub total_bytes: u64,
}
