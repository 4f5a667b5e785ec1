//! The collectors of the dashboard's assets, in a page that is not the dashboard's.

use serde_json::Value;

use crate::chromium::{Browser, Page};
use crate::example::Service;

/// Imports the collectors into the start page of an example, and runs code with them.
async fn run(page: &Page, code: &str) -> Value {
    page.evaluate(&format!(
        "(async () => {{ const collectors = await import('/dashboard/performance/collectors.js'); {code} }})()"
    ))
    .await
}

/// The start page of the lidar example; the other two have to outlive it.
async fn start() -> (Page, Browser, Service) {
    let service = Service::start("lidar", &["--port", "0", "--hz", "0.1"]);
    let browser = Browser::start().await;
    let page = browser.page(&service.address).await;
    page.open(&format!("http://{}/", service.address)).await;
    (page, browser, service)
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("no number: {value}"))
}

fn assert_close(value: &Value, expected: f64) {
    assert!((number(value) - expected).abs() < 1e-9, "{value} instead of {expected}");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs chromium"]
async fn figures_are_those_of_the_last_sixty_frames_and_told_after_each_sixty() {
    let _shared = crate::QUIET.read().await;
    let (page, _browser, _service) = start().await;
    let told = run(
        &page,
        "const told = [];
         const meter = new collectors.FrontendMeter({ onSnapshot: (snapshot) => told.push(snapshot) });
         told.push(meter.getSnapshot());
         // 100 frames of 10 ms, drawn in 1 ms, then 61 of 20 ms, drawn in 3 ms.
         let now = 1000;
         for (let frame = 0; frame < 100; frame++) meter.frames.recordFrame(1, now += 10);
         told.push(meter.getSnapshot());
         for (let frame = 0; frame < 61; frame++) meter.frames.recordFrame(3, now += 20);
         meter.frames.recordMutation(2); meter.frames.recordMutation(4); meter.frames.recordMutation(NaN);
         // A pause is no frame.
         meter.frames.pause();
         meter.frames.recordFrame(3, now += 5000);
         told.push(meter.getSnapshot());
         return told;",
    )
    .await;
    let told = told.as_array().unwrap();
    assert_eq!(told.len(), 5, "at first, after 60, asked, after 120, asked");
    for (of, fps, render) in [(0, 0.0, 0.0), (1, 100.0, 1.0), (2, 100.0, 1.0), (4, 50.0, 3.0)] {
        assert_close(&told[of]["fps"], fps);
        assert_close(&told[of]["avg_render_ms"], render);
    }
    // 120 frames: the last 60 are 40 of the first kind and 20 of the second.
    assert_close(&told[3]["fps"], 1000.0 / ((40.0 * 10.0 + 20.0 * 20.0) / 60.0));
    assert_close(&told[4]["avg_buffer_mutation_ms"], 3.0);
    page.assert_clean().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs chromium"]
async fn messages_long_tasks_and_requests_are_counted_where_they_happen() {
    let _shared = crate::QUIET.read().await;
    let (page, _browser, _service) = start().await;
    let told = run(
        &page,
        "const meter = new collectors.FrontendMeter();
         const wait = (ms) => new Promise((done) => setTimeout(done, ms));
         // All of it is in one second, however long it takes.
         let now = 10_000;
         performance.now = () => (now += 0.01);
         for (let left = 7; left > 0; left--) meter.sockets.read('points', new ArrayBuffer(100), (data) => data);
         const parsed = meter.sockets.read('text', '\"\u{e4}\"', JSON.parse);
         for (let topic = 0; topic < 100; topic++) meter.sockets.record(`t${topic}`, 1, 2);
         // In a task of its own, and told some time after it.
         await wait(0);
         const busy = Date.now();
         while (Date.now() - busy < 120);
         await wait(500);
         now = 11_000;
         const answers = [];
         for (const path of ['/api/nodes', '/api/nodes?again', '/api/metrics/nothing']) {
             answers.push((await meter.requests.fetch(path)).status);
         }
         await meter.requests.fetch('http://127.0.0.1:9/').catch(() => answers.push('none'));
         return { parsed, answers, snapshot: meter.getSnapshot() };",
    )
    .await;
    assert_eq!(told["parsed"], "ä");
    assert_eq!(told["answers"], serde_json::json!([200, 200, 404, "none"]));
    let snapshot = &told["snapshot"];
    assert_eq!(snapshot["ws_frames_per_sec"]["points"], 7);
    assert_eq!(snapshot["ws_bytes_per_sec"]["points"], 700);
    assert_eq!(snapshot["ws_bytes_per_sec"]["text"], 4, "bytes, not characters");
    assert_close(&snapshot["ws_parse_latency_ms"]["points"], 0.01);
    assert_eq!(snapshot["ws_parse_latency_ms"]["t0"], 2);
    assert!(number(&snapshot["long_task_count"]) >= 1.0, "{snapshot}");
    assert!(number(&snapshot["long_task_ms"]) >= 119.0, "{snapshot}");
    let topics = snapshot["ws_frames_per_sec"].as_object().unwrap();
    assert_eq!(topics.len(), 65, "64 by name, the others together");
    assert_eq!(topics["other"], 100 - 62, "none is lost");
    let requests = &snapshot["requests"];
    for (path, calls, errors) in [("/api/nodes", 2, 0), ("/api/metrics/nothing", 1, 1), ("/", 1, 1)] {
        assert_eq!(
            (&requests[path]["calls"], &requests[path]["errors"]),
            (&calls.into(), &errors.into()),
            "{path}"
        );
        assert!(number(&requests[path]["avg_ms"]) > 0.0);
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs chromium"]
async fn a_page_that_does_not_draw_has_its_frames_counted_by_the_browser() {
    let _shared = crate::QUIET.read().await;
    let (page, _browser, _service) = start().await;
    let told = run(
        &page,
        "return new Promise((done) => {
             const meter = new collectors.FrameMeter({ onSnapshot: (snapshot) => {
                 meter.unfollow();
                 done(snapshot);
             } });
             // What is drawn while nobody counts frames is in none of them.
             meter.recordDrawing(6000);
             meter.follow();
             meter.recordDrawing(30);
         });",
    )
    .await;
    assert!((5.0..=65.0).contains(&number(&told["fps"])), "{told}");
    assert_close(&told["avg_render_ms"], 0.5);
    page.assert_clean().await;
}
