//! Every chart has its points.

use std::time::Duration;

use metrics_layer::Metrics;
use serde_json::{Value, json};

use crate::chromium::Browser;
use crate::setup::{column, dashboard, open, serve};

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

/// The charts that are seen and have points, by name.
const SEEN: &str = "[...document.querySelectorAll('svg.chart:not([data-points=\"0\"])')]
    .filter((chart) => chart.checkVisibility()).map((chart) => chart.dataset.chart)";

/// Only samples are kept of gauges, so that they have no place among averages.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs chromium"]
async fn gauges_are_charted_while_samples_are_shown() {
    let _shared = crate::QUIET.read().await;
    let metrics = Metrics::builder().allow_loopback().build().unwrap();
    metrics.registry().gauge("temperature").set(21.0);
    metrics.collection().record_cpu_usage(12.0);
    metrics.collection().collect();
    let address = serve(&metrics).await;
    let browser = Browser::start().await;
    let page = dashboard(&browser, &address.to_string()).await;
    let seen = |chart: &str| format!("{SEEN}.includes('{chart}')");
    let choose = |range: &str| format!("void document.querySelector('[data-range=\"{range}\"]').click()");
    for _ in 0..2 {
        page.until(&seen("trend-temperature")).await;
        page.evaluate::<()>(&choose("7d")).await;
        page.until(&format!("{} && !{}", seen("trend-cpu_usage"), seen("trend-temperature"))).await;
        let exported = page.evaluate::<usize>(
            "document.querySelector('trends-panel').tables.map((table) => table.exported())
                .find(({ name }) => name === 'trend-temperature').rows.length",
        );
        assert_eq!(exported.await, 0, "what is not seen is not exported");
        page.evaluate::<()>(&choose("1h")).await;
    }
    page.assert_clean().await;
}

