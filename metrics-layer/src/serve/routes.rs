//! The one table of paths. Dispatch, axum's routes, the `Allow` header, the list in the documentation and the
//! OpenAPI document are made from it; an endpoint is added by a row.

mod collection;

use bytes::Bytes;
use http::Method;
use metrics_core::TextFormat;

use super::mounts::Family;
use super::query::{Kind, Param, Values};
use super::render::{self, Fault};
use super::source::Source;
use crate::dashboard::{self, Asset};

pub(crate) const JSON: &str = "application/json";
pub(crate) const PROMETHEUS: &str = TextFormat::Prometheus.content_type();
pub(crate) const OPEN_METRICS: &str = TextFormat::OpenMetrics.content_type();

/// One row of the table.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Route {
    pub(crate) family: Family,
    /// Where it is while its family stands at its usual place.
    pub(crate) path: &'static str,
    /// One line for the lists of paths; empty for what nobody asks for by name.
    pub(crate) about: &'static str,
    pub(crate) answer: Answer,
}

/// What a path answers.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Answer {
    /// A document made of the metrics, while they are on.
    Data(Data),
    /// The same, unless there is a store that has to be asked.
    Trends(Data),
    Health,
    OpenApi,
    #[cfg(feature = "live")]
    Live,
    /// The page, as its family has it.
    Page,
    File(&'static Asset),
    /// A permanent redirect to a relative place.
    Moved(&'static str),
}

/// A document made of the metrics.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Data {
    /// What clients may choose from by `Accept`; the first is for those that do not care.
    pub(crate) media: &'static [&'static str],
    /// Its name in `openapi/schemas.json`; `None` for text.
    pub(crate) schema: Option<&'static str>,
    pub(crate) params: &'static [Param],
    pub(crate) render: fn(&Source, &Ask) -> Result<Bytes, Fault>,
}

/// What one request asks of a document, checked.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Ask {
    /// One of the row's media.
    pub(crate) media: &'static str,
    /// One for each of the row's parameters.
    pub(crate) values: Values,
}

/// The methods a path answers.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Methods {
    GetHead,
    /// An upgrade has no HEAD.
    #[cfg(feature = "live")]
    Get,
}

impl Methods {
    pub(crate) fn contain(self, method: &Method) -> bool {
        match self {
            Self::GetHead => method == Method::GET || method == Method::HEAD,
            #[cfg(feature = "live")]
            Self::Get => method == Method::GET,
        }
    }

    pub(crate) fn allow(self) -> &'static str {
        match self {
            Self::GetHead => "GET, HEAD",
            #[cfg(feature = "live")]
            Self::Get => "GET",
        }
    }
}

impl Answer {
    /// How a document is made, and what it is asked with.
    pub(crate) fn data(self) -> Option<Data> {
        match self {
            Self::Data(data) | Self::Trends(data) => Some(data),
            _ => None,
        }
    }
}

impl Route {
    pub(crate) fn methods(&self) -> Methods {
        match self.answer {
            #[cfg(feature = "live")]
            Answer::Live => Methods::Get,
            _ => Methods::GetHead,
        }
    }
}

/// A JSON document without parameters.
const fn json(
    family: Family,
    path: &'static str,
    about: &'static str,
    schema: &'static str,
    render: fn(&Source, &Ask) -> Result<Bytes, Fault>,
) -> Route {
    let data = Data { media: &[JSON], schema: Some(schema), params: &[], render };
    Route { family, path, about, answer: Answer::Data(data) }
}

/// Seed 2's document.
const fn performance(path: &'static str, about: &'static str) -> Route {
    let data = Data {
        media: &[JSON],
        schema: Some("Performance"),
        params: &[Param {
            name: "blocks",
            about: "With all of them, there are also the blocks cache, caches and resources.",
            kind: Kind::OneOf(&["core", "all"]),
            expected: "blocks: core or all, once",
        }],
        render: |source, ask| render::json(&source.performance(ask.values.word(0) == "all")),
    };
    Route { family: Family::Admin, path, about, answer: Answer::Data(data) }
}

