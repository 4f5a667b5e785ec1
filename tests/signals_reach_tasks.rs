//! Signals of the sampler's thread in tasks of tokio: awaited, and as a stream.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::time::Duration;

use futures_util::StreamExt;
use metrics_layer::Metrics;
use metrics_layer::core::{AlertLevel, AlertRule, Signal};
use tokio::time::timeout;

/// Longer than anything here may take on a busy machine.
const DEADLINE: Duration = Duration::from_secs(20);

fn metrics() -> Metrics {
    let rule = AlertRule::above("cabin").critical(60.0);
    Metrics::builder().alert_rules([rule]).core(|core| core.collecting(false)).build().unwrap()
}

/// C-13: all four signals, on a runtime with one thread.
#[tokio::test]
async fn a_task_awaits_what_happens() {
    let metrics = metrics();
    let mut signals = metrics.collection().subscribe();
    let told = tokio::spawn(async move {
        let mut told = Vec::new();
        while let Some(signal) = signals.recv_async().await {
            told.push(signal);
        }
        told
    });
    metrics.registry().gauge("cabin").set(75.0);
    let mut own = metrics.collection().subscribe();
    metrics.collection().start(Duration::from_secs(1)).unwrap();
    let mut collected = 0;
    while collected < 2 {
        let signal = timeout(DEADLINE, own.recv_async()).await.expect("a signal in time");
        collected += usize::from(signal == Some(Signal::MetricsCollected));
    }
    metrics.collection().stop();
    metrics.shutdown();
    let told = timeout(DEADLINE, told).await.expect("the end in time").unwrap();
    let Signal::Alert(event) = &told[1] else { panic!("{told:?}") };
    assert_eq!((event.metric.as_str(), event.level), ("cabin", AlertLevel::Critical));
    assert_eq!((&told[0], &told[2]), (&Signal::CollectionStarted, &Signal::MetricsCollected));
    assert!(told.contains(&Signal::CollectionStopped));
    assert_eq!(told.iter().filter(|signal| matches!(signal, Signal::Alert(_))).count(), 1);
}

#[tokio::test]
async fn a_stream_ends_with_the_metrics() {
    let metrics = metrics();
    let signals = metrics.collection().subscribe();
    let collector = metrics.clone();
    tokio::task::spawn_blocking(move || (0..5).for_each(|_| collector.collection().collect())).await.unwrap();
    drop(metrics);
    let told: Vec<_> = timeout(DEADLINE, StreamExt::collect(signals)).await.expect("the end in time");
    assert_eq!(told, vec![Signal::MetricsCollected; 5]);
}
