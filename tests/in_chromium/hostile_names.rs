//! Names that try to become markup or script stay text.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use metrics_layer::{Metrics, Registry};
use serde_json::json;
use tower::{ServiceExt, service_fn};

use crate::chromium::{Browser, Page};
use crate::servers;
use crate::setup::{dashboard, open};

/// What would tell that one of them ran.
const RUN: &str = "window.ran=1";

/// Ways into a page; `RUN` stands for what they would run.
const WAYS: [&str; 25] = [
    "<script>RUN</script>",
    "<img src=x onerror=RUN>",
    "<svg onload=RUN>",
    "<svg><script>RUN</script></svg>",
    "<body onload=RUN>",
    "<iframe src=javascript:RUN>",
    "<iframe srcdoc='<script>parent.RUN</script>'>",
    "<a href=javascript:RUN>x</a>",
    "<details open ontoggle=RUN>",
    "<input autofocus onfocus=RUN>",
    "<video><source onerror=RUN>",
    "<math><mi xlink:href=javascript:RUN>",
    "<style>@import'javascript:RUN'</style>",
    "<link rel=stylesheet href=javascript:RUN>",
    "<meta http-equiv=refresh content=0;url=javascript:RUN>",
    "<base href=javascript:RUN//>",
    "<object data=javascript:RUN>",
    "<template><script>RUN</script></template>",
    "javascript:RUN",
    "${RUN}",
    "{{constructor.constructor('RUN')()}}",
    "__proto__",
    "constructor",
    "%3Cscript%3ERUN%3C/script%3E",
    "&lt;script&gt;RUN&lt;/script&gt;",
];

/// What stands before them, to end what they may be inside of.
const BEFORE: [&str; 4] = ["", "\"'>", "</title></script></style></td>", "--><!--\u{202e}"];

/// All of them, 100, each another text.
fn payloads() -> Vec<String> {
    let all: Vec<_> = WAYS
        .iter()
        .flat_map(|way| BEFORE.map(|before| format!("{before}{}", way.replace("RUN", RUN))))
        .collect();
    assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), 100);
    all
}

/// Uses every one as a name of everything that has one.
fn record(registry: &Registry, payloads: &[String]) {
    let elapsed = Duration::from_millis(2);
    for name in payloads {
        let node = registry.node(name);
        node.describe(name, name);
        node.record(elapsed, 10);
        node.operation(name).record(elapsed);
        registry.route("GET", &format!("/{name}")).record(elapsed, 200);
        registry.topic(name).record_message(10);
        registry.function(name).record(elapsed);
        registry.cache(name).record_hit();
        registry.gauge_with_unit(name, "<b>").set(1.0);
    }
}

/// All first cells of a table; it is given room for all of its rows, as it has only those in view.
async fn names(page: &Page, table: &str) -> BTreeSet<String> {
    let table = format!("[data-table=\"{table}\"]");
    let room = |height: &str| {
        format!("void (document.querySelector('{table} .scroller').style.maxHeight = '{height}')")
    };
    page.evaluate::<()>(&room("none")).await;
    let rows = format!("[...document.querySelectorAll('{table} tr[data-key]')]");
    let all = format!("document.querySelector('{table} table').getAttribute('aria-rowcount')");
    page.until(&format!("{rows}.length === {all} - 1")).await;
    let texts = format!("{rows}.map((row) => row.querySelector('th, td').firstElementChild.textContent)");
    let texts: Vec<String> = page.evaluate(&texts).await;
    page.evaluate::<()>(&room("")).await;
    texts.into_iter().collect()
}

/// Those of a table that has some.
async fn rows(page: &Page, table: &str) -> BTreeSet<String> {
    page.until(&format!("document.querySelector('[data-table=\"{table}\"] tr[data-key]')")).await;
    names(page, table).await
}

/// Every payload is among what is shown, as it is.
fn assert_all(what: &str, payloads: &[String], shown: &BTreeSet<String>, is_it: impl Fn(&str, &str) -> bool) {
    let missing = payloads.iter().filter(|payload| !shown.iter().any(|shown| is_it(shown, payload)));
    let missing: Vec<_> = missing.collect();
    assert!(missing.is_empty(), "{what}: not shown as they are: {missing:?}");
}

/// The names of the gauges of watched routes.
async fn watched(page: &Page) -> BTreeSet<String> {
    let gauges = "document.querySelectorAll('[data-metric=\"watched\"]')";
    page.until(&format!("{gauges}.length > 0")).await;
    let names = format!("[...{gauges}].map((gauge) => gauge.querySelector('.name').textContent)");
    page.evaluate::<Vec<String>>(&names).await.into_iter().collect()
}

