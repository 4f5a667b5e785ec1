//! The media server as its users meet it, held against what the load program sent and what the example counted itself.

#![allow(clippy::unwrap_used, reason = "a helper of a test fails the test")]
#![allow(dead_code, reason = "the helper offers more than this example needs")]

#[path = "support/example.rs"]
mod example;
#[path = "media_server_example/outside.rs"]
mod outside;

use serde_json::{Value, json};
use tempfile::TempDir;

use example::Service;
use outside::{AccessLog, Sent, exclusive};

const HASH: &str = "a4f1c0";

/// The example on a free port.
fn start(arguments: &[&str]) -> Service {
    Service::start("media_server", &[&["--port", "0"], arguments].concat())
}

/// The example with an access log in a folder, and where that is.
fn start_logged(folder: &TempDir) -> (Service, String) {
    let path = folder.path().join("access.csv").to_str().unwrap().to_owned();
    (start(&["--access-log", &path]), path)
}

fn performance(service: &Service) -> Value {
    service.get("/admin/performance/json").json()
}

fn post(service: &Service, hash: &str, body: &str) -> example::Answer {
    service.ask("POST", &format!("/api/ratings/{hash}"), &["Content-Type: application/json"], body)
}

/// 5 000 requests of every kind on 8 connections: each number is what was sent, to the unit.
#[test]
fn under_load_every_request_is_counted_once() {
    let folder = tempfile::tempdir().unwrap();
    let (service, log) = start_logged(&folder);
    let sent = Sent::to(
        &service.address,
        &["--requests", "5000", "--connections", "8"],
        &[
            "GET /",
            "GET /watch/tone-262.wav",
            "GET /watch/tone-440.wav",
            "GET /watch/no-such.wav",
            "GET /watch/lost.wav",
            "GET /api/ratings/a4f1c0",
            r#"POST /api/ratings/a4f1c0 {"rating": 4}"#,
            r#"POST /api/ratings/a4f1c0 {"rating": 6}"#,
            "GET /api/ratings/A4",
        ],
    );
    assert_eq!(sent.count("", ""), 5_000);
    assert_eq!(sent.count("", "none"), 0, "all are answered");

    let routes = service.get("/api/metrics/routes").json();
    let endpoints = service.get("/api/metrics").json()["endpoints"].clone();
    for (method, path, sent_to) in [
        ("GET", "/", "GET / "),
        ("GET", "/watch/{filename}", "GET /watch/"),
        ("GET", "/api/ratings/{media_hash}", "GET /api/"),
        ("POST", "/api/ratings/{media_hash}", "POST /api/"),
    ] {
        let is_this = |route: &&Value| route["method"] == method && route["path"] == path;
        let route = routes["routes"].as_array().unwrap().iter().find(is_this).unwrap();
        let all = sent.count(sent_to, "");
        assert_eq!(route["started_total"], all, "{sent_to}");
        assert_eq!(route["in_flight"], 0, "{sent_to}");
        assert_eq!(route["status_codes"], sent.statuses(sent_to), "{sent_to}");
        assert_eq!(route["outcomes"]["error"], sent.count(sent_to, "500"), "{sent_to}");
        assert_eq!(route["outcomes"]["ok"], all - sent.count(sent_to, "500"), "{sent_to}");
        let endpoint = endpoints.as_array().unwrap().iter().find(is_this).unwrap();
        assert_eq!(endpoint["calls_total"], all, "{sent_to}");
    }

    // The window has every fourth request of the route, in turn with the others, so that a quarter of it failed.
    let document = performance(&service);
    let watch = &document["endpoints"]["GET /watch/{filename}"];
    let failed = watch["error_count"].as_u64().unwrap();
    assert_eq!(watch["request_count"], 100);
    assert!((20..=30).contains(&failed), "{failed} of 100");
    assert_eq!(document["ratings_post"]["request_count"], 100);

    // Each look-up of a file that is not in the database misses, and the first one of each that is.
    let cache = service.get("/admin/performance/json?blocks=all").json()["cache"].clone();
    let misses = sent.count("GET /watch/no-such", "") + 3;
    assert_eq!(cache["misses"], misses);
    assert_eq!(cache["hits"], sent.count("GET /watch/", "") - misses);
    assert_eq!(service.get(&format!("/api/ratings/{HASH}")).json()["count"], sent.count("POST", "200"));

    let queries = counter(&service, "metrics_database_queries_total");
    assert!(service.stop("TERM").status.success());
    assert_eq!(AccessLog::read(&log).statements(), queries, "by SQLite's own count");
}

