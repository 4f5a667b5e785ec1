//! Trends out of an engine: finished hours and days from their tiers, and those of now from finer ones.

mod buckets;
mod cells;
pub(super) mod influxql;
mod promql;

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use http::StatusCode;
use metrics_core::storage::{Metric, Point, Rollup, Tags, Tier, TrendError, TrendQuery, TrendSource};
use metrics_core::{Clock, TrendMetrics};

use buckets::Buckets;
use cells::{Cell, rollups_of};

use super::link::Link;
use crate::client::ClientError;

pub(super) use influxql::InfluxQl;
pub(super) use promql::PromQl;

/// Answers are read up to this size: a month of hours of some hundred series.
const MAX_ANSWER_BYTES: usize = 32 * 1024 * 1024;

const HOUR_MS: u64 = Tier::Hourly.bucket_ms();
const DAY_MS: u64 = Tier::Daily.bucket_ms();
const WEEK_MS: u64 = 7 * DAY_MS;

/// An engine that can be asked.
pub(super) trait Engine: Send {
    /// Path and query of the question, below the engine's address.
    fn path(&self, wanted: &Wanted<'_>) -> String;

    /// The values in an answer; what is not ours is left out.
    ///
    /// # Errors
    /// What the engine says instead.
    fn cells(&self, answer: &[u8], tier: Tier) -> Result<Vec<Cell>, String>;
}

/// Why an engine could not be read.
#[derive(Debug)]
pub(super) enum ReadError {
    /// Nobody is there, or has the time.
    Away(String),
    /// It has no answer.
    Refused(String),
}

impl From<ReadError> for TrendError {
    fn from(error: ReadError) -> Self {
        let (ReadError::Away(message) | ReadError::Refused(message)) = error;
        Self::new(message)
    }
}

/// What is to be read.
#[derive(Clone, Debug)]
pub(super) struct Wanted<'a> {
    tier: Tier,
    metric: Metric,
    service: Option<&'a str>,
    instance: Option<&'a str>,
    endpoint: Endpoint<'a>,
    /// Unix milliseconds.
    span: Range<u64>,
}

/// Of which routes.
#[derive(Clone, Copy, Debug)]
enum Endpoint<'a> {
    /// Of the service as a whole.
    None,
    Named(&'a str),
    /// Of the service and all its routes.
    Any,
}

impl<'a> Wanted<'a> {
    fn of(query: &'a TrendQuery, tier: Tier, span: Range<u64>) -> Self {
        Self {
            tier,
            metric: query.metric,
            service: query.service.as_deref(),
            instance: query.instance.as_deref(),
            endpoint: query.endpoint.as_deref().map_or(Endpoint::None, Endpoint::Named),
            span,
        }
    }
}

/// Reads an engine, as a source of trends.
pub(super) struct Reading {
    link: Link,
    engine: Box<dyn Engine>,
    clock: Clock,
}

impl Reading {
    pub(super) fn new(link: Link, engine: Box<dyn Engine>, clock: Clock) -> Self {
        Self { link, engine, clock }
    }

    fn now_ms(&self) -> u64 {
        u64::try_from(self.clock.unix_now().as_millis()).unwrap_or(u64::MAX)
    }

    /// All values of a tier's lines.
    fn cells(&mut self, wanted: &Wanted<'_>) -> Result<Vec<Cell>, ReadError> {
        if wanted.span.is_empty() {
            return Ok(Vec::new());
        }
        let answer = self.link.get(self.engine.path(wanted), MAX_ANSWER_BYTES);
        let answer = answer.map_err(|error| match error {
            // Who takes too long to read may still be written.
            ClientError::Timeout => ReadError::Refused(error.to_string()),
            ClientError::Connection(_) => ReadError::Away(error.to_string()),
        })?;
        if !answer.is_whole {
            return Err(ReadError::Refused("the engine's answer is too large".to_owned()));
        }
        let said = |problem| format!("the engine's answer, status {}: {problem}", answer.status.as_u16());
        if is_away(answer.status) {
            return Err(ReadError::Away(said("it is busy or away".to_owned())));
        }
        let cells = self.engine.cells(&answer.body, wanted.tier);
        let mut cells = cells.map_err(|problem| ReadError::Refused(said(problem)))?;
        // A step may lie outside of the span, and the margin around it does.
        cells.retain(|cell| wanted.span.contains(&cell.unix_ms));
        Ok(cells)
    }