/// What every object has is no choice.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs chromium"]
async fn an_address_with_a_choice_that_there_is_not_has_the_first_one() {
    let _shared = crate::QUIET.read().await;
    let metrics = Metrics::builder().allow_loopback().build().unwrap();
    metrics.collection().record_cpu_usage(12.0);
    metrics.collection().collect();
    let address = serve(&metrics).await.to_string();
    let browser = Browser::start().await;
    for name in ["constructor", "__proto__", "2h"] {
        let page =
            open(&browser, &address, &format!("dashboard/performance#range={name}&theme={name}"), "live")
                .await;
        let chosen = "[...document.querySelectorAll('[data-range][aria-pressed=\"true\"]')]
            .map((button) => button.dataset.range).join()";
        page.until(&format!("{chosen} === '1h' && {SEEN}.includes('trend-cpu_usage')")).await;
        let theme = "document.querySelector('[data-tool=\"theme\"]').textContent";
        assert_eq!(page.evaluate::<String>(theme).await, "Auto", "{name}");
        page.assert_clean().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs chromium"]
async fn numbers_below_zero_stay_within_the_axes() {
    let _shared = crate::QUIET.read().await;
    let metrics = Metrics::builder().allow_loopback().build().unwrap();
    let gauges = ["cabin", "outside"].map(|name| metrics.registry().gauge(name));
    for (cabin, outside) in [(-3.5, -30.0), (18.0, -12.0)] {
        gauges[0].set(cabin);
        gauges[1].set(outside);
        metrics.collection().collect();
    }
    let browser = Browser::start().await;
    let page = dashboard(&browser, &serve(&metrics).await.to_string()).await;
    for (name, labels) in [("cabin", ["-4", "8", "20"]), ("outside", ["-40", "-20", "0"])] {
        let chart = format!("document.querySelector('svg[data-chart=\"trend-{name}\"]')");
        page.until(&format!("Number({chart}?.dataset.points) >= 2")).await;
        page.drawn().await;
        let heights = format!(
            "{chart}.querySelector('.line').getAttribute('d').match(/[\\d.-]+ [\\d.-]+/g).map((at) => Number(at.split(' ')[1]))"
        );
        let heights: Vec<f64> = page.evaluate(&heights).await;
        assert!(heights.iter().all(|height| (8.0..=114.0).contains(height)), "{name}: {heights:?}");
        assert!(heights[0] > heights[heights.len() - 1], "{name}: {heights:?}");
        let told =
            format!("[...{chart}.querySelectorAll('.label')].slice(0, 3).map((label) => label.textContent)");
        assert_eq!(page.evaluate::<Vec<String>>(&told).await, labels, "{name}");
    }
    page.assert_clean().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs chromium"]
async fn microseconds_have_numbers() {
    let _shared = crate::QUIET.read().await;
    let metrics = Metrics::builder().allow_loopback().broadcast_hz(10.0).build().unwrap();
    metrics.registry().node("quick").record(Duration::from_micros(3), 1);
    metrics.registry().route("GET", "/api/x").record(Duration::from_micros(3), 200);
    let browser = Browser::start().await;
    let host = serve(&metrics).await.to_string();
    let page = open(&browser, &host, "dashboard/performance#node=quick&route=GET+/api/x", "live").await;
    let labels = |chart: &str| {
        format!(
            "[...document.querySelectorAll('[data-chart=\"{chart}\"] .label')].map((label) => label.textContent).join()"
        )
    };
    page.until(&format!("{}.startsWith('0,0.002,0.004,')", labels("node-latency"))).await;
    page.until(&format!("{} === '0.0028 ms,0.0039 ms'", labels("route-histogram"))).await;
    page.until(&format!("{}.quick === '0.003'", column("nodes", "avg_exec_ms"))).await;
    page.until(&format!("{}['GET /api/x'] === '0.003'", column("routes", "avg_latency_ms"))).await;
    page.assert_clean().await;
}

/// What `code` makes of the page's own module `file`.
async fn of_module(file: &str, code: &str) -> Value {
    let metrics = Metrics::builder().allow_loopback().build().unwrap();
    let browser = Browser::start().await;
    let page = dashboard(&browser, &serve(&metrics).await.to_string()).await;
    page.evaluate(&format!(
        "(async () => {{ const module = await import('/dashboard/performance/{file}'); {code} }})()"
    ))
    .await
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs chromium"]
async fn a_history_is_of_the_last_five_minutes_after_a_pause_too() {
    let _shared = crate::QUIET.read().await;
    let told = of_module(
        "history.js",
        "const history = new module.History();
         for (let time = 0; time < 10; time++) history.push(time, [['x', 100]]);
         for (let time = 3600; time < 3602; time++) history.push(time, [['x', 4]]);
         const times = history.points('x').map(({ time }) => time);
         const minute = history.rolling('x');
         // A clock that is set back does not turn what was before into what comes.
         history.push(601, [['x', 1]]);
         return [times, minute, history.points('x').map(({ time }) => time), history.rolling('x')];",
    );
    assert_eq!(told.await, json!([[3600, 3601], 4, [600, 601, 601], 3]));
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs chromium"]
async fn what_other_documents_told_is_not_repeated_when_they_are_not_asked_any_more() {
    let _shared = crate::QUIET.read().await;
    let told = of_module(
        "derived.js",
        "const derived = new module.Derived();
         const snapshot = (timestamp, errors) => ({
             timestamp, endpoints: [], websocket: { topics: {} }, system: {},
             dag: { nodes: [{ node_id: 'n', errors, throttled_count: 0, last_seen_ts: timestamp }] },
         });
         let [now, before] = [0, null];
         performance.now = () => 1000 * now;
         const add = (time, errors) => derived.add(before = snapshot(time, errors), before);
         derived.tell('errors', 5);
         for (now = 1; now <= 60; now++) add(now, 0);
         const times = derived.history.points('errors').map(({ time }) => time);
         // In trouble for a minute, and not until a clock that was set back is there again.
         add(61, 1);
         const level = () => derived.levelOf(before.dag.nodes[0], before.timestamp);
         const levels = [level()];
         for (const time of [10, 71]) { add(time, 1); levels.push(level()); }
         return [times.length < 15, Math.min(...times), levels];",
    );
    assert_eq!(told.await, json!([true, 1, ["critical", "critical", "healthy"]]));
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs chromium"]
async fn a_small_line_goes_with_its_points() {
    let _shared = crate::QUIET.read().await;
    let told = of_module(
        "sparkline.js",
        "const line = new module.Sparkline();
         const drawn = () => [...line.root.querySelectorAll('path')].every((path) => path.getAttribute('d'));
         line.show([{ time: 1, value: 1 }, { time: 2, value: 2 }]);
         const before = drawn();
         line.show([]);
         return [before, drawn()];",
    );
    assert_eq!(told.await, json!([true, false]));
}