/// A line of the Prometheus text.
fn counter(service: &Service, name: &str) -> u64 {
    let text = service.get("/metrics/prometheus").body;
    let line = text.lines().find_map(|line| line.strip_prefix(name)).unwrap();
    line.trim().parse().unwrap()
}

/// B-01..B-06: eight requests at a time, whose statements run on other threads.
#[test]
fn queries_per_request_are_those_that_sqlite_counts() {
    let folder = tempfile::tempdir().unwrap();
    let (service, log) = start_logged(&folder);
    // No more than the window, for the log has all of them.
    Sent::to(
        &service.address,
        &["--requests", "96", "--connections", "8"],
        &[
            "GET /",
            r#"POST /api/ratings/a4f1c0 {"rating": 4}"#,
            "GET /watch/tone-262.wav",
            "GET /api/ratings/a4f1c0",
            r#"POST /api/ratings/b3e2d1 {"rating": 0}"#,
        ],
    );
    let database = performance(&service)["database"].clone();
    assert!(service.stop("TERM").status.success());
    let log = AccessLog::read(&log);
    let (statements, requests) = (log.statements(), log.lines.len() as u64);
    assert_eq!(requests, 96);
    let most = log.lines.iter().map(|line| line.statements).max().unwrap();
    assert_eq!(most, 5, "BEGIN, two INSERTs, SELECT, COMMIT");
    assert_eq!(
        database,
        json!({
            "total_queries": statements,
            "avg_per_request": statements as f64 / requests as f64,
            "max_per_request": most,
            "count": requests,
        })
    );
}

