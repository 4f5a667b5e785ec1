//! Every chart has its points.

use std::time::Duration;

use metrics_layer::Metrics;

use crate::chromium::Browser;
use crate::setup::{dashboard, serve};

/// A minute of a history that samples once a second.
const SAMPLES: usize = 60;

/// More than this is a line; fewer are dots.
const POINTS: usize = 30;

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs chromium"]
async fn every_chart_has_more_than_thirty_points_after_a_minute() {
    let _shared = crate::QUIET.read().await;
    // Ten live frames a second, and samples as fast as they are taken: a minute's worth in a few seconds.
    let metrics = Metrics::builder().allow_loopback().broadcast_hz(10.0).build().unwrap();
    let registry = metrics.registry().clone();
    registry.gauge("temperature").set(21.0);
    for _ in 0..SAMPLES {
        registry.node("crop").record(Duration::from_millis(2), 10);
        metrics.collection().record_request_latency("/api/x", 3.0);
        // What the process uses is known after a while only.
        metrics.collection().record_cpu_usage(12.0);
        metrics.collection().record_memory_usage(40.0);
        metrics.collection().collect();
    }
    // A moment without a request has no latency.
    tokio::spawn(async move {
        loop {
            registry.route("GET", "/api/x").record(Duration::from_millis(3), 200);
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
    let address = serve(&metrics).await;
    let browser = Browser::start().await;
    let page = dashboard(&browser, &address.to_string()).await;
    let drawings = |selector: &str| {
        format!("[...document.querySelectorAll('{selector}')].filter((each) => each.checkVisibility())")
    };
    let [charts, lines] = ["svg.chart[data-points]", "metric-gauge [data-points]"].map(drawings);
    for (drawings, least) in [(&charts, 5), (&lines, 8)] {
        page.until(&format!(
            "{drawings}.length >= {least} && {drawings}.every((each) => Number(each.dataset.points) > {POINTS})"
        ))
        .await;
    }
    // As many points are drawn as are told.
    let drawn: Vec<usize> = page
        .evaluate(&format!(
            "{charts}.map((chart) => chart.querySelector('.line').getAttribute('d').split('L').length)"
        ))
        .await;
    assert!(drawn.iter().all(|points| *points > POINTS), "{drawn:?}");
    page.assert_clean().await;
}
