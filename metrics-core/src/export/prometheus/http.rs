//! HTTP, by the semantic conventions of OpenTelemetry, and what they have no name for.
//!
//! # Source
//! OpenTelemetry semantic conventions 1.44, "HTTP metrics"; dots become underscores and units are appended, as the
//! specification's mapping to Prometheus says.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::text::{Kind, Text};
use crate::name::{OVERFLOW, UNMATCHED};
use crate::series::{
    CellKey, CellTotal, DURATION_BOUNDS_NS, Ending, Outcome, RouteTotal, SIZE_BOUNDS_BYTES, Scheme,
};
use crate::state::{Key, State};

/// What the conventions call a method or an error that is none of the known ones.
const OTHER: &str = "_OTHER";

pub(super) const OUTCOMES: [Outcome; 4] =
    [Outcome::Ok, Outcome::Error, Outcome::Panicked, Outcome::Cancelled];

/// The requests of one route.
struct Route<'a> {
    key: Key<'a>,
    total: RouteTotal,
    in_flight: [u64; Scheme::COUNT],
    open_sessions: u64,
    /// The cells as the conventions tell them apart.
    responses: Vec<CellTotal>,
}

pub(super) fn families(text: &mut Text, state: &State) {
    let rows = state.routes_in_order();
    if rows.is_empty() {
        return;
    }
    let routes: Vec<_> = rows
        .iter()
        .map(|row| {
            let (total, in_flight) = row.read();
            let open_sessions = row.open_sessions(&total.exchange);
            let responses = total.exchange.by_response();
            Route { key: row.key.borrow(), total, in_flight, open_sessions, responses }
        })
        .collect();
    active(text, &routes);
    outcomes(text, &routes);
    grpc(text, &routes);
    late(text, &routes);
    sessions(text, &routes);
    histograms(text, &routes);
}

/// The buckets of a histogram and its sum, in base units.
type Told = for<'a> fn(&'a CellTotal) -> (&'a [u64], f64);

/// A histogram of each response: by far the most of the text, and so the last that there is room for. What is asked for least
/// comes last of all.
fn histograms(text: &mut Text, routes: &[Route<'_>]) {
    let durations = duration_bounds();
    let sizes = SIZE_BOUNDS_BYTES.map(|bytes| format!("{bytes}.0"));
    let families: [(_, _, &[String], Told); 3] = [
        (
            "http_server_request_duration_seconds",
            "Time from a request to the end of its response.",
            &durations,
            |cell| (&cell.durations, cell.sum_ns as f64 / 1e9),
        ),
        ("http_server_response_body_size_bytes", "Size of response bodies as sent.", &sizes, |cell| {
            (&cell.response.buckets, cell.response.sum as f64)
        }),
        ("http_server_request_body_size_bytes", "Size of request bodies as read.", &sizes, |cell| {
            (&cell.request.buckets, cell.request.sum as f64)
        }),
    ];
    for (name, help, bounds, told) in families {
        text.if_there_is_room(|text| {
            text.family(name, Kind::Histogram, help);
            for (route, cell) in responses(routes) {
                let (buckets, sum) = told(cell);
                text.histogram(name, &labels(route, cell.key), bounds, buckets, sum);
                text.room()?;
            }
            Ok(())
        });
    }
}

/// Always with a fraction, so that a series has one name in both formats.
pub(super) fn duration_bounds() -> [String; DURATION_BOUNDS_NS.len()] {
    DURATION_BOUNDS_NS.map(|ns| format!("{:?}", ns as f64 / 1e9))
}

fn responses<'a>(routes: &'a [Route<'a>]) -> impl Iterator<Item = (&'a Route<'a>, &'a CellTotal)> {
    routes.iter().flat_map(|route| route.responses.iter().map(move |cell| (route, cell)))
}

/// Requests under way, which the conventions do not tell apart by route.
fn active(text: &mut Text, routes: &[Route<'_>]) {
    let mut sums: BTreeMap<_, u64> = BTreeMap::new();
    for route in routes {
        for (scheme, in_flight) in Scheme::ALL.into_iter().zip(route.in_flight) {
            if route.total.exchange.started[scheme as usize] > 0 {
                *sums.entry((method(route), scheme.as_str())).or_default() += in_flight;
            }
        }
    }
    text.family("http_server_active_requests", Kind::Gauge, "Requests whose response is not sent in full.");
    for ((method, scheme), count) in sums {
        let labels = [("http_request_method", method), ("url_scheme", scheme)];
        text.count("http_server_active_requests", &labels, count);
    }
}

fn method<'a>(route: &Route<'a>) -> &'a str {
    if route.key.first == OVERFLOW { OTHER } else { route.key.first }
}

/// The attributes of a response; what is not known has no label.
fn labels<'a>(route: &Route<'a>, key: CellKey) -> Vec<(&'static str, Cow<'a, str>)> {
    let protocol = key.protocol();
    let mut labels = vec![("http_request_method", Cow::Borrowed(method(route)))];
    if route.key.second != UNMATCHED {
        labels.push(("http_route", Cow::Borrowed(route.key.second)));
    }
    if key.status() != 0 {
        labels.push(("http_response_status_code", Cow::Owned(key.status().to_string())));
    }
    if let Some(error) = error_type(key) {
        labels.push(("error_type", error));
    }
    if !key.is_rest() {
        labels.push(("network_protocol_version", Cow::Borrowed(protocol.version.as_str())));
    }
    labels.push(("url_scheme", Cow::Borrowed(protocol.scheme.as_str())));
    labels
}

