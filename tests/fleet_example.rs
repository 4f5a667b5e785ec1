//! The fleet example as its users meet it: in one process, and as processes of their own around an engine.

#![allow(clippy::unwrap_used, reason = "a test may panic")]
#![allow(dead_code, reason = "the helpers offer more than this example needs")]

#[path = "support/example.rs"]
mod example;
#[path = "engines/http.rs"]
mod http;
#[path = "engines/servers.rs"]
mod servers;

use serde_json::Value;

use example::{Service, poll, run};
use servers::{Kind, Server};

fn members(view: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let services = view["services"].as_array().unwrap().iter();
    let of_service = |service: &Value| -> Vec<_> {
        let instances = service["instances"].as_array().unwrap().iter();
        instances.map(|instance| (text(&service["service"]), text(&instance["instance"]))).collect()
    };
    services.flat_map(of_service).collect()
}

/// Whether every instance has done something, by what the store tells of this hour.
fn all_work(view: &Value) -> bool {
    let services = view["services"].as_array().unwrap().iter();
    let mut instances = services.flat_map(|service| service["instances"].as_array().unwrap());
    instances.all(|instance| {
        let peak = |metric: &str| {
            let buckets = instance["hourly"][metric].as_array().unwrap();
            buckets.last().map_or(0.0, |bucket| bucket["max"].as_f64().unwrap())
        };
        peak("events_per_minute") > 0.0 && peak("requests_per_minute") > 0.0 && peak("response_time_ms") > 0.0
    })
}

fn named(names: &[(&str, &str)]) -> Vec<(String, String)> {
    names.iter().map(|(service, instance)| ((*service).to_owned(), (*instance).to_owned())).collect()
}

#[test]
fn every_instance_of_every_service_is_seen() {
    let fleet = Service::start("fleet", &["--port", "0", "--flush", "1", "--services", "2"]);
    let view = poll("a fleet at work", || {
        let view = fleet.get("/api/fleet").json();
        all_work(&view).then_some(view)
    });
    let expected = [("ingest", "1"), ("ingest", "2"), ("enrich", "1"), ("enrich", "2")];
    assert_eq!(members(&view), named(&expected));
    assert_eq!(view["store"]["kind"], "memory");
    assert!(
        view["services"][0]["instances"][0]["dashboard"].as_str().unwrap().starts_with("http://127.0.0.1:")
    );

    let page = fleet.get("/").body;
    assert!(!page.contains("<style") && !page.contains("style=") && !page.contains("onclick"), "{page}");
    assert!(page.matches("<script").count() == 1 && page.contains("src=\"fleet.js\"></script>"), "{page}");
    for path in ["/fleet.js", "/fleet.css"] {
        assert_eq!(fleet.get(path).status, 200, "{path}");
    }
    // Not for pages of other sites.
    assert_eq!(fleet.ask("GET", "/api/fleet", &["Host: evil.example"], "").status, 403);
    assert_eq!(fleet.stop("TERM").status.code(), Some(0));
    let refused = run("fleet", &[], &["--store", "influx:nowhere", "--port", "0"]);
    assert_eq!(
        (refused.status.code(), &*refused.stderr),
        (Some(2), "error: destination: not an http:// address\n")
    );
}

#[test]
#[ignore = "needs influxd and victoria-metrics; ci/test.sh runs it"]
fn processes_of_their_own_meet_in_an_engine() {
    for (kind, scheme) in [(Kind::InfluxDb, "influx"), (Kind::VictoriaMetrics, "victoria")] {
        let engine = Server::start(kind);
        let store = format!("{scheme}:http://{}", engine.address);
        let common = ["--port", "0", "--flush", "1", "--store", &store];
        let start = |arguments: &[&str]| Service::start("fleet", &[&common, arguments].concat());
        let last = start(&["--role", "service", "--name", "notify", "--instance", "b"]);
        let first =
            start(&["--role", "service", "--name", "ingest", "--instance", "a", "--next", &last.address]);
        let dashboard = start(&["--role", "dashboard", "--member", "ingest/a", "--member", "notify/b"]);
        let view = poll("both at work", || {
            let view = dashboard.get("/api/fleet").json();
            all_work(&view).then_some(view)
        });
        assert_eq!(members(&view), named(&[("ingest", "a"), ("notify", "b")]));
        let queues = first.get("/api/metrics/queues").json();
        assert_eq!(queues["queues"][0]["name"], "jobs");
        let own = first.get("/api/metrics/self").json();
        assert_eq!(own["self"]["storage"]["points_dropped"], 0, "{own}");
    }
}
