//! The page as a browser meets it: which files it loads, as what, and under which policy; and the documents that were
//! made for it.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::BTreeSet;
use std::io::Read;
use std::time::Duration;

use http::{HeaderMap, Request};
use http_body_util::BodyExt;
use metrics_layer::serve::{Mount, Mounts};
use metrics_layer::{Handler, Metrics};
use serde_json::{Value, json};
use tower::ServiceExt;

const PAGE: &str = "/dashboard/performance";

fn metrics() -> Metrics {
    Metrics::builder().service("videos <1>").allow_loopback().build().unwrap()
}

async fn ask(handler: &Handler, target: &str, encoding: &str) -> (u16, HeaderMap, Vec<u8>) {
    let request = Request::get(target).header("host", "localhost").header("accept-encoding", encoding);
    let response = handler.clone().oneshot(request.body(()).unwrap()).await.unwrap();
    let (head, body) = response.into_parts();
    (head.status.as_u16(), head.headers, body.collect().await.unwrap().to_bytes().to_vec())
}

async fn text(handler: &Handler, target: &str) -> String {
    let (status, _, body) = ask(handler, target, "identity").await;
    assert_eq!(status, 200, "{target}");
    String::from_utf8(body).unwrap()
}

async fn document(handler: &Handler, target: &str) -> Value {
    serde_json::from_str(&text(handler, target).await).unwrap()
}

/// What a file names: the imports of a module, the links of the page.
fn named_in(path: &str, text: &str) -> Vec<String> {
    let relative = text.split('"').filter(|part| {
        part.starts_with("performance/")
            || part.starts_with("./") && part.ends_with(".js")
            || part.starts_with("../") && part.ends_with(".js")
    });
    let (folder, _) = path.rsplit_once('/').unwrap();
    let resolved = relative.map(|name| match (name.strip_prefix("./"), name.strip_prefix("../")) {
        (Some(name), _) => format!("{folder}/{name}"),
        (_, Some(name)) => format!("{}/{name}", folder.rsplit_once('/').unwrap().0),
        _ => format!("{folder}/{name}"),
    });
    resolved.collect()
}

/// Every file that the page leads to.
async fn files(handler: &Handler) -> BTreeSet<String> {
    let mut found = BTreeSet::from([PAGE.to_owned()]);
    let mut waiting = vec![PAGE.to_owned()];
    while let Some(path) = waiting.pop() {
        for named in named_in(&path, &text(handler, &path).await) {
            if found.insert(named.clone()) {
                waiting.push(named);
            }
        }
    }
    found
}

/// THREAT 48.
#[tokio::test]
async fn every_file_has_its_type_and_the_policy() {
    let handler = metrics().handler();
    let files = files(&handler).await;
    assert!(files.len() > 30, "{files:?}");
    for path in &files {
        let (status, headers, _) = ask(&handler, path, "identity").await;
        let kind = match path.rsplit_once('.').map_or("", |(_, ending)| ending) {
            "js" => "text/javascript; charset=utf-8",
            "css" => "text/css; charset=utf-8",
            "svg" => "image/svg+xml",
            _ => "text/html; charset=utf-8",
        };
        assert_eq!((status, headers["content-type"].to_str().unwrap()), (200, kind), "{path}");
        assert_eq!(headers["x-content-type-options"], "nosniff", "{path}");
        assert_eq!(headers["referrer-policy"], "no-referrer", "{path}");
        let policy = headers["content-security-policy"].to_str().unwrap();
        for rule in [
            "default-src 'none'",
            "script-src 'self'",
            "require-trusted-types-for 'script'",
            "trusted-types 'none'",
        ] {
            assert!(policy.contains(rule), "{path}: {policy}");
        }
    }
}