/// The status code of a 5xx; otherwise what went wrong, in one word.
fn error_type(key: CellKey) -> Option<Cow<'static, str>> {
    Some(match key.ending() {
        Ending::Ok => return None,
        Ending::Status if key.is_rest() => Cow::Borrowed(OTHER),
        Ending::Status => Cow::Owned(key.status().to_string()),
        Ending::Grpc => Cow::Borrowed("grpc"),
        Ending::Service => Cow::Borrowed("service"),
        Ending::Body => Cow::Borrowed("body"),
        Ending::Panicked => Cow::Borrowed("panic"),
        Ending::Cancelled => Cow::Borrowed("cancelled"),
    })
}

// === beyond the conventions ===

fn route_labels<'a>(route: &Route<'a>) -> [(&'static str, &'a str); 2] {
    [("method", route.key.first), ("route", route.key.second)]
}

fn outcomes(text: &mut Text, routes: &[Route<'_>]) {
    const NAME: &str = "metrics_route_requests_total";
    text.family(NAME, Kind::Counter, "Requests by how they ended.");
    for route in routes {
        let ([method, path], counts) = (route_labels(route), route.total.outcomes());
        for outcome in OUTCOMES {
            text.count(NAME, &[method, path, ("outcome", outcome.as_str())], counts.of(outcome));
        }
    }
}

fn grpc(text: &mut Text, routes: &[Route<'_>]) {
    const NAME: &str = "metrics_route_grpc_total";
    let mut sums: BTreeMap<_, u64> = BTreeMap::new();
    for (place, route) in routes.iter().enumerate() {
        for cell in &route.total.exchange.cells {
            if let Some(status) = cell.key.grpc_status() {
                *sums.entry((place, status)).or_default() += cell.count();
            }
        }
    }
    if sums.is_empty() {
        return;
    }
    text.family(NAME, Kind::Counter, "Requests by their gRPC status.");
    for ((place, status), count) in sums {
        let [method, path] = route_labels(&routes[place]);
        text.count(NAME, &[method, path, ("grpc_status", &status.to_string())], count);
    }
}

/// Bytes that were read by other tasks than the request's; no family as long as there are none.
fn late(text: &mut Text, routes: &[Route<'_>]) {
    const NAME: &str = "metrics_route_late_request_bytes_total";
    let with: Vec<_> = routes.iter().filter(|route| route.total.exchange.late_request_bytes > 0).collect();
    if with.is_empty() {
        return;
    }
    text.family(NAME, Kind::Counter, "Bytes of request bodies read apart from their request.");
    for route in with {
        text.count(NAME, &route_labels(route), route.total.exchange.late_request_bytes);
    }
}

/// Upgraded connections and event streams.
fn sessions(text: &mut Text, routes: &[Route<'_>]) {
    let with: Vec<_> = routes.iter().filter(|route| route.total.exchange.sessions.opened > 0).collect();
    if with.is_empty() {
        return;
    }
    text.family("metrics_route_sessions", Kind::Gauge, "Open WebSockets, other upgrades and event streams.");
    for route in &with {
        text.count("metrics_route_sessions", &route_labels(route), route.open_sessions);
    }
    text.family("metrics_route_session_seconds", Kind::Summary, "Time that sessions were open.");
    for route in &with {
        let (labels, sessions) = (route_labels(route), route.total.exchange.sessions);
        text.value("metrics_route_session_seconds_sum", &labels, sessions.ns as f64 / 1e9);
        text.count("metrics_route_session_seconds_count", &labels, sessions.closed);
    }
    text.family(
        "metrics_route_session_bytes_total",
        Kind::Counter,
        "Bytes sent in event streams that ended.",
    );
    for route in &with {
        text.count(
            "metrics_route_session_bytes_total",
            &route_labels(route),
            route.total.exchange.sessions.bytes,
        );
    }
}