/// Nothing ran, and nothing of it became an element.
async fn assert_harmless(page: &Page) {
    assert!(page.evaluate::<bool>("window.ran === undefined").await, "something ran");
    let made =
        "[...document.querySelectorAll(`body img, body script, iframe, object, video, math, base, body style,
        body link, body meta, template, a[href^=javascript], [onerror], [onload], [onfocus], [ontoggle]`)]
        .map((element) => element.outerHTML)";
    assert_eq!(page.evaluate::<Vec<String>>(made).await, Vec::<String>::new());
    page.assert_clean().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs chromium"]
async fn a_hundred_payloads_as_names_of_everything_are_shown_as_text() {
    let _shared = crate::QUIET.read().await;
    let payloads = payloads();
    let builder = Metrics::builder().service("hostile").allow_loopback();
    // Watched by a name, called by a name, at a path that is one.
    let builder = payloads.iter().fold(builder, |builder, name| {
        let template = format!("/{name}");
        builder.watch(name, "GET", template.clone()).endpoint(name, "GET", template)
    });
    let metrics = builder.build().unwrap();
    record(metrics.registry(), &payloads);
    for name in &payloads {
        metrics.collection().record_extension_status(name, name.as_str());
        metrics.collection().record_request_latency(name, 2.0);
    }
    metrics.collection().collect();
    let address = crate::setup::serve(&metrics).await;
    let browser = Browser::start().await;
    let page = dashboard(&browser, &address.to_string()).await;
    for table in ["nodes", "topics", "functions", "caches", "watched", "statuses"] {
        assert_all(table, &payloads, &rows(&page, table).await, |shown, payload| shown == payload);
        assert_harmless(&page).await;
    }
    // Routes have their path in the first column, behind the method or beside it.
    let routes = rows(&page, "routes").await;
    assert_all("routes", &payloads, &routes, |shown, payload| shown.contains(payload));

    // What is chosen is told at length, and its name is part of the address.
    for table in ["nodes", "routes"] {
        let choose = format!(
            "void document.querySelector('[data-table=\"{table}\"] tr[data-key] th button')?.click()"
        );
        page.evaluate::<()>(&choose).await;
    }
    assert_harmless(&page).await;
    page.evaluate::<()>("void (window.isOld = true)").await;
    page.call("Page.reload", json!({})).await;
    page.until(&format!("!window.isOld && {}", crate::setup::state("live"))).await;
    page.drawn().await;
    assert_harmless(&page).await;

    let page = open(&browser, &address.to_string(), "admin/performance", "live").await;
    let gauges = watched(&page).await;
    assert_all("gauges", &payloads, &gauges, |shown, payload| shown == payload);
    let endpoints = rows(&page, "route-stats").await;
    assert_all("endpoints", &payloads, &endpoints, |shown, payload| shown == format!("GET /{payload}"));
    // And what the application calls them, beside the path.
    let handlers: Vec<String> = page
        .evaluate("[...document.querySelectorAll('[data-table=\"route-stats\"] th .tag')].map((tag) => tag.textContent)")
        .await;
    assert!(handlers.iter().any(|handler| payloads.contains(handler)), "{handlers:?}");
    assert_harmless(&page).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs chromium"]
async fn a_hundred_payloads_as_names_of_services_are_shown_as_text() {
    let _shared = crate::QUIET.read().await;
    // As many as a name has room for, so that not a hundred services have to be looked at.
    let mut services = vec![String::new()];
    for payload in payloads() {
        if services[services.len() - 1].len() + payload.len() > 255 {
            services.push(String::new());
        }
        let last = services.len() - 1;
        services[last] += &payload;
        services[last].push(' ');
    }
    let services: Vec<_> = services.iter().map(|name| name.trim_end().to_owned()).collect();
    let named = |name: &String| Metrics::builder().service(name).allow_loopback().build().unwrap();
    let running: Vec<_> = services.iter().map(named).collect();
    // One address, at which one after the other answers.
    let present = Arc::new(AtomicUsize::new(0));
    let handlers: Vec<_> = running.iter().map(Metrics::handler).collect();
    let answering = Arc::clone(&present);
    let app = service_fn(move |request: axum::extract::Request| {
        handlers[answering.load(Ordering::SeqCst)].clone().oneshot(request)
    });
    let (listener, address) = servers::listen().await;
    let app = Router::new().fallback_service(app);
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });

    let browser = Browser::start().await;
    let page = dashboard(&browser, &address.to_string()).await;
    // The page asks again every few seconds; it is told to do so now.
    let ask = "import('/dashboard/performance/sources.js').then(({ pokeAll }) => pokeAll())";
    for (place, service) in services.iter().enumerate() {
        present.store(place, Ordering::SeqCst);
        page.evaluate::<()>(ask).await;
        let name = serde_json::to_string(service).unwrap();
        page.until(&format!("document.querySelector('service-title h1').textContent === {name}")).await;
        assert!(page.evaluate::<bool>(&format!("document.title.startsWith({name})")).await);
        assert_harmless(&page).await;
    }
}
