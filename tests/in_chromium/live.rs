//! What is shown is what the endpoints say, soon, and again after the service was away.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use axum::extract::Request;
use axum::http::StatusCode;
use axum::middleware::{Next, from_fn};
use axum::response::IntoResponse;
use metrics_layer::Metrics;
use serde_json::Value;

use crate::chromium::{Browser, Complaint, Scheme};
use crate::example::Service;
use crate::servers;
use crate::setup::{column, dashboard, number, serve, show_rendering, state, thin_street};

fn nodes(service: &Service) -> BTreeMap<String, Value> {
    let dag = service.get("/api/metrics/dag").json();
    let nodes = dag["nodes"].as_array().unwrap().iter();
    nodes.map(|node| (node["node_id"].as_str().unwrap().to_owned(), node.clone())).collect()
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs chromium"]
async fn counts_of_nodes_lie_between_what_the_endpoint_said_before_and_after() {
    let _shared = crate::QUIET.read().await;
    let (service, _folder) = thin_street(&[], &["--hz", "4"]);
    let browser = Browser::start().await;
    let page = dashboard(&browser, &service.address).await;
    let before = nodes(&service);
    // The next snapshot, and the one after it, are later than what was asked for.
    for _ in 0..2 {
        let time: String =
            page.evaluate("document.querySelector('connection-status time').textContent").await;
        let time = serde_json::to_string(&time).unwrap();
        page.until(&format!("document.querySelector('connection-status time').textContent !== {time}")).await;
    }
    page.press("p").await;
    page.until(&state("paused")).await;
    page.drawn().await;
    let shown: BTreeMap<String, String> = page.evaluate(&column("nodes", "calls_total")).await;
    let after = nodes(&service);
    assert_eq!(shown.len(), 7, "{shown:?}");
    for (id, shown) in shown {
        let [least, most] = [&before, &after].map(|nodes| nodes[&id]["calls_total"].as_f64().unwrap());
        assert!((least..=most).contains(&number(&shown)), "{id}: {shown} is not from {least} to {most}");
    }
    page.assert_clean().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs chromium"]
async fn routes_are_those_of_the_endpoint_to_the_digit() {
    let _shared = crate::QUIET.read().await;
    let service = Service::start("media_server", &["--port", "0"]);
    for _ in 0..7 {
        assert_eq!(service.get("/").status, 200);
        assert_eq!(service.get("/api/ratings/unknown").status, 200);
    }
    let browser = Browser::start().await;
    let page = dashboard(&browser, &service.address).await;
    // Nobody asks any more, so that both stay as they are.
    let routes = service.get("/api/metrics").json()["endpoints"].clone();
    let routes = routes.as_array().unwrap();
    assert!(routes.len() >= 2, "{routes:?}");
    page.until("document.querySelectorAll('[data-table=\"routes\"] tr[data-key]').length >= 2").await;
    let calls: BTreeMap<String, String> = page.evaluate(&column("routes", "calls_total")).await;
    let averages: BTreeMap<String, String> = page.evaluate(&column("routes", "avg_latency_ms")).await;
    for route in routes {
        let key = format!("{} {}", route["method"].as_str().unwrap(), route["path"].as_str().unwrap());
        let shown = |column: &BTreeMap<String, String>| number(&column[&key]);
        assert_eq!(shown(&calls), route["calls_total"].as_f64().unwrap(), "{key}");
        let average = route["avg_latency_ms"].as_f64().unwrap();
        assert!((shown(&averages) - average).abs() <= 0.005 + 1e-9, "{key}: {averages:?}, {average}");
    }
    page.assert_clean().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs chromium"]
async fn a_service_that_was_away_is_live_again() {
    let _shared = crate::QUIET.read().await;
    let service = Service::start("media_server", &["--port", "0"]);
    let browser = Browser::start().await;
    let page = dashboard(&browser, &service.address).await;
    page.assert_clean().await;
    let port = service.address.rsplit_once(':').unwrap().1.to_owned();
    drop(service);
    page.until(&state("reconnecting")).await;
    let _again = Service::start("media_server", &["--port", &port]);
    page.until(&state("live")).await;
    // That the service was away is all that may be said.
    let complaints = page.complaints().await;
    let is_told = |one: &Complaint| matches!(one, Complaint::Console(text) if text.contains("ERR_"));
    assert!(complaints.iter().all(is_told), "{complaints:?}");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs chromium"]
async fn the_page_shows_what_it_measures_of_itself() {
    let _shared = crate::QUIET.read().await;
    let service = Service::start("media_server", &["--port", "0"]);
    let browser = Browser::start().await;
    let page = dashboard(&browser, &service.address).await;
    show_rendering(&page).await;
    let frames = column("sockets", "ws_frames_per_sec");
    page.until(&format!("Number(({frames}).system_metrics) > 0")).await;
    let requests: BTreeMap<String, String> = page.evaluate(&column("page-requests", "calls")).await;
    for path in ["/api/health/performance", "/api/metrics", "/api/metrics/openapi.json"] {
        assert!(number(&requests[path]) >= 1.0, "{path}: {requests:?}");
    }
    let figures: String = page.evaluate("document.querySelector('rendering-panel').innerText").await;
    for figure in ["Frames/s", "Drawing", "Applying data", "Long tasks"] {
        assert!(figures.contains(figure), "no {figure} in {figures}");
    }
    page.assert_clean().await;
}

/// A service that is too busy for some of its paths, while there are `left` more times.
async fn busy(metrics: &Metrics, paths: &'static [&'static str], left: &Arc<AtomicU32>) -> String {
    let left = Arc::clone(left);
    let refuse = move |request: Request, next: Next| {
        let is_one = paths.contains(&request.uri().path());
        let is_busy = is_one
            && left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok();
        async move {
            if is_busy {
                (StatusCode::SERVICE_UNAVAILABLE, [("retry-after", "1")]).into_response()
            } else {
                next.run(request).await
            }
        }
    };
    let app: axum::Router = metrics.router().layer(from_fn(refuse));
    let (listener, address) = servers::listen().await;
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    address.to_string()
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs chromium"]
async fn a_service_that_is_too_busy_is_asked_again_after_a_while() {
    let _shared = crate::QUIET.read().await;
    let metrics = Metrics::builder().allow_loopback().build().unwrap();
    let host = busy(&metrics, &["/api/metrics", "/ws/system_metrics"], &Arc::new(u32::MAX.into())).await;
    let browser = Browser::start().await;
    let page = browser.page(&host).await;
    page.open(&format!("http://{host}/dashboard/performance")).await;
    page.until("performance.now() > 4000").await;
    let asked = "performance.getEntriesByType('resource').filter(({ name }) => name.endsWith('/api/health/performance')).length";
    let asked: usize = page.evaluate(asked).await;
    assert!((2..=5).contains(&asked), "asked {asked} times in four seconds");
    page.until("/^next attempt in/.test(document.querySelector('connection-status time').textContent)").await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs chromium"]
async fn a_page_that_could_not_learn_what_there_is_asks_again() {
    let _shared = crate::QUIET.read().await;
    let metrics = Metrics::builder().allow_loopback().build().unwrap();
    metrics.registry().function("f").record(std::time::Duration::from_millis(1));
    let host = busy(&metrics, &["/api/metrics/openapi.json"], &Arc::new(1.into())).await;
    let browser = Browser::start().await;
    let page = dashboard(&browser, &host).await;
    page.until("document.querySelector('[data-table=\"functions\"] tr[data-key=\"f\"]')").await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs chromium"]
async fn what_a_busy_service_told_stays() {
    let _shared = crate::QUIET.read().await;
    let metrics = Metrics::builder().allow_loopback().build().unwrap();
    metrics.registry().cache("c").record_hit();
    let left = Arc::new(AtomicU32::new(0));
    let host = busy(&metrics, &["/admin/performance/json"], &left).await;
    let browser = Browser::start().await;
    let page = dashboard(&browser, &host).await;
    let row = "document.querySelector('[data-table=\"caches\"] tr[data-key=\"c\"]')?.checkVisibility()";
    page.until(row).await;
    left.store(u32::MAX, Ordering::Relaxed);
    let refusals = "performance.getEntriesByType('resource').filter(({ responseStatus }) => responseStatus === 503).length";
    page.until(&format!("{refusals} > 2")).await;
    assert!(page.evaluate::<bool>(row).await);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs chromium"]
async fn a_service_that_stands_still_is_not_live() {
    let _shared = crate::QUIET.read().await;
    let service = Service::start("media_server", &["--port", "0"]);
    let browser = Browser::start().await;
    let page = dashboard(&browser, &service.address).await;
    let time = "document.querySelector('connection-status time').textContent";
    let first: String = page.evaluate(time).await;
    page.until(&format!("{time} !== '{first}'")).await;
    // Its connections stay open.
    service.signal("STOP");
    page.until(&state("reconnecting")).await;
    let about: String = page.evaluate("document.querySelector('.about').textContent").await;
    page.evaluate::<()>("new Promise((done) => setTimeout(() => done(null), 2500))").await;
    assert_eq!(page.evaluate::<String>("document.querySelector('.about').textContent").await, about);
    service.signal("CONT");
    page.until(&state("live")).await;
    page.assert_clean().await;
}

/// As a service that stands still, for a page that cannot have the stream.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs chromium"]
async fn a_request_that_is_never_answered_is_given_up() {
    let _shared = crate::QUIET.read().await;
    let service = Service::start("media_server", &["--port", "0"]);
    let browser = Browser::start().await;
    let page = browser.page(&service.address).await;
    let source =
        "window.WebSocket = class { constructor() { setTimeout(() => this.onclose()); } close() {} };";
    page.first_run(source).await;
    page.open(&format!("http://{}/dashboard/performance", service.address)).await;
    page.until(&state("polling")).await;
    service.signal("STOP");
    page.until(&state("reconnecting")).await;
    service.signal("CONT");
    page.until(&state("polling")).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs chromium"]
async fn a_page_that_may_keep_nothing_shows_all_the_same() {
    let _shared = crate::QUIET.read().await;
    let metrics = Metrics::builder().allow_loopback().build().unwrap();
    let host = serve(&metrics).await.to_string();
    let browser = Browser::start().await;
    let page = browser.page(&host).await;
    // As browsers do that are set to keep nothing of sites.
    let source = "for (const name of ['localStorage', 'sessionStorage']) {
        Object.defineProperty(window, name, { get() { throw new DOMException('denied', 'SecurityError'); } });
    }";
    page.first_run(source).await;
    page.open(&format!("http://{host}/dashboard/performance#theme=dark")).await;
    page.until(&state("live")).await;
    page.press("t").await;
    page.until("document.documentElement.dataset.theme === undefined").await;
    page.assert_clean().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs chromium"]
async fn an_address_of_a_paused_page_shows_one_moment() {
    let _shared = crate::QUIET.read().await;
    let metrics = Metrics::builder().allow_loopback().build().unwrap();
    let function = metrics.registry().function("f");
    function.record(std::time::Duration::from_millis(1));
    let host = serve(&metrics).await.to_string();
    let browser = Browser::start().await;
    let page = browser.page(&host).await;
    page.look(1440, 5_000, Scheme::Light).await;
    page.open(&format!("http://{host}/dashboard/performance#paused=1")).await;
    page.until(&state("paused")).await;
    let calls = column("functions", "calls_total");
    page.until(&format!("({calls}).f === '1' && document.querySelector('main').checkVisibility({{ visibilityProperty: true }})"))
        .await;
    function.record(std::time::Duration::from_millis(1));
    let time: String = page.evaluate("document.querySelector('connection-status time').textContent").await;
    page.evaluate::<()>("new Promise((done) => setTimeout(() => done(null), 2500))").await;
    assert_eq!(page.evaluate::<Value>(&calls).await["f"], "1");
    let after: String = page.evaluate("document.querySelector('connection-status time').textContent").await;
    assert_eq!(after, time, "nothing moves");
    page.assert_clean().await;
}