    /// The roll-ups that a tier has.
    fn finished(
        &mut self,
        query: &TrendQuery,
        tier: Tier,
        span: Range<u64>,
    ) -> Result<Vec<Rollup>, TrendError> {
        let cells = self.cells(&Wanted::of(query, tier, span))?;
        Ok(rollups_of(tier, query.metric, cells))
    }

    /// Hours that begin in the span. The last ones may not be in their tier yet, and are made of points.
    fn hours(&mut self, query: &TrendQuery, span: Range<u64>) -> Result<Vec<Rollup>, TrendError> {
        let now = self.now_ms();
        let finished = self.finished(query, Tier::Hourly, span.clone())?;
        let last = Tier::Hourly.bucket_start(now).saturating_sub(HOUR_MS).max(span.start);
        let until = span.end.saturating_add(HOUR_MS).min(now.saturating_add(1));
        let points = self.cells(&Wanted::of(query, Tier::Raw, last..until))?;
        let mut hours = Buckets::new(Tier::Hourly, query.metric, finished);
        for point in points {
            if let Some(hour) = hours.open(&point.tags, point.unix_ms) {
                hour.observe(point.unix_ms, point.value);
            }
        }
        Ok(hours.all())
    }

    /// Days that begin in the span. The last ones may not be in their tier yet, and are made of hours.
    fn days(&mut self, query: &TrendQuery, span: Range<u64>) -> Result<Vec<Rollup>, TrendError> {
        let now = self.now_ms();
        let finished = self.finished(query, Tier::Daily, span.clone())?;
        let last = Tier::Daily.bucket_start(now).saturating_sub(DAY_MS).max(span.start);
        let until = span.end.saturating_add(DAY_MS).min(now.saturating_add(1));
        let hours = if last < until { self.hours(query, last..until)? } else { Vec::new() };
        let mut days = Buckets::new(Tier::Daily, query.metric, finished);
        for hour in &hours {
            if let Some(day) = days.open(&hour.tags, hour.start_ms) {
                day.merge(hour);
            }
        }
        Ok(days.all())
    }

    /// The points of one instance, its routes included, in the order of their time.
    pub(super) fn points(
        &mut self,
        service: &str,
        instance: &str,
        span: Range<u64>,
    ) -> Result<Vec<Point>, ReadError> {
        let mut points: BTreeMap<(u64, Arc<Tags>), Point> = BTreeMap::new();
        for metric in Metric::ALL {
            let wanted = Wanted {
                tier: Tier::Raw,
                metric,
                service: Some(service),
                instance: Some(instance),
                endpoint: Endpoint::Any,
                span: span.clone(),
            };
            for cell in self.cells(&wanted)? {
                let key = (cell.unix_ms, Arc::clone(&cell.tags));
                let point =
                    points.entry(key).or_insert_with(|| Point::new((*cell.tags).clone(), cell.unix_ms));
                set(point, metric, cell.value);
            }
        }
        Ok(points.into_values().collect())
    }
}

impl TrendSource for Reading {
    fn trend(&mut self, query: &TrendQuery) -> Result<TrendMetrics, TrendError> {
        // The end of a week that begins before the end lies behind it.
        let until = query.to_ms.min(self.now_ms().saturating_add(1)).saturating_add(WEEK_MS);
        let rollups = match query.tier() {
            Tier::Daily => self.days(query, query.from_ms..until)?,
            Tier::Raw | Tier::Hourly => self.hours(query, query.from_ms..until)?,
        };
        Ok(query.answer(rollups))
    }
}

/// Whether it is said by an engine that is busy, or by a proxy in front of one that is away.
fn is_away(status: StatusCode) -> bool {
    matches!(
        status,
        StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE | StatusCode::BAD_GATEWAY
    )
}

