//! The broadcaster, with a subscription in place of a socket, under the names of seed 1 (BE-13).

use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use metrics_layer::core::{MetricsSnapshot, SYSTEM_METRICS_TOPIC};
use metrics_layer::live::Hub;
use metrics_layer::{Metrics, NullCollector, Registry};

#[tokio::test]
async fn test_broadcaster_does_not_crash_on_null_collector() {
    let hub = Hub::new();
    let mut client = hub.subscribe(Arc::new(Registry::mock().0)).unwrap();
    assert!(client.next().await.is_some(), "the first frame comes at once");
    for _cycle in 0..2 {
        hub.broadcast(&NullCollector);
    }
    assert_eq!(client.next().now_or_never(), None, "no frame was sent");
    let disabled = Metrics::builder().enabled(false).build().unwrap();
    hub.broadcast(disabled.registry());
    assert_eq!(client.next().now_or_never(), None, "none of a registry that is disabled");
    hub.close();
    assert_eq!(client.next().await, None);

    disabled.start_live_stream();
    assert!(!disabled.health().broadcaster_running);
}

/// Threat 60: a slow client misses frames; none queue up.
#[tokio::test]
async fn test_broadcaster_serializes_snapshot() {
    let (registry, time) = Registry::mock();
    time.set_unix(Duration::from_secs(1_700_000_000));
    let hub = Hub::new();
    let mut client = hub.subscribe(Arc::new(registry.clone())).unwrap();
    let frame = |bytes: Option<bytes::Bytes>| {
        let bytes = bytes.expect("a frame");
        let document: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
        assert_eq!(document, serde_json::to_value(registry.snapshot()).unwrap());
        serde_json::from_slice::<MetricsSnapshot>(&bytes).unwrap()
    };
    assert!(frame(client.next().await).dag.nodes.is_empty());

    registry.node("crop").record(Duration::from_millis(2), 10);
    hub.broadcast(&registry);
    registry.node("voxel").record(Duration::from_millis(3), 10);
    time.advance(Duration::from_secs(1));
    hub.broadcast(&registry);
    // A slow client gets the latest frame only.
    let latest = frame(client.next().await);
    assert_eq!((latest.dag.nodes.len(), latest.timestamp), (2, 1_700_000_001.0));
    let topic = &latest.websocket.topics[SYSTEM_METRICS_TOPIC];
    assert_eq!(topic.active_connections, 1);
    assert!(registry.topics().is_empty(), "a system topic is hidden");

    // After a reset the next frame says again what is still true.
    registry.reset();
    hub.broadcast(&registry);
    let topic = &frame(client.next().await).websocket.topics[SYSTEM_METRICS_TOPIC];
    assert_eq!(topic.active_connections, 1);
    assert!(registry.topics().is_empty());

    drop(client);
    assert_eq!(hub.clients(), 0);
    let topic = &registry.snapshot().websocket.topics[SYSTEM_METRICS_TOPIC];
    assert_eq!(topic.active_connections, 0);
}
