//! The document and the list of paths say what is there.

use std::collections::BTreeSet;
use std::time::Duration;

use metrics_core::{AlertRule, JobMetrics, Metrics, PerformanceHealth, StorageMetrics, TrendPeriod};

use super::*;
use crate::serve::routes;
use crate::serve::source::Source;
use crate::serve::table::Table;

fn of_handler() -> Value {
    document(Table::usual().places())
}

/// Holds a value against a schema: every property of the schema is there, nothing else is, and the types agree.
fn check(schemas: &Value, schema: &Value, value: &Value, at: &str) {
    if let Some(name) = schema["$ref"].as_str() {
        let name = name.strip_prefix("#/components/schemas/").expect("a local reference");
        assert!(schemas[name].is_object(), "{at}: no schema {name}");
        return check(schemas, &schemas[name], value, &format!("{at}/{name}"));
    }
    let kind = schema["type"].as_str().unwrap_or_else(|| panic!("{at}: no type"));
    match (kind, value) {
        ("object", Value::Object(fields)) => {
            let described = schema["properties"].as_object().cloned().unwrap_or_default();
            let (known, others): (Map<_, _>, Map<_, _>) =
                fields.clone().into_iter().partition(|(key, _)| described.contains_key(key));
            let names = |map: &Map<String, Value>| map.keys().cloned().collect::<BTreeSet<_>>();
            assert_eq!(names(&described), names(&known), "{at}");
            let any = &schema["additionalProperties"];
            assert_eq!(any.is_object(), !others.is_empty(), "{at}: others than described, or none to show");
            known.iter().for_each(|(key, value)| {
                check(schemas, &described[key], value, &format!("{at}.{key}"));
            });
            others.iter().for_each(|(key, value)| check(schemas, any, value, key));
        }
        ("array", Value::Array(items)) => {
            assert!(!items.is_empty(), "{at}: an empty list shows nothing");
            items.iter().for_each(|item| check(schemas, &schema["items"], item, at));
        }
        ("string", Value::String(_)) | ("boolean", Value::Bool(_)) => {}
        ("number", Value::Number(_)) => {}
        ("integer", Value::Number(number)) => assert!(number.is_u64(), "{at}: {number}"),
        _ => panic!("{at}: {kind} is described, {value} is there"),
    }
}

/// Holds a value with little in it against a schema: what the schema requires is there.
fn check_required(schemas: &Value, schema: &Value, value: &Value, at: &str) {
    if let Some(name) = schema["$ref"].as_str().and_then(|name| name.strip_prefix("#/components/schemas/")) {
        return check_required(schemas, &schemas[name], value, &format!("{at}/{name}"));
    }
    let required = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
    required.for_each(|name| assert!(value.get(name).is_some(), "{at}: no {name} in {value}"));
    for (name, property) in schema["properties"].as_object().into_iter().flatten() {
        if let Some(inner) = value.get(name) {
            check_required(schemas, property, inner, &format!("{at}.{name}"));
        }
    }
    for item in value.as_array().into_iter().flatten() {
        check_required(schemas, &schema["items"], item, at);
    }
}

#[test]
fn what_is_required_is_there_when_there_is_little() {
    let metrics = Metrics::builder().collecting(false).build().unwrap();
    let document = of_handler();
    let schemas = &document["components"]["schemas"];
    assert!(schemas["DagNodeMetrics"]["required"].as_array().unwrap().len() > 10);
    let check = |name: &str, value: Value| check_required(schemas, &schema(name), &value, "");
    check("MetricsSnapshot", serde_json::to_value(metrics.registry().snapshot()).unwrap());
    check("CollectionMetrics", serde_json::to_value(metrics.collection().metrics(None)).unwrap());
    check("CollectionSummary", serde_json::to_value(metrics.collection().summary()).unwrap());
    let rule = AlertRule::above("g").warning(1.0);
    let alerted = Metrics::builder().collecting(false).alert_rules([rule]).build().unwrap();
    alerted.registry().gauge("g").set(1.0);
    alerted.collection().record_memory_usage(1.0);
    alerted.collection().collect();
    assert_eq!(alerted.alerts().active().len(), 1);
    check("ActiveAlerts", serde_json::to_value(alerted.alerts().active()).unwrap());
    let trend = alerted.collection().trend("memory_usage", TrendPeriod::Hourly).unwrap();
    assert_eq!(trend.buckets.len(), 1);
    check("TrendMetrics", serde_json::to_value(trend).unwrap());
    let source = Source::from(metrics);
    check("Own", serde_json::to_value(source.own()).unwrap());
    check("Performance", serde_json::to_value(source.performance(false)).unwrap());
    check("RouteStatsList", serde_json::to_value(source.route_stats("p95_ms", "desc", 50)).unwrap());
}

