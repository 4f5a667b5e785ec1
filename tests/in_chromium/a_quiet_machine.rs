//! What is measured in time, while no other test runs. These come first by their names, so that nobody has to wait until
//! others have ended.

use std::time::Duration;

use serde_json::json;

use crate::chromium::{Browser, Page, Scheme, Trace};
use crate::example::{Service, poll};
use crate::many::{self, NODES, ROUTES};
use crate::scans;
use crate::setup::{picture, show_rendering, state, thin_street};
use crate::viewer;

/// From a page's first byte to its first values.
const SOON_MS: f64 = 2_000.0;

/// Points of the scan from the KITTI benchmark.
const KITTI_POINTS: u64 = 17_238;

/// What a snapshot may take until the store has it and all that follows from it, and until it is drawn.
const UPDATE_MS: f64 = 8.0;
const DRAW_MS: f64 = 8.0;

/// What a frame may cost in which nothing changed (M-05).
const IDLE_FRAME_MS: f64 = 0.05;

/// How often a frame is measured at most.
const TURNS: u32 = 5;

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

/// A number of the page, and rows of the table in front.
fn shown(metric: &str, table: &str, rows: usize) -> String {
    format!(
        "document.body?.dataset.ready !== undefined
            && document.querySelectorAll('[data-table=\"{table}\"] tr[data-key]').length >= {rows}
            && document.querySelector('[data-metric=\"{metric}\"] [data-value]')?.dataset.value > ''"
    )
}

