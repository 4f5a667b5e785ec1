//! With 2 000 routes and 1 000 nodes the page stays quick, and does not grow.

use std::time::Duration;

use metrics_layer::Metrics;
use metrics_layer::core::Limits;
use serde_json::json;

use crate::chromium::{Browser, Page, Scheme, Trace};
use crate::setup::{dashboard, serve, state};

const NODES: usize = 1_000;
const ROUTES: usize = 2_000;

/// What a snapshot may take until the store has it and all that follows from it, and until it is drawn.
const UPDATE_MS: f64 = 8.0;
const DRAW_MS: f64 = 8.0;

/// What a frame may cost in which nothing changed (M-05).
const IDLE_FRAME_MS: f64 = 0.05;

/// Keeps what the page says about its updates.
const OBSERVE: &str = "void (() => {
    window.updates = [];
    new PerformanceObserver((list) => {
        for (const { name, duration } of list.getEntries()) {
            // Other documents come between, and take next to nothing.
            if (name === 'metrics-update' && duration > 1) window.updates.push(duration);
        }
    }).observe({ type: 'measure' });
})()";

/// A service with so many nodes and routes, of which all change between two snapshots, for as long as the test lasts.
async fn busy() -> (Metrics, String) {
    let mut limits = Limits::default();
    (limits.nodes, limits.routes) = (NODES, ROUTES);
    let metrics = Metrics::builder().allow_loopback().limits(limits).build().unwrap();
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
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
    });
    let address = serve(&metrics).await.to_string();
    (metrics, address)
}

async fn open(browser: &Browser, host: &str) -> Page {
    let page = dashboard(browser, host).await;
    page.look(1440, 900, Scheme::Light).await;
    for table in ["nodes", "routes"] {
        page.until(&format!("document.querySelector('[data-table=\"{table}\"] tr[data-key]')")).await;
    }
    page.evaluate::<()>(OBSERVE).await;
    page
}

/// How long updates and drawings took during so many snapshots, in ms.
async fn ticks(page: &Page, count: u64) -> (Vec<f64>, Vec<f64>) {
    page.evaluate::<()>("void (window.updates = [])").await;
    let trace = Trace::of(page, &["devtools.timeline"], Duration::from_secs(count)).await;
    let updates: Vec<f64> = page.evaluate("window.updates").await;
    let drawings: Vec<_> = trace.thread_ms("FireAnimationFrame").into_iter().filter(|ms| *ms > 1.0).collect();
    eprintln!("{NODES} nodes and {ROUTES} routes: updates {updates:.2?} ms, drawings {drawings:.2?} ms");
    assert!(updates.len() as u64 > count / 2 && drawings.len() as u64 > count / 2);
    (updates, drawings)
}

/// The value that so many of them are at most.
fn share(mut values: Vec<f64>, share: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    values[(values.len() as f64 * share) as usize]
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

/// What most frames of a page cost that is in front and runs this.
async fn frame_ms(page: &Page, expression: &str) -> f64 {
    page.call("Page.bringToFront", json!({})).await;
    page.evaluate::<()>(expression).await;
    let trace = Trace::of(page, &["devtools.timeline"], Duration::from_secs(2)).await;
    let frames = trace.thread_ms("FireAnimationFrame");
    assert!(frames.len() > 20, "{} frames", frames.len());
    share(frames, 0.5)
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs chromium"]
async fn a_tick_is_short_and_an_idle_frame_costs_next_to_nothing() {
    let _quiet = crate::QUIET.write().await;
    let (_metrics, host) = busy().await;
    let browser = Browser::start().await;
    let page = open(&browser, &host).await;
    let (updates, drawings) = ticks(&page, 8).await;
    // Whatever else a machine does holds up some of them.
    assert!(share(updates, 0.25) <= UPDATE_MS);
    assert!(share(drawings, 0.5) <= DRAW_MS);

    // Each frame is counted while the panel that tells them can be seen; nothing else happens in it.
    page.evaluate::<()>("void document.querySelector('rendering-panel').scrollIntoView()").await;
    page.until("document.querySelector('[data-table=\"sockets\"] tr[data-key]')").await;
    page.press("p").await;
    page.until(&state("paused")).await;
    // What an empty page takes for a frame is the browser's.
    let empty = browser.page(&host).await;
    let bare_ms = frame_ms(&empty, "void (function step() { requestAnimationFrame(step) })()").await;
    let cost_ms = frame_ms(&page, "null").await - bare_ms;
    eprintln!("paused: {cost_ms:.3} ms a frame, beside {bare_ms:.3} ms of an empty page");
    assert!(cost_ms <= IDLE_FRAME_MS, "{cost_ms} ms a frame");
    page.assert_clean().await;
}

async fn stays_flat(length: Duration) {
    let (_metrics, host) = busy().await;
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

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs chromium, and a machine that has nothing else to do"]
async fn frames_are_drawn_at_full_rate_for_long() {
    let _quiet = crate::QUIET.write().await;
    let (_metrics, host) = busy().await;
    let browser = Browser::start().await;
    let page = open(&browser, &host).await;
    let fps: f64 = page
        .evaluate(
            "new Promise((done) => {
                let frames = 0, first;
                const step = (now) => {
                    first ??= now;
                    if (now - first >= 10_000) return done((frames * 1000) / (now - first));
                    frames++;
                    requestAnimationFrame(step);
                };
                requestAnimationFrame(step);
            })",
        )
        .await;
    let (updates, drawings) = ticks(&page, 20).await;
    eprintln!("{fps:.1} frames a second");
    assert!(fps >= 55.0, "{fps} frames a second");
    assert!(share(updates, 0.5) + share(drawings, 0.5) <= UPDATE_MS);
    page.assert_clean().await;
}