#[test]
fn schemas_are_those_of_the_models() {
    let metrics = Metrics::builder().watch("x_get", "GET", "/api/x").build().unwrap();
    let registry = metrics.registry().clone();
    registry.node("n").record(Duration::from_millis(1), 1);
    registry.node("n").operation("o").record(Duration::from_millis(1));
    registry.node("m").operation("o").record(Duration::from_millis(1));
    registry.node("n").sends_to(&registry.node("m"));
    registry.topic("t").record_message(1);
    registry.function("f").record(Duration::from_millis(1));
    registry.cache("metadata").record_hit();
    metrics_core::Collector::record_endpoint(&registry, "/api/x", "GET", 1.0, 200);
    registry.begin_request("GET", "/api/x").answered_in_full(200);
    let mut failed = registry.begin_request("GET", "/api/x");
    failed.grpc_status(2);
    failed.label("tenant", "acme");
    failed.answered_in_full(500);
    registry.queue("q").record_wait(Duration::from_millis(1));
    registry.pool("p").set_active(1);
    registry.error_type("e").record();

    let document = of_handler();
    let schemas = &document["components"]["schemas"];
    let check = |name: &str, value: Value| check(schemas, &schema(name), &value, "");
    check("MetricsSnapshot", serde_json::to_value(registry.snapshot()).unwrap());
    check("FunctionList", json!({ "functions": registry.functions() }));
    check("RouteList", json!({ "routes": registry.routes() }));
    check("LabelList", json!({ "labels": registry.labels() }));
    check("ThroughputMetrics", serde_json::to_value(registry.throughput()).unwrap());
    check("QueueList", json!({ "queues": registry.queues() }));
    check("PoolList", json!({ "pools": registry.pools() }));
    check("ErrorList", json!({ "errors": registry.errors() }));
    check("NotableRequests", serde_json::to_value(registry.notable_requests()).unwrap());
    let source = Source::from(metrics);
    check("Performance", serde_json::to_value(source.performance(true)).unwrap());
    check("RouteStatsList", serde_json::to_value(source.route_stats("p95_ms", "desc", 50)).unwrap());
    check("RouteHistogram", serde_json::to_value(source.histogram("GET", "/api/x")).unwrap());
    let mut own = serde_json::to_value(source.own()).unwrap();
    own["self"]["jobs"] = json!({ "probe": JobMetrics::default() });
    own["self"]["storage"] = json!(StorageMetrics::default());
    check("Own", own);
    check("PerformanceHealth", serde_json::to_value(PerformanceHealth::default()).unwrap());
    let collected = collected();
    let value = |value: serde_json::Result<Value>| value.unwrap();
    check("CollectionMetrics", value(serde_json::to_value(collected.collection().metrics(None))));
    check("CollectionSummary", value(serde_json::to_value(collected.collection().summary())));
    check("ActiveAlerts", value(serde_json::to_value(collected.alerts().active())));
    check("AlertRules", value(serde_json::to_value(collected.alerts().status())));
    check("AlertEvents", value(serde_json::to_value(collected.alerts().recent_events())));
    let mut trend = collected.collection().trend("memory_usage", TrendPeriod::Hourly).unwrap();
    // As a store tells it.
    [trend.buckets[0].p50, trend.buckets[0].p95, trend.buckets[0].p99] = [Some(1.0); 3];
    check("TrendMetrics", value(serde_json::to_value(trend)));
    check("Refusal", json!({ "detail": "" }));
}

/// Something in every part of what is collected.
fn collected() -> Metrics {
    let rule = AlertRule::new("request_latency", 1.0, 2.0, "slow").label("endpoint", "/api/x");
    let metrics = Metrics::builder().collecting(false).alert_rules([rule]).build().unwrap();
    let collection = metrics.collection();
    collection.record_memory_usage(1.0);
    collection.record_cpu_usage(1.0);
    collection.record_extension_status("radio", "running");
    collection.record_request_latency("/api/x", 3.0);
    metrics.registry().gauge("g").set(1.0);
    collection.collect();
    metrics
}

#[test]
fn every_schema_is_used_and_there() {
    let document = of_handler();
    let text = document.to_string();
    for name in document["components"]["schemas"].as_object().unwrap().keys() {
        assert!(text.contains(&format!("\"#/components/schemas/{name}\"")), "{name} is not used");
    }
    for reference in text.split("\"#/components/schemas/").skip(1) {
        let name = reference.split('"').next().unwrap();
        assert!(document["components"]["schemas"][name].is_object(), "{name} is missing");
    }
}

/// `endpoints.md` is part of the documentation, in the README's words too.
#[test]
fn the_list_of_paths_is_made_from_the_table() {
    let mut list = "| path | answer |\n|---|---|\n".to_owned();
    for route in routes::rows().filter(|route| !route.about.is_empty()) {
        list += &format!("| `{}` | {} |\n", route.path, route.about);
    }
    // Without the feature `live` there is one path less.
    if cfg!(feature = "live") {
        assert_eq!(
            include_str!("../endpoints.md"),
            list,
            "metrics-layer/src/serve/endpoints.md should be:\n{list}"
        );
    }
}