/// Everything but the files of the page.
const ROUTES: &[Route] = &[
    json(Family::Api, "/api/metrics", "everything", "MetricsSnapshot", |source, _| {
        render::json(&source.collector().snapshot())
    }),
    json(
        Family::Api,
        "/api/metrics/dag",
        "nodes, their operations, and what joins them",
        "DagMetrics",
        |source, _| render::json(&source.collector().snapshot().dag),
    ),
    json(Family::Api, "/api/metrics/websocket", "WebSocket topics", "WebSocketMetrics", |source, _| {
        render::json(&source.collector().snapshot().websocket)
    }),
    Route {
        family: Family::Api,
        path: "/api/metrics/functions",
        about: "timed functions with percentiles; `sort_by`, `order`, `limit`",
        answer: Answer::Data(Data {
            media: &[JSON],
            schema: Some("FunctionList"),
            params: &[
                Param {
                    name: "sort_by",
                    about: "The number to sort by; without it functions are in the order in which they were first called.",
                    kind: Kind::OneOf(&[
                        "first_call",
                        "p95_ms",
                        "p99_ms",
                        "avg_ms",
                        "max_ms",
                        "calls_total",
                        "errors",
                    ]),
                    expected: "sort_by: first_call, p95_ms, p99_ms, avg_ms, max_ms, calls_total or errors, once",
                },
                Param {
                    name: "order",
                    about: "Largest or smallest first; no difference to the order of first calls.",
                    kind: Kind::OneOf(&["desc", "asc"]),
                    expected: "order: desc or asc, once",
                },
                Param {
                    name: "limit",
                    about: "How many at most.",
                    kind: Kind::Integer { max: 1_000_000, default: 1_000_000 },
                    expected: "limit: a whole number from 0 to 1000000, once",
                },
            ],
            render: |source, ask| {
                render::json(&source.functions(ask.values.word(0), ask.values.word(1), ask.values.number(2)))
            },
        }),
    },
    json(
        Family::Api,
        "/api/metrics/routes",
        "HTTP routes, from request to end of response",
        "RouteList",
        |source, _| render::json(&source.routes()),
    ),
    Route {
        family: Family::Api,
        path: "/api/metrics/routes/histogram",
        about: "how long one route's requests took to the head of the answer; `method`, `path`",
        answer: Answer::Data(Data {
            media: &[JSON],
            schema: Some("RouteHistogram"),
            params: &[
                Param {
                    name: "method",
                    about: "The route's method.",
                    kind: Kind::Text { max_chars: 256 },
                    expected: "method: at most 256 characters, percent-encoded, once",
                },
                Param {
                    name: "path",
                    about: "The route's template.",
                    kind: Kind::Text { max_chars: 256 },
                    expected: "path: at most 256 characters, percent-encoded, once",
                },
            ],
            render: |source, ask| render::json(&source.histogram(ask.values.text(0), ask.values.text(1))),
        }),
    },
    json(
        Family::Api,
        "/api/metrics/labels",
        "HTTP requests by a label of your own",
        "LabelList",
        |source, _| render::json(&source.labels()),
    ),
    json(
        Family::Api,
        "/api/metrics/requests",
        "the slowest requests, and the latest that failed",
        "NotableRequests",
        |source, _| render::json(&source.requests()),
    ),
    json(
        Family::Api,
        "/api/metrics/throughput",
        "requests and events of the last minute",
        "ThroughputMetrics",
        |source, _| render::json(&source.throughput()),
    ),
    json(
        Family::Api,
        "/api/metrics/queues",
        "queues, and how long entries wait",
        "QueueList",
        |source, _| render::json(&source.queues()),
    ),
    json(Family::Api, "/api/metrics/pools", "connection pools", "PoolList", |source, _| {
        render::json(&source.pools())
    }),
    json(Family::Api, "/api/metrics/errors", "errors by types of your own", "ErrorList", |source, _| {
        render::json(&source.errors())
    }),
    json(Family::Api, "/api/metrics/self", "what the library knows of its own work", "Own", |source, _| {
        render::json(&source.own())
    }),
    Route {
        family: Family::Api,
        path: "/api/metrics/openapi.json",
        about: "these paths as an OpenAPI document",
        answer: Answer::OpenApi,
    },
    Route {
        family: Family::Api,
        path: "/api/health/performance",
        about: "whether the metrics work; always 200",
        answer: Answer::Health,
    },
    #[cfg(feature = "live")]
    Route {
        family: Family::Api,
        path: "/ws/system_metrics",
        about: "everything, once a second, over a WebSocket",
        answer: Answer::Live,
    },
    Route {
        family: Family::Metrics,
        path: "/metrics/prometheus",
        about: "everything as Prometheus text, or as OpenMetrics if `Accept` prefers it",
        answer: Answer::Data(Data {
            media: &[PROMETHEUS, OPEN_METRICS],
            schema: None,
            params: &[],
            render: |source, ask| {
                let format = match ask.media {
                    OPEN_METRICS => TextFormat::OpenMetrics,
                    _ => TextFormat::Prometheus,
                };
                render::text(source.exposition_with_legacy_names(format))
            },
        }),
    },
    Route {
        family: Family::Admin,
        path: "/admin/performance",
        about: "the page, with caches, database and routes in front",
        answer: Answer::Page,
    },
    Route {
        family: Family::Admin,
        path: "/admin/performance/",
        about: "",
        answer: Answer::Moved("../performance"),
    },
    performance("/admin/performance/json", "caches, database, watched routes and routes; `blocks`"),
    performance("/admin/performance.json", "the same"),
    Route {
        family: Family::Admin,
        path: "/api/admin/performance/routes",
        about: "routes over their last 100 requests; `sort_by`, `order`, `limit`",
        answer: Answer::Data(Data {
            media: &[JSON],
            schema: Some("RouteStatsList"),
            params: &[
                Param {
                    name: "sort_by",
                    about: "The number to sort by; routes with equal numbers are in the order of their names.",
                    kind: Kind::OneOf(&["p95_ms", "p99_ms", "avg_ms", "request_count"]),
                    expected: "sort_by: p95_ms, p99_ms, avg_ms or request_count, once",
                },
                Param {
                    name: "order",
                    about: "Largest or smallest first.",
                    kind: Kind::OneOf(&["desc", "asc"]),
                    expected: "order: desc or asc, once",
                },
                Param {
                    name: "limit",
                    about: "How many at most.",
                    kind: Kind::Integer { max: 1_000_000, default: 50 },
                    expected: "limit: a whole number from 0 to 1000000, once",
                },
            ],
            render: |source, ask| {
                render::json(&source.route_stats(
                    ask.values.word(0),
                    ask.values.word(1),
                    ask.values.number(2),
                ))
            },
        }),
    },
    Route {
        family: Family::Dashboard,
        path: "/dashboard/performance",
        about: "the page",
        answer: Answer::Page,
    },
    Route {
        family: Family::Dashboard,
        path: "/dashboard/performance/",
        about: "",
        answer: Answer::Moved("../performance"),
    },
];

