//! Trends: of the history in memory, or of a store.

use std::future::Future as _;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use http::{Response, StatusCode};
use metrics_core::storage::{Metric, TrendAnswer, TrendQuery};
use metrics_core::{Config, TrendMetrics, TrendPeriod};

use super::encoding::Encoding;
use super::query::{Kind, Param, Values};
use super::refusal::Refusal;
use super::render::{self, Fault};
use super::routes::JSON;
use super::source::Source;
use super::{Body, respond};

/// JSON's numbers are exact up to here.
const LATEST_MS: u64 = (1 << 53) - 1;

/// As long as names are kept.
const MAX_NAME_CHARS: usize = metrics_core::MAX_NAME_BYTES;

const fn time(name: &'static str, about: &'static str, default: u64, expected: &'static str) -> Param {
    Param { name, about, kind: Kind::Integer { max: LATEST_MS, default }, expected }
}

const fn name(name: &'static str, about: &'static str, expected: &'static str) -> Param {
    Param { name, about, kind: Kind::Text { max_chars: MAX_NAME_CHARS }, expected }
}

/// In the order in which they are read below.
pub(super) const PARAMS: &[Param] = &[
    Param {
        name: "metric",
        about: "What. The first five are series of the history; those that are stored, `request_latency` and \
                `active_connections` too, come from the store where there is one.",
        kind: Kind::OneOf(&[
            "request_latency",
            "memory_usage",
            "cpu_usage",
            "active_connections",
            "total_connections",
            "response_time_ms",
            "requests_per_minute",
            "events_per_minute",
            "cpu_usage_percent",
            "memory_usage_mb",
            "disk_usage_percent",
            "error_rate_percent",
            "queue_size",
        ]),
        expected: "metric: request_latency, memory_usage, cpu_usage, active_connections, total_connections, \
                   response_time_ms, requests_per_minute, events_per_minute, cpu_usage_percent, memory_usage_mb, \
                   disk_usage_percent, error_rate_percent or queue_size, once",
    },
    Param {
        name: "period",
        about: "The length of the buckets.",
        kind: Kind::OneOf(&["hourly", "daily", "weekly"]),
        expected: "period: hourly, daily or weekly, once",
    },
    time(
        "from",
        "Buckets that begin at this time or later, Unix milliseconds.",
        0,
        "from: Unix milliseconds, a whole number up to 9007199254740991, once",
    ),
    time(
        "to",
        "Buckets that begin before this time, Unix milliseconds.",
        LATEST_MS,
        "to: Unix milliseconds, a whole number up to 9007199254740991, once",
    ),
    name(
        "service",
        "Of which service; without it, of this one.",
        "service: a name of at most 256 characters, once",
    ),
    name(
        "instance",
        "Of which instance of the service; without it, of all together.",
        "instance: a name of at most 256 characters, once",
    ),
    name(
        "endpoint",
        "Of the route with this template, all methods together; without it, of the service as a whole.",
        "endpoint: a template of at most 256 characters, once",
    ),
];

/// What was asked for.
struct Asked<'a> {
    word: &'static str,
    period: TrendPeriod,
    from_ms: u64,
    to_ms: u64,
    service: Option<&'a str>,
    instance: Option<&'a str>,
    endpoint: Option<&'a str>,
}

impl<'a> Asked<'a> {
    fn of(values: &'a Values) -> Self {
        let period = match values.word(1) {
            "daily" => TrendPeriod::Daily,
            "weekly" => TrendPeriod::Weekly,
            _ => TrendPeriod::Hourly,
        };
        let ([from_ms, to_ms], [service, instance, endpoint]) = (
            [2, 3].map(|index| values.number(index)),
            [4, 5, 6].map(|index| Some(values.text(index)).filter(|text| !text.is_empty())),
        );
        Self { word: values.word(0), period, from_ms, to_ms, service, instance, endpoint }
    }

    /// The metric that a store knows; seed 3 has a name of its own for one of them.
    fn metric(&self) -> Option<Metric> {
        if self.word == "request_latency" {
            Some(Metric::ResponseTimeMs)
        } else {
            Metric::from_name(self.word)
        }
    }

    /// The series of the history.
    fn series(&self) -> &'static str {
        if self.word == Metric::ResponseTimeMs.as_str() { "request_latency" } else { self.word }
    }

    /// Whether the history knows of whom is asked: it has this process alone, as a whole.
    fn is_of(&self, config: &Config) -> bool {
        self.service.is_none_or(|service| service == config.service())
            && self.instance.is_none_or(|instance| instance == config.instance())
            && self.endpoint.is_none()
    }
}

/// A trend out of the history in memory.
pub(super) fn in_memory(source: &Source, values: &Values) -> Result<TrendMetrics, Fault> {
    let metrics = source.metrics()?;
    let asked = Asked::of(values);
    let is_known = asked.is_of(metrics.config());
    let known = is_known.then(|| metrics.collection().trend(asked.series(), asked.period)).flatten();
    let mut trend = known.unwrap_or_else(|| {
        let mut empty = TrendMetrics::default();
        asked.metric().map_or("", Metric::unit).clone_into(&mut empty.unit);
        asked.period.as_str().clone_into(&mut empty.period);
        empty
    });
    trend.buckets.retain(|bucket| (asked.from_ms..asked.to_ms).contains(&bucket.timestamp));
    asked.word.clone_into(&mut trend.metric);
    Ok(trend)
}

/// The question to the store; `None` when there is no store, or it is about a series that is not stored.
pub(super) fn of_store(source: &Source, values: &Values) -> Option<Trend> {
    let metrics = source.metrics().ok()?;
    let store = metrics.store()?;
    let asked = Asked::of(values);
    let query = TrendQuery {
        from_ms: asked.from_ms,
        to_ms: asked.to_ms,
        service: Some(asked.service.unwrap_or(metrics.config().service()).to_owned()),
        instance: asked.instance.map(str::to_owned),
        endpoint: asked.endpoint.map(str::to_owned),
        ..TrendQuery::new(asked.metric()?, asked.period)
    };
    Some(Trend { answer: store.trend(query), word: asked.word, encoding: Encoding::Plain })
}

/// A trend that the store reads.
#[derive(Debug)]
pub(super) struct Trend {
    answer: TrendAnswer,
    word: &'static str,
    encoding: Encoding,
}

impl Trend {
    pub(super) fn encoded(self, encoding: Encoding) -> Self {
        Self { encoding, ..self }
    }

    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Response<Body>> {
        let rendered = match ready!(Pin::new(&mut self.answer).poll(cx)) {
            Ok(mut trend) => {
                self.word.clone_into(&mut trend.metric);
                render::json(&trend).map_err(Refusal::Fault)
            }
            Err(error) => {
                // Clients could fill a log with more than that.
                tracing::debug!(%error, "a trend cannot be read");
                Err(if error.is_busy() { Refusal::Busy } else { Refusal::Fault(Fault::Unread) })
            }
        };
        Poll::Ready(match rendered {
            Ok(bytes) => {
                let bytes = self.encoding.apply(bytes);
                self.encoding.mark(respond::content(StatusCode::OK, JSON, bytes))
            }
            Err(refusal) => refusal.response(),
        })
    }
}
