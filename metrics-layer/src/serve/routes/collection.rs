//! The rows of what is collected at an interval, and of its alerts.

use metrics_core::TextFormat;

use super::{Answer, Data, JSON, OPEN_METRICS, PROMETHEUS, Route, json};
use crate::serve::mounts::Family;
use crate::serve::query::{Kind, Param};
use crate::serve::{render, trends};

const CSV: &str = "text/csv; charset=utf-8";

/// How many samples of each series (CON-18).
const fn last_n(default: u64) -> Param {
    Param {
        name: "last_n",
        about: "How many of the newest samples of each series; all when there are fewer.",
        kind: Kind::Count { max: MAX_LAST_N, default },
        expected: "last_n: a whole number from 1 to 1000000, once",
    }
}

/// More than any history holds.
const MAX_LAST_N: u64 = 1_000_000;

pub(super) const ROUTES: &[Route] = &[
    Route {
        family: Family::Metrics,
        path: "/metrics",
        about: "the collected series; `last_n`; as Prometheus text or CSV if `Accept` says so",
        answer: Answer::Data(Data {
            // JSON unless a client prefers another: `/metrics` is where Prometheus looks (CON-19).
            media: &[JSON, PROMETHEUS, OPEN_METRICS, CSV],
            schema: Some("CollectionMetrics"),
            params: &[last_n(60)],
            render: |source, ask| match ask.media {
                PROMETHEUS => render::text(source.exposition(TextFormat::Prometheus)),
                OPEN_METRICS => render::text(source.exposition(TextFormat::OpenMetrics)),
                CSV => render::text(source.csv(ask.values.number(0))),
                _ => render::json(&source.collected(ask.values.number(0))?),
            },
        }),
    },
    json(
        Family::Metrics,
        "/metrics/summary",
        "the latest values, the last hour and active alerts",
        "CollectionSummary",
        |source, _| render::json(&source.collection()?.summary()),
    ),
    json(Family::Metrics, "/metrics/alerts", "the alerts that are active", "ActiveAlerts", |source, _| {
        render::json(&source.collection()?.alerts().active())
    }),
    json(
        Family::Metrics,
        "/metrics/alerts/rules",
        "all alert rules and their state",
        "AlertRules",
        |source, _| render::json(&source.collection()?.alerts().status()),
    ),
    json(
        Family::Metrics,
        "/metrics/alerts/events",
        "the last hundred changes of alerts",
        "AlertEvents",
        |source, _| render::json(&source.collection()?.alerts().recent_events()),
    ),
    Route {
        family: Family::Metrics,
        path: "/metrics/csv",
        about: "the collected series as CSV; `last_n`",
        answer: Answer::Data(Data {
            media: &[CSV],
            schema: None,
            params: &[last_n(MAX_LAST_N)],
            render: |source, ask| render::text(source.csv(ask.values.number(0))),
        }),
    },
    Route {
        family: Family::Metrics,
        path: "/metrics/trends",
        about: "one metric over hours, days or weeks; `metric`, `period`, `from`, `to`, `service`, `instance`, `endpoint`",
        answer: Answer::Trends(Data {
            media: &[JSON],
            schema: Some("TrendMetrics"),
            params: trends::PARAMS,
            render: |source, ask| render::json(&trends::in_memory(source, &ask.values)?),
        }),
    },
];
