//! The page for administrators: seed 2's blocks in front, the same numbers as its document, wherever it is mounted.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use metrics_layer::Metrics;
use metrics_layer::core::LatencyThresholds;
use metrics_layer::serve::{Mount, Mounts};
use serde_json::Value;

use crate::chromium::{Browser, Page};
use crate::example::Service;
use crate::setup::{column, number, open, serve, state};

/// What a gauge in front shows: its value, its unit and its note, its word.
async fn gauge(page: &Page, selector: &str) -> [String; 4] {
    let part = |class: &str| format!("gauge.querySelector('.{class}').textContent");
    let parts = ["value", "unit", "foot > .line", "badge"].map(part).join(", ");
    let gauge = format!("document.querySelector('performance-panel [data-metric=\"{selector}\"]')");
    page.evaluate(&format!("(() => {{ const gauge = {gauge}; return [{parts}] }})()")).await
}

/// The panels that say that they have no source.
async fn sourceless(page: &Page) -> BTreeSet<String> {
    let names = "[...document.querySelectorAll('.sourceless')].filter((each) => /^No source: \\S+ is not mounted here\\.$/m.test(each.innerText))
        .map((each) => each.localName)";
    page.evaluate::<Vec<String>>(names).await.into_iter().collect()
}

/// The paths that a page asked for, without its own files.
async fn asked(page: &Page) -> BTreeSet<String> {
    let paths = "performance.getEntriesByType('resource').map(({ name }) => new URL(name).pathname)";
    let all: Vec<String> = page.evaluate(paths).await;
    let is_file = |path: &str| [".js", ".css", ".svg"].iter().any(|ending| path.ends_with(ending));
    all.into_iter().filter(|path| !is_file(path)).collect()
}

/// How the page tells a number of ms.
fn ms(value: &Value) -> f64 {
    (value.as_f64().unwrap() * 100.0).round() / 100.0
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs chromium"]
async fn what_the_page_shows_is_what_its_document_says() {
    let _shared = crate::QUIET.read().await;
    let service = Service::start("media_server", &["--port", "0"]);
    for (method, path, body) in [
        ("POST", "/api/ratings/abcdef", r#"{"rating": 4}"#),
        ("GET", "/api/ratings/abcdef", ""),
        ("GET", "/", ""),
        ("GET", "/watch/lost.wav", ""),
    ] {
        for _ in 0..7 {
            service.ask(method, path, &["Content-Type: application/json"], body);
        }
    }
    let browser = Browser::start().await;
    let page = open(&browser, &service.address, "admin/performance", "live").await;
    page.until("document.querySelectorAll('[data-table=\"route-stats\"] tr[data-key]').length === 4").await;
    page.drawn().await;

    // Nobody asks the service for anything that it counts any more.
    let document = service.get("/admin/performance/json?blocks=all").json();
    let [value, unit, note, _] = gauge(&page, "cache-hit-rate").await;
    assert_eq!(value, format!("{:.1}", document["cache_hit_rate"].as_f64().unwrap()));
    let lookups = ["hits", "misses"].map(|key| format!("{} {key}", document["cache"][key]));
    assert_eq!((unit.as_str(), note), ("%", lookups.join(", ")));

    let [value, _, note, _] = gauge(&page, "queries-per-request").await;
    let database = &document["database"];
    assert_eq!(value, format!("{:.2}", database["avg_per_request"].as_f64().unwrap()));
    let [total, count, most] = ["total_queries", "count", "max_per_request"].map(|key| &database[key]);
    assert_eq!(note, format!("{total} in {count} requests, {most} at most"));

    let [value, unit, note, word] = gauge(&page, "watched").await;
    let watched = &document["ratings_post"];
    assert_eq!((number(&value), unit.as_str()), (ms(&watched["p95_latency_ms"]), "ms"));
    let [count, mean] = ["request_count", "avg_latency_ms"].map(|key| &watched[key]);
    assert_eq!(count, 7);
    assert_eq!(note, format!("p95 of {count} requests, mean {:.2} ms", mean.as_f64().unwrap()));
    assert!(["good", "warning", "poor"].contains(&word.as_str()), "{word:?}");

    // It goes on while the page is looked at.
    let [_, _, note, _] = gauge(&page, "uptime").await;
    let shown = number(note.strip_suffix(" s").expect("seconds"));
    assert!((0.0..=document["uptime_seconds"].as_f64().unwrap()).contains(&shown), "{note}");

    let endpoints = document["endpoints"].as_object().unwrap();
    for key in ["p50_ms", "p95_ms", "p99_ms", "avg_ms", "min_ms", "max_ms", "request_count", "error_count"] {
        let shown: BTreeMap<String, String> = page.evaluate(&column("route-stats", key)).await;
        assert_eq!(shown.keys().collect::<Vec<_>>(), endpoints.keys().collect::<Vec<_>>(), "{key}");
        for (route, shown) in shown {
            assert!((number(&shown) - ms(&endpoints[&route][key])).abs() < 0.011, "{route} {key}: {shown}");
        }
    }
    let words: BTreeMap<String, String> = page.evaluate(&column("route-stats", "status")).await;
    assert!(words.values().all(|word| ["good", "warning", "poor"].contains(&word.as_str())), "{words:?}");
    page.assert_clean().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs chromium"]
async fn latencies_have_the_words_and_colours_of_the_thresholds() {
    let _shared = crate::QUIET.read().await;
    let watched = Metrics::builder()
        .watch("quick", "GET", "/49")
        .watch("limit", "GET", "/50")
        .watch("limit too", "GET", "/200")
        .watch("slow", "GET", "/201")
        .watch("never", "GET", "/never");
    let metrics = watched.allow_loopback().build().unwrap();
    for ms in [49, 50, 200, 201] {
        metrics.registry().route("GET", &format!("/{ms}")).record(Duration::from_millis(ms), 200);
    }
    let address = serve(&metrics).await.to_string();
    let browser = Browser::start().await;
    let page = open(&browser, &address, "admin/performance", "live").await;
    page.until("document.querySelectorAll('[data-metric=\"watched\"]').length === 5").await;
    page.drawn().await;
    let told = "Object.fromEntries([...document.querySelectorAll('[data-metric=\"watched\"]')].map((gauge) => [
        gauge.getAttribute('name'), [gauge.querySelector('.badge').textContent, gauge.dataset.level ?? '']]))";
    let told: BTreeMap<String, [String; 2]> = page.evaluate(told).await;
    let expected = [
        ("limit", ["warning", "degraded"]),
        ("limit too", ["warning", "degraded"]),
        ("never", ["", ""]),
        ("quick", ["good", "healthy"]),
        ("slow", ["poor", "critical"]),
    ];
    assert_eq!(told, expected.map(|(name, words)| (name.to_owned(), words.map(str::to_owned))).into());

    let words: BTreeMap<String, String> = page.evaluate(&column("route-stats", "status")).await;
    let expected =
        [("GET /200", "warning"), ("GET /201", "poor"), ("GET /49", "good"), ("GET /50", "warning")];
    assert_eq!(words, expected.map(|(route, word)| (route.to_owned(), word.to_owned())).into());
    // A colour of its own for each word, beside which the word stands.
    let colours = "[...new Set([...document.querySelectorAll('[data-table=\"route-stats\"] td[data-column=\"status\"]')]
        .map((cell) => `${cell.textContent} ${getComputedStyle(cell).color}`))]";
    let colours: Vec<String> = page.evaluate(colours).await;
    assert_eq!(colours.len(), 3, "{colours:?}");
    page.assert_clean().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs chromium"]
