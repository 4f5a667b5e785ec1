//! Whatever comes, the handler answers with one of its own answers: THREATS 40, 41 and 55.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::sync::Arc;

use http::{HeaderValue, Request, Uri};
use http_body_util::BodyExt;
use metrics_layer::serve::Access;
use metrics_layer::{Handler, Registry};
use proptest::prelude::*;
use tower::ServiceExt;

/// In everything a test sends, and in nothing the handler has of its own.
const MARK: &str = "zq9";

fn handler() -> Handler {
    let registry = Registry::mock().0;
    registry.function("f").record(std::time::Duration::from_millis(1));
    Handler::new(Arc::new(registry)).access(Access::default().allow_loopback())
}

/// The answer, with what no answer may break.
fn ask(request: Request<()>) -> (u16, Vec<u8>) {
    let shown = format!("{request:?}");
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let (head, body) = runtime.block_on(handler().oneshot(request)).unwrap().into_parts();
    let body = runtime.block_on(body.collect()).unwrap().to_bytes().to_vec();
    let status = head.status.as_u16();
    assert!([200, 308, 400, 403, 404, 405, 406, 413, 426, 503].contains(&status), "{status}: {shown}");
    assert_eq!(head.headers["cache-control"], "no-store", "{shown}");
    assert!(!format!("{:?}", head.headers).contains(MARK), "{shown}");
    let text = str::from_utf8(&body).unwrap_or_default();
    assert!(!text.contains(MARK), "echoed: {shown}");
    if status >= 400 && !body.is_empty() {
        let document: serde_json::Value = serde_json::from_slice(&body).unwrap();
        assert!(document["detail"].is_string() && document.as_object().unwrap().len() == 1, "{shown}");
    }
    (status, body)
}

/// Paths near those that are there, and far from them.
fn path() -> impl Strategy<Value = String> {
    let known = prop::sample::select(vec![
        "/api/metrics",
        "/api/metrics/functions",
        "/api/metrics/openapi.json",
        "/api/health/performance",
        "/ws/system_metrics",
        "/metrics",
        "/metrics/alerts",
        "/metrics/prometheus",
        "/metrics/trends",
        "/dashboard/performance",
        "/dashboard/performance/app.js",
        "/",
    ]);
    let more = prop_oneof![
        Just(String::new()),
        Just(format!("/{MARK}")),
        Just("/".to_owned()),
        Just("/..".to_owned()),
        Just("/%2e%2e/%2e%2e/etc/passwd".to_owned()),
        Just("%00".to_owned()),
        "[!$-;=@-\\[\\]_a-z{-~\u{e4}\u{1f600}]{0,40}",
    ];
    (known, more).prop_map(|(known, more)| format!("{known}{more}"))
}

fn query() -> impl Strategy<Value = String> {
    let name = prop::sample::select(vec![
        "limit", "sort_by", "order", "last_n", "metric", "period", "from", "to", "service", "endpoint",
        "LIMIT", "limit%00", "",
    ]);
    let value = prop_oneof![
        Just(MARK.to_owned()),
        any::<i64>().prop_map(|number| number.to_string()),
        any::<f64>().prop_map(|number| number.to_string()),
        (0..20_u32).prop_map(|number| number.to_string()),
        prop::sample::select(vec!["asc", "desc", "p95_ms", "first_call", "errors"]).prop_map(str::to_owned),
        "[!$-;=?-~]{0,30}",
    ];
    let pair = (name, value).prop_map(|(name, value)| format!("{name}={value}"));
    prop::collection::vec(pair, 0..5).prop_map(|pairs| pairs.join("&"))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_path_query_and_method_is_answered(
        path in path(),
        query in query(),
        method in "(GET|HEAD|POST|OPTIONS|PUT|[A-Z]{1,20}zq9)",
        accept in "(\\*/\\*|application/json|text/[a-z*]{1,5}(;q=[0-9.]{1,5})?|[ -~]{0,30})",
        length in prop_oneof![Just(None), any::<u64>().prop_map(Some)],
    ) {
        let Ok(uri) = format!("{path}?{query}").parse::<Uri>() else { return Ok(()) };
        let mut request = Request::builder().uri(uri).method(&*method).header("host", "localhost");
        request = request.header("accept", accept);
        if let Some(length) = length {
            request = request.header("content-length", length);
        }
        ask(request.body(()).unwrap());
    }

    /// The answer to a query is one that can be predicted from it.
    #[test]
    fn a_query_is_taken_or_refused_by_its_values(query in query()) {
        let Ok(uri) = format!("/api/metrics/functions?{query}").parse::<Uri>() else { return Ok(()) };
        let given = |name: &str| -> Vec<String> {
            let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
            pairs.filter(|(other, _)| *other == name).map(|(_, value)| value.to_owned()).collect()
        };
        let is_limit = |text: &str| {
            !text.is_empty() && text.chars().all(|digit| digit.is_ascii_digit())
                && text.parse().is_ok_and(|number: u64| number <= 1_000_000)
        };
        let sorts = ["first_call", "p95_ms", "p99_ms", "avg_ms", "max_ms", "calls_total", "errors"];
        let is_good = |values: &[String], taken: &dyn Fn(&str) -> bool| match values {
            [] => true,
            [one] => taken(one),
            _ => false,
        };
        let good = is_good(&given("limit"), &is_limit)
            && is_good(&given("sort_by"), &|text| sorts.contains(&text))
            && is_good(&given("order"), &|text| ["asc", "desc"].contains(&text));
        // A fragment is no part of a query.
        prop_assume!(!query.contains('#'));
        let request = Request::get(uri).header("host", "localhost").body(()).unwrap();
        prop_assert_eq!(ask(request).0, if good { 200 } else { 400 });
    }

    /// THREATS 49 and 50: bytes that do not spell an allowed name do not get in.
    #[test]
    fn any_host_and_origin_are_judged(
        host in prop::collection::vec(any::<u8>(), 0..40),
        origin in prop::option::of("(https?://|ws://|)[!-~]{0,30}"),
    ) {
        let Ok(host) = HeaderValue::from_bytes(&host) else { return Ok(()) };
        let mut request = Request::get("/api/metrics").header("host", host.clone());
        if let Some(origin) = origin {
            request = request.header("origin", origin);
        }
        let (status, _) = ask(request.body(()).unwrap());
        let text = host.to_str().unwrap_or_default().to_ascii_lowercase();
        let is_local = ["localhost", "127.", "[::1]", "[0"].iter().any(|start| text.starts_with(start));
        prop_assert!(status == 403 || (status == 200 && is_local), "{:?}", host);
    }
}