fn set(point: &mut Point, metric: Metric, value: f64) {
    match metric {
        Metric::ResponseTimeMs => point.response_time_ms = Some(value),
        Metric::RequestsPerMinute => point.requests_per_minute = value as u64,
        Metric::EventsPerMinute => point.events_per_minute = value as u64,
        Metric::CpuUsagePercent => point.cpu_usage_percent = Some(value),
        Metric::MemoryUsageMb => point.memory_usage_mb = Some(value),
        Metric::DiskUsagePercent => point.disk_usage_percent = Some(value),
        Metric::ErrorRatePercent => point.error_rate_percent = value,
        Metric::QueueSize => point.queue_size = value as u64,
        Metric::ActiveConnections => point.active_connections = value as u64,
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;
    use serde_json::{Value, json};
    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

    use super::*;
    use crate::client::{Connecting, Connection, Destination, Transport};
    use crate::sink::place::Tiers;

    /// Anything an engine, or somebody in its place, may say.
    fn odd_values() -> impl Strategy<Value = Value> {
        prop_oneof![
            Just(Value::Null),
            any::<f64>().prop_map(|number| json!(number)),
            any::<i64>().prop_map(|number| json!(number)),
            any::<u64>().prop_map(|number| json!(number.to_string())),
            "\\PC{0,6}".prop_map(|text| json!(text)),
            Just(json!([])),
            Just(json!({})),
        ]
    }

    fn columns() -> impl Strategy<Value = Vec<String>> {
        vec(
            prop_oneof!["time|count|sum|min|max|peak_ms|queue_size|service", "h[0-9]{1,6}", "\\PC{0,4}"],
            0..8,
        )
    }

    /// Says the same to everybody.
    struct Always(&'static str);

    impl Transport for Always {
        fn connect<'a>(&'a self, _host: &'a str, _port: u16) -> Connecting<'a> {
            let (ours, mut theirs) = duplex(4_096);
            let answer = format!("HTTP/1.1 {}\r\nContent-Length: 0\r\n\r\n", self.0);
            tokio::spawn(async move {
                assert!(theirs.read(&mut [0; 4_096]).await.unwrap() > 0);
                theirs.write_all(answer.as_bytes()).await.unwrap();
            });
            Box::pin(async move { Ok(Box::new(ours) as Box<dyn Connection>) })
        }
    }

    /// Points that are not read back are missing in hours and days for good.
    #[test]
    fn who_is_away_is_asked_again() {
        for (answer, is_away) in [
            ("429 Too Many Requests", true),
            ("502 Bad Gateway", true),
            ("503 Service Unavailable", true),
            ("504 Gateway Timeout", false),
            ("403 Forbidden", false),
            ("404 Not Found", false),
        ] {
            let to = Destination::over("http://a", Arc::new(Always(answer))).unwrap();
            let engine = Box::new(PromQl);
            let mut reading = Reading::new(Link::new(to), engine, Clock::mock().0);
            let error = reading.points("api", "a", 0..HOUR_MS).unwrap_err();
            assert_eq!(matches!(error, ReadError::Away(_)), is_away, "{answer}");
        }
    }

    proptest! {
        /// THREAT 65: whatever comes back, it is read or it is not, and what is made of it can be told.
        #[test]
        fn odd_answers_are_no_harm(
            columns in columns(),
            values in vec(vec(odd_values(), 0..8), 0..6),
            service in odd_values(),
            raw: bool,
            bytes in vec(any::<u8>(), 0..64),
        ) {
            let tier = if raw { Tier::Raw } else { Tier::Hourly };
            let influx = InfluxQl::new("perf".to_owned(), Tiers::new(["a", "b", "c"]));
            let series = json!([{ "tags": { "service": service }, "columns": columns, "values": values }]);
            let of_influx = json!({ "results": [{ "series": series }] }).to_string();
            let name = format!("performance_metrics_hourly_{}", columns.first().map_or("", |name| name));
            let result = json!([{ "metric": { "__name__": name, "service": service }, "values": values }]);
            let of_victoria = json!({ "status": "success", "data": { "result": result } }).to_string();
            for (engine, answer) in [(&influx as &dyn Engine, of_influx), (&PromQl, of_victoria)] {
                let cells = engine.cells(answer.as_bytes(), tier).unwrap_or_default();
                for rollup in rollups_of(tier, Metric::QueueSize, cells) {
                    prop_assert!(rollup.percentile(0.5).is_finite() && rollup.mean().is_finite());
                }
                let _read_or_not = engine.cells(&bytes, tier);
            }
        }
    }
}