async fn the_page_without_other_mounts_lives_on_its_own_document() {
    let _shared = crate::QUIET.read().await;
    let thresholds = LatencyThresholds::new(1.0, 2.0).unwrap();
    let builder = Metrics::builder().latency_thresholds(thresholds).watch("ratings_post", "POST", "/api/x");
    let mounts = Mounts::none().admin(Mount::at("/ops/inside"));
    let metrics = builder.allow_loopback().mounts(mounts).build().unwrap();
    let route = metrics.registry().route("POST", "/api/x");
    route.record(Duration::from_millis(3), 200);
    let address = serve(&metrics).await.to_string();
    let browser = Browser::start().await;
    let page = open(&browser, &address, "ops/inside/admin/performance", "polling").await;
    page.until("document.querySelector('[data-table=\"route-stats\"] tr[data-key]')").await;
    let [value, unit, note, word] = gauge(&page, "watched").await;
    // Its thresholds come with the page, as nothing else tells them.
    assert_eq!([&*value, &*unit, &*word], ["3.00", "ms", "poor"], "{note}");
    // What happens is there with the next document.
    route.record(Duration::from_millis(5), 200);
    page.until("document.querySelector('[data-table=\"route-stats\"] [data-column=\"request_count\"] span')?.textContent === '2'").await;

    let without = sourceless(&page).await;
    for panel in ["system-panel", "endpoints-panel", "functions-panel", "trends-panel", "alerts-panel"] {
        assert!(without.contains(panel), "{panel} is not among {without:?}");
    }
    for panel in ["performance-panel", "route-stats-panel", "cache-database-panel", "rendering-panel"] {
        assert!(!without.contains(panel), "{panel}");
    }
    assert_eq!(asked(&page).await, BTreeSet::from(["/ops/inside/admin/performance/json".to_owned()]));
    page.photograph(&crate::setup::picture("admin-alone")).await;
    page.assert_clean().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs chromium"]
async fn pages_find_what_is_mounted_and_name_what_is_not() {
    let _shared = crate::QUIET.read().await;
    let browser = Browser::start().await;
    let [on, off, inside, ops] = [Mount::on(), Mount::off(), Mount::at("/in/side"), Mount::at("/ops")];
    let all = ["api", "metrics", "admin"];
    let cases = [
        // The page for administrators without the dashboard, with all of its data elsewhere.
        (
            Mounts::none().api(inside.clone()).metrics(ops.clone()).admin(on.clone()),
            "admin/performance",
            "live",
            all.to_vec(),
        ),
        (
            Mounts::all().metrics(off.clone()).dashboard(inside),
            "admin/performance",
            "live",
            vec!["api", "admin"],
        ),
        // And the reverse.
        (Mounts::all().admin(off.clone()), "dashboard/performance", "live", vec!["api", "metrics"]),
        (
            Mounts::all().api(off.clone()).dashboard(ops),
            "ops/dashboard/performance",
            "polling",
            vec!["metrics", "admin"],
        ),
        (
            Mounts::none().metrics(on.clone()).dashboard(on),
            "dashboard/performance",
            "polling",
            vec!["metrics"],
        ),
    ];
    // A panel of each family that is there in any service.
    let panels = [("api", "endpoints-panel"), ("metrics", "trends-panel"), ("admin", "route-stats-panel")];
    for (mounts, path, connection, families) in cases {
        let metrics = Metrics::builder().service("here").allow_loopback().mounts(mounts).build().unwrap();
        metrics.registry().route("GET", "/x").record(Duration::from_millis(3), 200);
        metrics.registry().node("n").record(Duration::from_millis(3), 1);
        let address = serve(&metrics).await.to_string();
        let page = open(&browser, &address, path, connection).await;
        page.until("document.body.dataset.ready !== undefined").await;
        let is_for_admins = path.ends_with("admin/performance");
        let without = sourceless(&page).await;
        for (family, panel) in panels {
            if family == "admin" && !is_for_admins {
                let is_there =
                    page.evaluate::<bool>(&format!("Boolean(document.querySelector('{panel}'))")).await;
                assert!(!is_there, "{path}");
                continue;
            }
            assert_eq!(without.contains(panel), !families.contains(&family), "{path} {families:?} {panel}");
        }
        let [front, graph] = ["route-stats", "nodes"]
            .map(|table| format!("document.querySelector('[data-table=\"{table}\"] tr[data-key]')"));
        if is_for_admins {
            page.until(&front).await;
        }
        if families.contains(&"api") {
            page.until(&graph).await;
            page.until("document.querySelector('service-title h1').textContent === 'here'").await;
        } else {
            // Nothing tells the name of the service.
            page.until("document.querySelector('service-title h1').textContent === location.host").await;
        }
        page.assert_clean().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs chromium"]
async fn a_page_without_other_mounts_says_what_keeps_it_from_its_data() {
    let _shared = crate::QUIET.read().await;
    let browser = Browser::start().await;
    let alone = || Metrics::builder().mounts(Mounts::none().admin(Mount::on()));
    let off = alone().enabled(false).allow_loopback().build().unwrap();
    let address = serve(&off).await.to_string();
    open(&browser, &address, "admin/performance", "disabled").await;

    let locked = alone().token("a-token-that-is-long-enough").build().unwrap();
    let address = serve(&locked).await.to_string();
    let page = open(&browser, &address, "admin/performance", "unauthorised").await;
    page.evaluate::<()>(&enter("a-token-that-is-long-enough")).await;
    page.until(&state("polling")).await;
    page.until("document.querySelector('[data-metric=\"uptime\"] [data-value]').dataset.value !== ''").await;
}

/// Gives the page a token.
fn enter(token: &str) -> String {
    format!(
        "void (() => {{
            const form = document.querySelector('token-form form');
            form.elements.token.value = '{token}';
            form.requestSubmit();
        }})()"
    )
}