/// How soon the values of a page are there, at best: whatever else a machine does may hold up one of a few attempts.
async fn first_values_ms(browser: &Browser, service: &Service, path: &str, shown: &str) -> f64 {
    let page = browser.page(&service.address).await;
    page.look(1440, 1_800, Scheme::Light).await;
    let mut fastest_ms = f64::INFINITY;
    for attempt in 0..3 {
        page.open(&format!("http://{}/{path}?{attempt}", service.address)).await;
        page.until(shown).await;
        fastest_ms = fastest_ms.min(page.evaluate("performance.now()").await);
        if fastest_ms <= SOON_MS {
            break;
        }
    }
    page.assert_clean().await;
    fastest_ms
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs chromium"]
async fn values_appear_within_two_seconds() {
    let _quiet = crate::QUIET.write().await;
    let (lidar, _folder) = thin_street(&[], &["--hz", "2"]);
    let nodes = || lidar.get("/api/metrics/dag").json()["nodes"].as_array().map_or(0, Vec::len);
    poll("a frame", || (nodes() >= 7).then_some(()));
    let media = Service::start("media_server", &["--port", "0"]);
    assert_eq!(media.get("/").status, 200);
    let browser = Browser::start().await;
    for (service, path, shown) in [
        (&lidar, "dashboard/performance", shown("cpu", "nodes", 7)),
        (&media, "admin/performance", shown("watched", "route-stats", 1)),
    ] {
        let ms = first_values_ms(&browser, service, path, &shown).await;
        assert!(ms <= SOON_MS, "{path}: the first values after {ms} ms");
    }
}

/// The page of a service, and what it says about its updates.
async fn observed(browser: &Browser, host: &str) -> Page {
    let page = many::open(browser, host).await;
    page.evaluate::<()>(OBSERVE).await;
    page
}

/// How long updates and drawings took during so many snapshots, of which so many come in a second, in ms.
async fn ticks(page: &Page, count: u32, snapshots_hz: f64) -> (Vec<f64>, Vec<f64>) {
    page.evaluate::<()>("void (window.updates = [])").await;
    let trace =
        Trace::of(page, &["devtools.timeline"], Duration::from_secs_f64(f64::from(count) / snapshots_hz))
            .await;
    let updates: Vec<f64> = page.evaluate("window.updates").await;
    let drawings: Vec<_> = trace.thread_ms("FireAnimationFrame").into_iter().filter(|ms| *ms > 1.0).collect();
    eprintln!("{NODES} nodes and {ROUTES} routes: updates {updates:.2?} ms, drawings {drawings:.2?} ms");
    let half = count as usize / 2;
    assert!(updates.len() > half && drawings.len() > half);
    (updates, drawings)
}

/// The value that so many of them are at most.
fn share(mut values: Vec<f64>, share: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    values[(values.len() as f64 * share) as usize]
}

/// What most frames of a page cost that is in front.
async fn frame_ms(page: &Page) -> f64 {
    page.call("Page.bringToFront", json!({})).await;
    let trace = Trace::of(page, &["devtools.timeline"], Duration::from_secs(2)).await;
    let frames = trace.thread_ms("FireAnimationFrame");
    assert!(frames.len() > 20, "{} frames", frames.len());
    share(frames, 0.5)
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs chromium"]
async fn a_tick_is_short_and_an_idle_frame_costs_next_to_nothing() {
    let _quiet = crate::QUIET.write().await;
    let (_metrics, host) = many::busy(2.0).await;
    let browser = Browser::alone().await;
    let page = observed(&browser, &host).await;
    let (updates, drawings) = ticks(&page, 8, 2.0).await;
    // Whatever else a machine does holds up some of them.
    assert!(share(updates, 0.25) <= UPDATE_MS);
    assert!(share(drawings, 0.5) <= DRAW_MS);

    // Each frame is counted while the panel that tells them can be seen; nothing else happens in it.
    show_rendering(&page).await;
    page.evaluate::<()>("void document.querySelector('rendering-panel').scrollIntoView()").await;
    page.until("document.querySelector('[data-table=\"sockets\"] tr[data-key]')").await;
    page.press("p").await;
    page.until(&state("paused")).await;
    // What an empty page takes for a frame is the browser's.
    let empty = browser.page(&host).await;
    empty.evaluate::<()>("void (function step() { requestAnimationFrame(step) })()").await;
    // In turns, until both had a quiet moment.
    let (mut bare_ms, mut own_ms) = (f64::INFINITY, f64::INFINITY);
    for _ in 0..TURNS {
        bare_ms = bare_ms.min(frame_ms(&empty).await);
        own_ms = own_ms.min(frame_ms(&page).await);
        eprintln!("paused: {own_ms:.3} ms a frame, beside {bare_ms:.3} ms of an empty page");
        if own_ms - bare_ms <= IDLE_FRAME_MS {
            break;
        }
    }
    assert!(own_ms - bare_ms <= IDLE_FRAME_MS, "{own_ms} ms a frame, {bare_ms} of an empty page");
    page.assert_clean().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs chromium"]
async fn a_real_scan_is_drawn_twenty_times_a_second_and_the_panel_says_what_the_browser_says() {
    let Some(scan) = scans::real("kitti_000008.bin") else { return };
    let _quiet = crate::QUIET.write().await;
    let service = Service::start("lidar", &["--port", "0", "--hz", "2", "--scan", &scan]);
    let browser = Browser::alone_with_webgl().await;
    let page = viewer::open(&browser, &service).await;
    let lighter = r#"{"broadcast": {"stage": "source"}, "voxel_downsample": {"leaf_m": 2}}"#;
    assert_eq!(service.put("/api/pipeline", lighter).status, 200);
    page.until(&format!("{} === {KITTI_POINTS}", viewer::figure("points"))).await;
    page.evaluate::<()>("document.getElementById('turn').click()").await;
    viewer::frames(&page, 120).await;

    // The best of three: whatever else a machine does may hold up one of them.
    let mut fastest = 0.0;
    for _ in 0..3 {
        let trace = Trace::of(&page, &["devtools.timeline"], Duration::from_secs(3)).await;
        let shown: f64 = page.evaluate(&viewer::figure("fps")).await;
        let drawn = trace.times("AnimationFrame::Presentation");
        assert!(drawn.len() > 2, "no frames in {:?}", trace.names());
        let by_browser = (drawn.len() - 1) as f64 / (drawn[drawn.len() - 1] - drawn[0]);
        eprintln!("{KITTI_POINTS} points: {shown:.1} frames a second, {by_browser:.1} by the browser");
        if (shown / by_browser - 1.0).abs() <= 0.1 {
            fastest = f64::max(fastest, f64::min(shown, by_browser));
        }
        if fastest >= 20.0 {
            break;
        }
    }
    assert!(fastest >= 20.0, "{fastest} frames a second, by the panel and by the browser");
    page.photograph(&picture("viewer-kitti")).await;
    page.assert_clean().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs chromium, and a machine that has nothing else to do"]
async fn frames_are_drawn_at_full_rate_for_long() {
    let _quiet = crate::QUIET.write().await;
    let (_metrics, host) = many::busy(1.0).await;
    let browser = Browser::alone().await;
    let page = observed(&browser, &host).await;
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
    let (updates, drawings) = ticks(&page, 20, 1.0).await;
    eprintln!("{fps:.1} frames a second");
    assert!(fps >= 55.0, "{fps} frames a second");
    assert!(share(updates, 0.5) + share(drawings, 0.5) <= UPDATE_MS);
    page.assert_clean().await;
}
