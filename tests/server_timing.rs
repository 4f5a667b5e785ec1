//! `Server-Timing` tells of the timed calls that a response was made of, and of no others.

use axum::body::Body;
use axum::extract::Path;
use axum::http::{HeaderMap, Request};
use axum::response::IntoResponse;
use axum::{Router, routing::get};
use metrics_layer::core::{Registry, context, scoped_collector};
use metrics_layer::{Metrics, MetricsLayer, timed, timed_block};
use tokio::sync::Barrier;
use tower::ServiceExt;

use std::sync::{Arc, LazyLock};
use std::time::Duration;

static METRICS: LazyLock<Metrics> =
    LazyLock::new(|| Metrics::builder().install().expect("nobody else installs one"));

#[timed("load")]
async fn load(times: u32) {
    for _ in 0..times {
        timed_block!("step", { tokio::task::yield_now().await });
    }
}

#[timed(node = "voxel", outcome)]
async fn voxel() {
    timed_block!("thin", {});
}

#[timed("saved", err)]
fn save() -> Result<(), ()> {
    Ok(())
}

async fn work() -> &'static str {
    load(3).await;
    voxel().await;
    tokio::spawn(context::current().scope(async { timed_block!("in a task", {}) })).await.expect("no panic");
    let here = context::current();
    let blocking = move || {
        let _at_work = here.enter();
        save().expect("it never fails");
    };
    tokio::task::spawn_blocking(blocking).await.expect("no panic");
    tokio::spawn(async { timed_block!("for nobody", {}) }).await.expect("no panic");
    "done"
}

/// The metrics of a response's header, and how many calls each tells of.
async fn timings(app: &Router, path: &str) -> Vec<(String, u32)> {
    let request = Request::get(path).body(Body::empty()).expect("a request");
    let response = app.clone().oneshot(request).await.expect("axum answers");
    read(response.headers())
}

fn read(headers: &HeaderMap) -> Vec<(String, u32)> {
    let values = headers.get_all("server-timing").iter();
    let entries = values.flat_map(|value| value.to_str().expect("text").split(", "));
    let read = |entry: &str| {
        let (name, parameters) = entry.split_once(";desc=\"").unwrap_or((entry, ""));
        if let Some((_, ms)) = parameters.split_once("\";dur=") {
            assert!(ms.parse::<f64>().is_ok_and(|ms| ms >= 0.0), "{entry}");
        }
        let calls = parameters.split_once(" (").map_or(1, |(_, rest)| {
            rest.split(' ').next().and_then(|calls| calls.parse().ok()).expect("a number")
        });
        (name.to_owned(), calls)
    };
    entries.map(read).collect()
}

#[tokio::test]
async fn it_tells_of_the_requests_own_calls() {
    let metrics = &*METRICS;
    let app = Router::new().route("/api/work", get(work)).layer(metrics.layer().server_timing());
    let seen = timings(&app, "/api/work").await;
    let expected =
        [("step", 3), ("load", 1), ("voxel/thin", 1), ("voxel", 1), ("in_a_task", 1), ("saved", 1)];
    let expected: Vec<_> =
        expected.into_iter().map(|(name, calls)| (name.replace('/', "_"), calls)).collect();
    assert_eq!(seen, expected);
    // Again, on memory that was used before.
    assert_eq!(timings(&app, "/api/work").await, expected);
}

#[tokio::test]
async fn nothing_is_told_unasked_or_without_calls() {
    let metrics = &*METRICS;
    let routes = || Router::new().route("/api/work", get(work)).route("/api/idle", get(|| async { "idle" }));
    assert_eq!(timings(&routes().layer(metrics.layer()), "/api/work").await, []);
    assert_eq!(timings(&routes().layer(metrics.layer().server_timing()), "/api/idle").await, []);
    let own = get(|| async {
        load(0).await;
        ([("server-timing", "db;dur=1")], "own").into_response()
    });
    let app = Router::new().route("/api/own", own).layer(metrics.layer().server_timing());
    assert_eq!(timings(&app, "/api/own").await, [("db;dur=1".to_owned(), 1), ("load".to_owned(), 1)]);
}

#[tokio::test]
async fn it_is_bounded_to_ten_and_keeps_the_longest() {
    macro_rules! blocks {
        ($($name:literal)*) => {
            $(timed_block!($name, {});)*
        };
    }
    let (registry, time) = Registry::mock();
    let _scope = scoped_collector(Arc::new(registry.clone()));
    let many = get(move || async move {
        blocks!("b0" "b1" "b2" "b3" "b4" "b5" "b6" "b7" "b8" "b9" "b10" "b11");
        timed_block!("long", { time.advance(Duration::from_millis(5)) });
    });
    let layer = MetricsLayer::new(Arc::new(registry)).server_timing();
    let app = Router::new().route("/api/many", many).layer(layer);
    let seen = timings(&app, "/api/many").await;
    assert_eq!(seen.len(), 10);
    assert!(seen.iter().any(|(name, _)| name == "long"), "{seen:?}");
}

#[tokio::test]
async fn requests_side_by_side_do_not_mix() {
    const REQUESTS: u32 = 50;
    let together = Arc::new(Barrier::new(REQUESTS as usize));
    let handler = move |Path(times): Path<u32>| async move {
        together.wait().await;
        load(times).await;
        together.wait().await;
    };
    let app = Router::new().route("/api/{times}", get(handler)).layer(METRICS.layer().server_timing());
    let tasks: Vec<_> = (1..=REQUESTS)
        .map(|times| {
            let app = app.clone();
            tokio::spawn(async move { (times, timings(&app, &format!("/api/{times}")).await) })
        })
        .collect();
    for task in tasks {
        let (times, seen) = task.await.expect("no panic");
        assert_eq!(seen, [("step".to_owned(), times), ("load".to_owned(), 1)]);
    }
}