/// Everything below these is the handler's, so that a typing error answers 404 JSON and not the page of a
/// single-page application (E-19, E-21).
pub(crate) const SCOPES: &[(Family, &str)] = &[
    (Family::Api, "/api/metrics/"),
    (Family::Metrics, "/metrics/"),
    (Family::Admin, "/admin/performance/"),
    (Family::Admin, "/api/admin/performance/"),
    (Family::Dashboard, "/dashboard/performance/"),
];

/// All rows.
pub(crate) fn rows() -> impl Iterator<Item = Route> {
    let files = dashboard::FILES.iter().flat_map(|file| {
        let places = [(Family::Dashboard, file.at_dashboard), (Family::Admin, file.at_admin)];
        places.map(|(family, path)| Route { family, path, about: "", answer: Answer::File(file) })
    });
    ROUTES.iter().chain(collection::ROUTES).copied().chain(files)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn no_path_is_listed_twice() {
        let mut seen = HashSet::new();
        assert!(rows().all(|route| seen.insert(route.path)));
    }

    /// THREAT 40: each parameter that is refused says what it takes.
    #[test]
    fn every_parameter_says_what_it_takes() {
        for route in rows() {
            let Some(data) = route.answer.data() else { continue };
            for param in data.params {
                let says = |text: &str| param.expected.contains(text);
                assert!(param.expected.starts_with(param.name) && says("once"), "{}", param.expected);
                match param.kind {
                    Kind::OneOf(words) => assert!(words.iter().all(|word| says(word)), "{}", param.expected),
                    Kind::Count { max, default } => {
                        assert!(says("from 1 to") && says(&max.to_string()) && (1..=max).contains(&default));
                    }
                    Kind::Integer { max, default } => assert!(says(&max.to_string()) && default <= max),
                    Kind::Text { max_chars } => assert!(says(&format!("at most {max_chars} characters"))),
                }
            }
        }
    }
}