#[test]
fn what_cannot_be_taken_is_refused_by_field_and_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let db = folder.path().join("media.sqlite").to_str().unwrap().to_owned();
    let service = start(&["--db", &db]);
    assert_eq!(post(&service, HASH, r#"{"rating": 3}"#).status, 200);
    let long = "a".repeat(65);
    for (hash, body, field) in [
        (HASH, r#"{"rating": 0}"#, "rating"),
        (HASH, r#"{"rating": 6}"#, "rating"),
        (HASH, r#"{"rating": 3.5}"#, "rating"),
        (HASH, r#"{"rating": "3"}"#, "rating"),
        (HASH, r#"{"rating": null}"#, "rating"),
        (HASH, "{}", "rating"),
        (HASH, r#"{"rating": 3, "x": 1}"#, "body"),
        (HASH, r#"{"rating": 3"#, "body"),
        (HASH, "[3]", "body"),
        (HASH, "", "body"),
        ("a4f1c", r#"{"rating": 3}"#, "media_hash"),
        ("A4F1C0", r#"{"rating": 3}"#, "media_hash"),
        ("a4f1c0%27--", r#"{"rating": 3}"#, "media_hash"),
        (&long, r#"{"rating": 3}"#, "media_hash"),
    ] {
        let answer = post(&service, hash, body);
        let refusal = answer.json();
        assert_eq!((answer.status, &refusal["field"]), (400, &json!(field)), "{hash} {body}");
        assert!(refusal["detail"].as_str().unwrap().starts_with(&format!("{field}: ")), "{refusal}");
    }
    assert_eq!(post(&service, HASH, &"x".repeat(5_000)).status, 413);
    assert_eq!(service.get("/api/ratings/A").json()["field"], "media_hash");
    assert_eq!(service.ask("PUT", "/api/ratings/a4f1c0", &[], "").status, 405);
    let (rated, unrated) = (service.get("/api/ratings/a4f1c0"), service.get("/api/ratings/zzzzzz"));
    assert_eq!(rated.json(), json!({ "media_hash": HASH, "count": 1, "average": 3.0 }));
    assert_eq!((unrated.status, unrated.json()["count"].clone()), (200, json!(0)));

    // A second start finds what the first one left.
    service.stop("TERM");
    let again = start(&["--db", &db]);
    assert_eq!(again.get("/api/ratings/a4f1c0").json()["count"], 1);
}

/// Killed in the middle of writing, again and again, the totals are those of the ratings.
#[test]
fn nothing_is_half_written() {
    let folder = tempfile::tempdir().unwrap();
    let db = folder.path().join("media.sqlite").to_str().unwrap().to_owned();
    let mut written = 0;
    for _ in 0..3 {
        let service = start(&["--db", &db]);
        let load = Sent::start(
            &service.address,
            &["--requests", "1000000", "--connections", "4", "--seconds", "20"],
            &[r#"POST /api/ratings/a4f1c0 {"rating": 5}"#],
        );
        let count = || service.get("/api/ratings/a4f1c0").json()["count"].as_u64();
        example::poll("ratings", || count().filter(|count| *count > written + 50));
        service.stop("KILL");
        load.abandon();
        let connection = rusqlite::Connection::open(&db).unwrap();
        let of =
            |sql: &str| connection.query_row(sql, (), |row| row.get::<_, u32>(0)).map(u64::from).unwrap();
        let ratings = of("SELECT count(*) FROM ratings");
        assert!(ratings > written + 50);
        assert_eq!(of("SELECT count FROM totals"), ratings);
        assert_eq!(of("SELECT sum FROM totals"), 5 * ratings);
        written = ratings;
    }
}

#[test]
fn media_are_sent_whole_or_in_part() {
    let service = start(&[]);
    let ask = |method: &str, range: &str| {
        service.ask(method, "/watch/tone-262.wav", &[&format!("Range: {range}")], "").status
    };
    assert_eq!(service.get("/watch/tone-262.wav").status, 200);
    assert_eq!(ask("GET", "bytes=0-99"), 206);
    assert_eq!(ask("GET", "bytes=-100"), 206);
    assert_eq!(ask("HEAD", "bytes=0-99"), 206);
    assert_eq!(ask("GET", "bytes=32044-"), 416);
    assert_eq!(service.get("/watch/no-such.wav").status, 404);
    assert_eq!(service.get("/watch/..%2Fmedia.sqlite").status, 404);
    assert_eq!(service.get("/watch/lost.wav").status, 500, "known, and not there");
    let list = service.get("/");
    assert!(list.body.contains("/watch/tone-262.wav") && list.body.contains("/admin/performance"));
    assert!(service.get("/admin/performance").body.contains(r#"data-page="admin""#));
    assert!(service.get("/admin/performance/json").json()["ratings_post"].is_object());
}

#[test]
fn simulated_load_is_seen_and_the_report_is_printed() {
    let service = start(&["--simulate-load"]);
    example::poll("every route", || {
        let routes = service.get("/api/admin/performance/routes").json()["routes"].as_array().unwrap().len();
        (routes == 4).then_some(())
    });
    let ended = service.stop("TERM");
    assert!(ended.status.success(), "{}", ended.stderr);
    for part in [
        "media_server: performance after",
        "route, last 100 requests",
        "p95 ms",
        "hit rate %",
        "per request, at most",
    ] {
        assert!(ended.stdout.contains(part), "{part} is not in\n{}", ended.stdout);
    }
}

#[test]
fn metrics_can_be_off() {
    let service = start(&["--enable-metrics=false"]);
    assert_eq!(post(&service, HASH, r#"{"rating": 3}"#).status, 200);
    assert_eq!(service.get("/watch/tone-262.wav").status, 200);
    assert_eq!(service.get("/admin/performance/json").status, 503);
}

/// The last hundred requests of a route, one after the other, so that the log has the same ones. The example takes its
/// own time of each on both sides of the layer, so each of ours lies between two of its; a quantile grows with each of
/// its samples, so ours lie between those of the log too, however long the machine was busy with something else.
#[test]
fn percentiles_are_those_of_the_access_log() {
    let folder = tempfile::tempdir().unwrap();
    let (service, log) = start_logged(&folder);
    Sent::to(&service.address, &["--requests", "300", "--connections", "1"], &["GET /api/ratings/a4f1c0"]);
    let stats = performance(&service)["endpoints"]["GET /api/ratings/{media_hash}"].clone();
    assert!(service.stop("TERM").status.success());
    let log = AccessLog::read(&log);
    let last = |side: fn(&outside::Line) -> u64| {
        let mut ns: Vec<_> = log.lines.iter().rev().take(100).map(side).collect();
        ns.sort_unstable();
        ns
    };
    let (inside, outside) = (last(|line| line.inside_ns), last(|line| line.outside_ns));
    for (name, p) in [("p50_ms", 0.50), ("p95_ms", 0.95), ("p99_ms", 0.99)] {
        let found_us = stats[name].as_f64().unwrap() * 1e3;
        let [least_us, most_us] = [&inside, &outside].map(|ns| exclusive(ns, p) / 1e3);
        println!("{name}: {found_us:.3} µs, the log has {least_us:.3} to {most_us:.3}");
        // Two clocks of the same machine differ by their calibration, some 10⁻⁴.
        let slack_us = found_us * 1e-3;
        assert!((least_us - slack_us..=most_us + slack_us).contains(&found_us), "{name}");
        // Between the layer's readings and those inside of it there are microseconds in a debug build.
        assert!(cfg!(debug_assertions) || found_us - least_us <= 1.0 + slack_us, "{name}");
    }
}
