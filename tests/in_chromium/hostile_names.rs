//! Names that try to become markup or script stay text.

use std::collections::BTreeSet;
use std::time::Duration;

use axum::Router;
use metrics_layer::{Metrics, Registry};
use serde_json::json;

use crate::chromium::{Browser, Page};
use crate::servers;
use crate::setup::dashboard;

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
        registry.route("GET", name).record(elapsed, 200);
        registry.topic(name).record_message(10);
        registry.function(name).record(elapsed);
        registry.cache(name).record_hit();
        registry.gauge_with_unit(name, "<b>").set(1.0);
    }
}

/// All first cells of a table, also of rows that are not in the page until somebody scrolls to them.
async fn names(page: &Page, table: &str) -> BTreeSet<String> {
    let all: Vec<String> = page
        .evaluate(&format!(
            "(async () => {{
                const scroller = document.querySelector('[data-table=\"{table}\"] .scroller');
                scroller.scrollIntoView();
                const seen = new Set();
                for (let top = 0; top <= scroller.scrollHeight; top += scroller.clientHeight / 2) {{
                    scroller.scrollTop = top;
                    for (let frame = 0; frame < 3; frame++) await new Promise(requestAnimationFrame);
                    for (const row of scroller.querySelectorAll('tr[data-key]')) {{
                        seen.add(row.querySelector('th, td').firstElementChild.textContent);
                    }}
                }}
                return [...seen];
            }})()"
        ))
        .await;
    all.into_iter().collect()
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
    let metrics = Metrics::builder().service("hostile").allow_loopback().build().unwrap();
    record(metrics.registry(), &payloads);
    for name in &payloads {
        metrics.collection().record_extension_status(name, name.as_str());
        metrics.collection().record_request_latency(name, 2.0);
    }
    metrics.collection().collect();
    let address = crate::setup::serve(&metrics).await;
    let browser = Browser::start().await;
    let page = dashboard(&browser, &address.to_string()).await;
    for table in ["nodes", "topics", "functions", "caches", "statuses"] {
        page.until(&format!("document.querySelector('[data-table=\"{table}\"] tr[data-key]')")).await;
        let shown = names(&page, table).await;
        let missing: Vec<_> = payloads.iter().filter(|payload| !shown.contains(*payload)).collect();
        assert!(missing.is_empty(), "{table}: not shown as they are: {missing:?}");
        assert_harmless(&page).await;
    }
    // Routes have their path in the first column, behind the method or beside it.
    let routes = names(&page, "routes").await;
    let missing: Vec<_> =
        payloads.iter().filter(|payload| !routes.iter().any(|shown| shown.contains(*payload))).collect();
    assert!(missing.is_empty(), "routes: not shown as they are: {missing:?}");

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
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs chromium"]
async fn a_hundred_payloads_as_names_of_services_are_shown_as_text() {
    let _shared = crate::QUIET.read().await;
    // As many as a name has room for, so that not a hundred pages have to be looked at.
    let mut services = vec![String::new()];
    for payload in payloads() {
        if services[services.len() - 1].len() + payload.len() > 255 {
            services.push(String::new());
        }
        let last = services.len() - 1;
        services[last] += &payload;
        services[last].push(' ');
    }
    let all: Vec<_> = services.iter().map(|name| name.trim_end().to_owned()).collect();
    let mut app = Router::new();
    let mut running = Vec::new();
    for (place, service) in all.iter().enumerate() {
        let metrics = Metrics::builder().service(service).allow_loopback().build().unwrap();
        app = app.nest_service(&format!("/{place}"), metrics.handler());
        running.push(metrics);
    }
    let (listener, address) = servers::listen().await;
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    let browser = Browser::start().await;
    let page = browser.page(&address.to_string()).await;
    for (place, service) in all.iter().enumerate() {
        page.open(&format!("http://{address}/{place}/dashboard/performance")).await;
        let name = serde_json::to_string(service).unwrap();
        page.until(&format!("document.querySelector('service-title').textContent.includes({name})")).await;
        assert_harmless(&page).await;
    }
}
