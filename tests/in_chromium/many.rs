//! With 2 000 routes and 1 000 nodes the page does not grow.

use std::time::Duration;

use metrics_layer::Metrics;
use metrics_layer::core::Limits;
use serde_json::json;

use crate::chromium::{Browser, Page, Scheme};
use crate::setup::{dashboard, serve};

pub(crate) const NODES: usize = 1_000;
pub(crate) const ROUTES: usize = 2_000;

/// A service with so many nodes and routes, of which all change between two snapshots, for as long as the test lasts; it sends
/// so many snapshots a second.
pub(crate) async fn busy(snapshots_hz: f64) -> (Metrics, String) {
    let mut limits = Limits::default();
    (limits.nodes, limits.routes) = (NODES, ROUTES);
    let metrics =
        Metrics::builder().allow_loopback().limits(limits).broadcast_hz(snapshots_hz).build().unwrap();
    let registry = metrics.registry().clone();
    let nodes: Vec<_> = (0..NODES).map(|number| registry.node(&format!("node {number}"))).collect();
    let routes: Vec<_> =
        (0..ROUTES).map(|number| registry.route("GET", &format!("/api/things/{number}"))).collect();
    tokio::spawn(async move {
        for round in 0_u64.. {
            for (number, node) in (1_u64..).zip(&nodes) {
                node.record(Duration::from_micros(100 + (round * 37 + number * 101) % 5_000), number);
            }
            for (number, route) in (1_u64..).zip(&routes) {
                route.record(Duration::from_micros(200 + (round * 53 + number * 71) % 9_000), 200);
            }
            tokio::time::sleep(Duration::from_secs_f64(0.5 / snapshots_hz)).await;
        }
    });
    let address = serve(&metrics).await.to_string();
    (metrics, address)
}

pub(crate) async fn open(browser: &Browser, host: &str) -> Page {
    let page = dashboard(browser, host).await;
    page.look(1440, 900, Scheme::Light).await;
    for table in ["nodes", "routes"] {
        page.until(&format!("document.querySelector('[data-table=\"{table}\"] tr[data-key]')")).await;
    }
    page
}

/// Bytes of the page's memory that are in use, and its elements.
async fn memory(page: &Page) -> (f64, f64) {
    page.call("HeapProfiler.collectGarbage", json!({})).await;
    (metric(page, "JSHeapUsedSize").await, metric(page, "Nodes").await)
}

async fn metric(page: &Page, name: &str) -> f64 {
    let metrics = page.call("Performance.getMetrics", json!({})).await;
    let all = metrics["metrics"].as_array().unwrap();
    all.iter()
        .find(|metric| metric["name"] == name)
        .and_then(|metric| metric["value"].as_f64())
        .expect("a metric")
}

async fn stays_flat(length: Duration) {
    let (_metrics, host) = busy(1.0).await;
    let browser = Browser::start().await;
    let page = open(&browser, &host).await;
    // Until everything has been made that is made once.
    tokio::time::sleep(length / 4).await;
    let (bytes, elements) = memory(&page).await;
    tokio::time::sleep(length).await;
    let (bytes_after, elements_after) = memory(&page).await;
    eprintln!(
        "after {length:?}: from {bytes} to {bytes_after} bytes, from {elements} to {elements_after} elements"
    );
    // Histories of the page grow to their bounds, and a snapshot more or less may be held.
    assert!(bytes_after <= bytes * 1.1 + 2e6, "from {bytes} to {bytes_after} bytes");
    assert!(elements_after <= elements * 1.1 + 200.0, "from {elements} to {elements_after} elements");
    page.assert_clean().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs chromium"]
async fn memory_stays_flat() {
    let _shared = crate::QUIET.read().await;
    stays_flat(Duration::from_secs(8)).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs chromium, and ten minutes"]
async fn memory_stays_flat_for_long() {
    let _shared = crate::QUIET.read().await;
    stays_flat(Duration::from_secs(600)).await;
}
