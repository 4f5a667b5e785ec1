//! The short examples as their users meet them.

#![allow(clippy::unwrap_used, reason = "a helper of a test fails the test")]
#![allow(dead_code, reason = "the helper offers more than these examples need")]

#[path = "support/example.rs"]
mod example;

use serde_json::Value;

use example::{Service, poll, run};

#[test]
fn axum_basic_shows_its_requests() {
    let functions = greet("axum_basic", "greeting");
    let [avg_ms, calls] = ["avg_ms", "calls_total"].map(|field| functions[field].as_f64().unwrap());
    assert!(avg_ms >= 20.0 && calls == 3.0, "the greeting waits for 20 ms: {functions}");
}

#[test]
fn hyper_basic_shows_its_requests() {
    greet("hyper_basic", "hello");
}

/// Each form is one line of the report, with as many calls as the example makes.
#[test]
fn functions_shows_every_form() {
    let ended = run("functions", &[], &[]);
    assert!(ended.status.success(), "{}", ended.stderr);
    let first_number = |name: &str| {
        let line = ended.stdout.lines().find(|line| line.starts_with(&format!("{name}  ")));
        let line = line.unwrap_or_else(|| panic!("{name} is not in\n{}", ended.stdout));
        line[name.len()..].split_whitespace().next().unwrap().parse::<u64>().unwrap()
    };
    for (name, calls) in [
        ("functions::plain::parse", 1),
        ("sort", 1),
        ("halve", 100),
        ("voxel-1", 1),
        ("voxel-1 / downsample", 1),
        ("voxel-1 / keep", 1),
        ("voxel-1 / the rest of a scope", 1),
        ("parse", 3),
        ("status", 2),
        ("wait", 1),
        ("load", 1),
        ("GET /scans", 1),
        ("boxed", 1),
        ("opaque", 1),
        ("numbers", 1),
        ("numbers::item", 4),
        ("guard", 2),
        ("closure", 1),
        ("future", 1),
    ] {
        assert_eq!(first_number(name), calls, "{name}");
    }
    assert!(ended.stdout.contains("\noutcome"), "cancelled calls are told: {}", ended.stdout);
}

/// Greets three people and asks for what is nowhere; gives back what is known of the timed function.
fn greet(example: &str, function: &str) -> Value {
    let service = Service::start(example, &["127.0.0.1:0"]);
    for name in ["ada", "grace", "barbara"] {
        let answer = service.get(&format!("/api/hello/{name}"));
        assert_eq!((answer.status, answer.body.as_str()), (200, format!("Hello, {name}!\n").as_str()));
    }
    assert_eq!(service.get("/api/nowhere").status, 404);

    let endpoints = service.get("/api/metrics").json()["endpoints"].take();
    let row =
        |path: &str| endpoints.as_array().unwrap().iter().find(|row| row["path"] == path).unwrap().clone();
    assert_eq!(row("/api/hello/{name}")["calls_total"], 3);
    assert_eq!(row("{unmatched}")["last_status_code"], 404);
    assert_eq!(service.get("/dashboard/performance").status, 200);
    // The probe looks twice a second.
    poll("the host is seen", || {
        let total_mb = service.get("/api/metrics").json()["system"]["memory_total_mb"].as_f64();
        total_mb.filter(|total_mb| *total_mb > 0.0)
    });

    let functions = service.get("/api/metrics/functions").json();
    let mut functions = functions["functions"].as_array().unwrap().iter();
    functions.find(|row| row["name"] == function).unwrap().clone()
}