/// 120 KB on the wire at most, with room to grow; and what comes out is what went in.
#[tokio::test]
async fn files_are_small_and_come_compressed_to_who_takes_it() {
    let handler = metrics().handler();
    let mut wire = 0;
    for path in files(&handler).await.iter().filter(|path| *path != PAGE) {
        let (_, headers, zipped) = ask(&handler, path, "gzip").await;
        assert_eq!(headers["content-encoding"], "gzip", "{path}");
        assert_eq!(headers["content-length"].to_str().unwrap(), zipped.len().to_string(), "{path}");
        assert!(headers["vary"].to_str().unwrap().contains("accept-encoding"), "{path}");
        let mut plain = Vec::new();
        flate2::read::GzDecoder::new(zipped.as_slice()).read_to_end(&mut plain).unwrap();
        assert_eq!(plain, text(&handler, path).await.into_bytes(), "{path}");
        wire += zipped.len();
    }
    assert!((20_000..100_000).contains(&wire), "{wire} bytes");
}

/// One look for both pages.
#[tokio::test]
async fn the_style_sheets_begin_alike() {
    let handler = metrics().handler();
    let [one, other] = [
        text(&handler, "/dashboard/performance/style.css").await,
        text(&handler, "/admin/performance/style.css").await,
    ];
    let common = one.bytes().zip(other.bytes()).take_while(|(a, b)| a == b).count();
    assert!(one[..common].contains("--healthy") && one[..common].contains("thead th"), "{common} bytes");
}

/// CON-20: a family that is not there is not asked for.
#[tokio::test]
async fn the_page_is_told_where_each_family_is() {
    let mounts = Mounts::all().metrics(Mount::at("/ops")).admin(Mount::off());
    let metrics = Metrics::builder().allow_loopback().mounts(mounts).build().unwrap();
    let page = text(&metrics.handler(), PAGE).await;
    assert!(page.contains(r#"<html lang="en" data-api="../" data-metrics="../ops/">"#), "{page}");
}

#[tokio::test]
async fn the_histogram_of_a_route_has_all_its_requests() {
    let metrics = metrics();
    let route = metrics.registry().route("GET", "/api/scans/{id}");
    (1..=100).for_each(|ms| route.record(Duration::from_millis(ms), if ms == 7 { 500 } else { 200 }));
    let target = "/api/metrics/routes/histogram?method=GET&path=%2Fapi%2Fscans%2F%7Bid%7D";
    let found = document(&metrics.handler(), target).await;
    assert_eq!((&found["method"], &found["path"]), (&json!("GET"), &json!("/api/scans/{id}")));
    assert_eq!((&found["count"], &found["errors"]), (&json!(100), &json!(1)));
    assert_eq!(
        (&found["min_ms"], &found["max_ms"], &found["avg_ms"]),
        (&json!(1.0), &json!(100.0), &json!(50.5))
    );
    let buckets = found["buckets"].as_array().unwrap();
    assert_eq!(buckets.iter().map(|bucket| bucket["count"].as_u64().unwrap()).sum::<u64>(), 100);
    let edges: Vec<_> = buckets
        .iter()
        .flat_map(|bucket| [&bucket["first_ms"], &bucket["last_ms"]])
        .map(|ms| ms.as_f64().unwrap())
        .collect();
    assert!(edges.is_sorted() && edges[0] <= 1.0 && edges[edges.len() - 1] >= 100.0, "{edges:?}");
}

/// THREATS 1, 40: asking for routes makes none, and what cannot be read is refused without an echo.
#[tokio::test]
async fn a_route_that_nobody_asked_for_has_no_histogram() {
    let metrics = metrics();
    let handler = metrics.handler();
    let none = document(&handler, "/api/metrics/routes/histogram?method=GET&path=/nowhere").await;
    assert_eq!((&none["count"], &none["buckets"]), (&json!(0), &json!([])));
    assert_eq!(metrics.registry().routes(), []);
    let (status, _, body) = ask(&handler, "/api/metrics/routes/histogram?path=%zz", "identity").await;
    assert_eq!(status, 400);
    let refused: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(refused, json!({ "detail": "path: at most 256 characters, percent-encoded, once" }));
}

#[tokio::test]
async fn the_page_can_name_its_service() {
    let own = document(&metrics().handler(), "/api/metrics/self").await;
    assert_eq!(own["service"], "videos <1>");
    assert_eq!(own["latency_thresholds"], json!({ "warning_ms": 50.0, "poor_ms": 200.0 }));
    assert!(own["uptime_seconds"].as_f64().unwrap() >= 0.0 && own["self"]["series"].is_u64());
}
