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

/// Where the page is, with the same files below each.
const PAGES: [&str; 2] = ["/dashboard/performance", "/admin/performance"];

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

/// Every file that a page leads to.
async fn files(handler: &Handler, page: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::from([page.to_owned()]);
    let mut waiting = vec![page.to_owned()];
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
    for page in PAGES {
        let files = files(&handler, page).await;
        assert!(files.len() > 30 && files.iter().all(|path| path.starts_with(page)), "{files:?}");
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
}

/// 120 KB on the wire at most, with room to grow; and what comes out is what went in.
#[tokio::test]
async fn files_are_small_and_come_compressed_to_who_takes_it() {
    let handler = metrics().handler();
    for page in PAGES {
        let mut wire = 0;
        for path in files(&handler, page).await.iter().filter(|path| *path != page) {
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
}

/// A mount, by itself or with a prefix.
type Set = fn(Mounts, Mount) -> Mounts;

/// What each family has in the page, how it is mounted, and a path of it.
const FAMILIES: [(&str, Set, &str); 3] = [
    ("api", Mounts::api, "api/metrics"),
    ("metrics", Mounts::metrics, "metrics/summary"),
    ("admin", Mounts::admin, "admin/performance/json"),
];

/// A relative address, as a browser resolves it.
fn resolved(page: &str, relative: &str) -> String {
    let (folder, _) = page.rsplit_once('/').unwrap();
    let mut segments: Vec<_> = folder.split('/').skip(1).collect();
    let mut rest = relative;
    while let Some(further) = rest.strip_prefix("../") {
        // Beyond the root there is only the root.
        segments.pop();
        rest = further;
    }
    segments.iter().map(|segment| format!("/{segment}")).collect::<String>() + "/" + rest
}

/// CON-20: in every combination of mounts that are off, at their places or elsewhere, each page that is there has all its
/// files below itself, and every family that is there, at the place that it is told; no other is told.
#[tokio::test]
async fn each_page_finds_its_files_and_its_data_wherever_they_are_mounted() {
    let choices = [None, Some(""), Some("/ops"), Some("/in/side")];
    let mut number_of_pages = 0;
    for combination in 0..choices.len().pow(4) {
        let [api, metrics, admin, dashboard] =
            [1, 4, 16, 64].map(|place| choices[combination / place % choices.len()]);
        let mount = |prefix: Option<&'static str>| prefix.map_or(Mount::off(), Mount::at);
        let mounts = FAMILIES
            .iter()
            .zip([api, metrics, admin])
            .fold(Mounts::none().dashboard(mount(dashboard)), |mounts, ((_, set, _), prefix)| {
                set(mounts, mount(prefix))
            });
        let handler = Metrics::builder().allow_loopback().mounts(mounts).build().unwrap().handler();
        let pages = [(dashboard, PAGES[0]), (admin, PAGES[1])];
        for page in pages.iter().filter_map(|(prefix, page)| Some(format!("{}{page}", (*prefix)?))) {
            number_of_pages += 1;
            let document = text(&handler, &page).await;
            for named in named_in(&page, &document) {
                assert!(named.starts_with(&format!("{page}/")) && handler.owns(&named), "{named}");
                assert_eq!(ask(&handler, &named, "identity").await.0, 200, "{named}");
            }
            for ((name, _, path), prefix) in FAMILIES.iter().zip([api, metrics, admin]) {
                let attribute = format!(" data-{name}=\"");
                let told = document.split_once(&attribute).map(|(_, rest)| rest.split('"').next().unwrap());
                assert_eq!(told.is_some(), prefix.is_some(), "{name} in {document}");
                let Some(place) = told else { continue };
                let found = resolved(&page, &format!("{place}{path}"));
                assert_eq!(ask(&handler, &found, "identity").await.0, 200, "{page}: {found}");
            }
        }
    }
    assert_eq!(number_of_pages, 2 * 3 * 4 * 4 * 4, "each is there in three of its four places");
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