/// A browser sends no header with such a character, which comes along where a token is copied from.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs chromium"]
async fn a_token_that_cannot_be_sent_is_asked_for_again() {
    const ASKED: &str = "performance.getEntriesByType('resource').filter(({ initiatorType }) => initiatorType === 'fetch').length";
    const WORD: &str = "document.querySelector('connection-status .word').textContent";
    let _shared = crate::QUIET.read().await;
    let browser = Browser::start().await;
    let locked = Metrics::builder().token("a-token-that-is-long-enough").build().unwrap();
    let address = serve(&locked).await.to_string();
    let page = open(&browser, &address, "dashboard/performance", "unauthorised").await;
    page.until(&format!("{WORD} === 'Token needed'")).await;
    let asked: u32 = page.evaluate(ASKED).await;
    page.evaluate::<()>(&enter("a-token-that-is-long-enough\\u200b")).await;
    page.until(&format!("{ASKED} > {asked} && {}", state("unauthorised"))).await;
    page.until(&format!("{WORD} === 'Token refused'")).await;
    page.open(&format!("http://{address}/dashboard/performance")).await;
    page.until(&state("unauthorised")).await;
    page.evaluate::<()>(&enter("another-token-that-is-long")).await;
    page.until(&format!("{WORD} === 'Token refused'")).await;
    page.evaluate::<()>(&enter("a-token-that-is-long-enough")).await;
    page.until(&state("live")).await;
}
