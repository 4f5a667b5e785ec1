//! InfluxQL, at `/query` of InfluxDB 1.x.

use std::collections::HashMap;

use form_urlencoded::Serializer;
use metrics_core::LineProtocol;
use metrics_core::storage::Tier;
use serde::Deserialize;
use serde_json::Value;

use super::cells::{Cell, Field, tags};
use super::{Endpoint, Engine, Wanted};
use crate::sink::place::Tiers;

/// What InfluxDB takes as a time, ms; it counts nanoseconds in 63 bits.
const MAX_MS: u64 = i64::MAX as u64 / 1_000_000;

/// A database of InfluxDB 1.x.
#[derive(Debug)]
pub(in crate::sink) struct InfluxQl {
    database: String,
    policies: Tiers,
}

/// The answer to one statement.
#[derive(Debug, Default, Deserialize)]
struct Answer {
    #[serde(default)]
    results: Vec<Outcome>,
    error: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Outcome {
    #[serde(default)]
    series: Vec<Series>,
    error: Option<String>,
    /// There were more than the engine's `max-row-limit`.
    #[serde(default)]
    partial: bool,
}

#[derive(Debug, Deserialize)]
struct Series {
    #[serde(default)]
    tags: HashMap<String, String>,
    columns: Vec<String>,
    values: Vec<Vec<Value>>,
    #[serde(default)]
    partial: bool,
}

impl InfluxQl {
    pub(in crate::sink) fn new(database: String, policies: Tiers) -> Self {
        Self { database, policies }
    }

    fn statement(&self, wanted: &Wanted<'_>) -> String {
        let from = [&self.database, self.policies.of(wanted.tier), LineProtocol::measurement(wanted.tier)];
        let columns = match wanted.tier {
            Tier::Raw => name(wanted.metric.as_str()),
            Tier::Hourly | Tier::Daily => "*".to_owned(),
        };
        let [start, end] = [wanted.span.start, wanted.span.end].map(|ms| ms.min(MAX_MS));
        let mut conditions = vec![format!("time >= {start}ms"), format!("time < {end}ms")];
        let mut equal = |tag: &str, value: &str| conditions.push(format!("{} = {}", name(tag), text(value)));
        if wanted.tier != Tier::Raw {
            equal("metric", wanted.metric.as_str());
        }
        for (tag, value) in [("service", wanted.service), ("instance", wanted.instance)] {
            value.into_iter().for_each(|value| equal(tag, value));
        }
        match wanted.endpoint {
            // As a tag that is not there.
            Endpoint::None => equal("endpoint", ""),
            Endpoint::Named(endpoint) => equal("endpoint", endpoint),
            Endpoint::Any => {}
        }
        let [database, policy, measurement] = from.map(name);
        let conditions = conditions.join(" AND ");
        format!("SELECT {columns} FROM {database}.{policy}.{measurement} WHERE {conditions} GROUP BY *")
    }
}

impl Engine for InfluxQl {
    fn path(&self, wanted: &Wanted<'_>) -> String {
        let mut query = Serializer::for_suffix("query?".to_owned(), 6);
        query.append_pair("q", &self.statement(wanted)).append_pair("epoch", "ms").finish()
    }

    fn cells(&self, answer: &[u8], tier: Tier) -> Result<Vec<Cell>, String> {
        let said: Answer = serde_json::from_slice(answer).map_err(|_| "it cannot be read".to_owned())?;
        let outcome_error = said.results.iter().find_map(|outcome| outcome.error.clone());
        if let Some(error) = said.error.or(outcome_error) {
            return Err(error);
        }
        let is_partial =
            |outcome: &Outcome| outcome.partial || outcome.series.iter().any(|series| series.partial);
        if said.results.iter().any(is_partial) {
            return Err("it is not whole".to_owned());
        }
        let series = said.results.into_iter().flat_map(|outcome| outcome.series);
        Ok(series.flat_map(|series| cells(&series, tier)).collect())
    }
}

/// Every number of a series; a column that has none in a row is null there.
fn cells(series: &Series, tier: Tier) -> Vec<Cell> {
    let Some(tags) = tags(|name| series.tags.get(name).map(String::as_str)) else { return Vec::new() };
    let field = |column: &String| match tier {
        Tier::Raw => (column != "time").then_some(Field::Value),
        Tier::Hourly | Tier::Daily => Field::of_rollup(column),
    };
    let fields: Vec<_> = series.columns.iter().map(field).collect();
    let time = series.columns.iter().position(|column| column == "time").unwrap_or(0);
    let row = |row: &Vec<Value>| -> Option<Vec<Cell>> {
        let unix_ms = row.get(time)?.as_u64()?;
        let cell = |(field, value): (&Option<Field>, &Value)| {
            Some(Cell { tags: tags.clone(), unix_ms, field: (*field)?, value: value.as_f64()? })
        };
        Some(fields.iter().zip(row).filter_map(cell).collect())
    };
    series.values.iter().filter_map(row).flatten().collect()
}

/// An identifier.
pub(in crate::sink) fn name(name: &str) -> String {
    format!("\"{}\"", escaped(name, '"'))
}

/// A text.
fn text(text: &str) -> String {
    format!("'{}'", escaped(text, '\''))
}

fn escaped(text: &str, quote: char) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\n' => escaped.push_str("\\n"),
            '\\' => escaped.push_str("\\\\"),
            _ if character == quote => escaped.extend(['\\', quote]),
            _ => escaped.push(character),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use metrics_core::TrendPeriod;
    use metrics_core::storage::{Metric, TrendQuery};

    use super::*;

    #[test]
    fn a_statement_asks_for_one_series_of_each_instance() {
        let engine = InfluxQl::new("perf".to_owned(), Tiers::new(["raw_7d", "hourly_30d", "daily_90d"]));
        let mut query = TrendQuery::new(Metric::QueueSize, TrendPeriod::Hourly);
        query.service = Some("it's \\ \"x\"".to_owned());
        assert_eq!(
            engine.statement(&Wanted::of(&query, Tier::Hourly, 0..u64::MAX)),
            "SELECT * FROM \"perf\".\"hourly_30d\".\"performance_metrics_hourly\" WHERE time >= 0ms AND \
             time < 9223372036854ms AND \"metric\" = 'queue_size' AND \"service\" = 'it\\'s \\\\ \"x\"' AND \
             \"endpoint\" = '' GROUP BY *"
        );
        query.endpoint = Some("/api/x".to_owned());
        let raw = engine.statement(&Wanted::of(&query, Tier::Raw, 1..2));
        assert!(raw.starts_with(
            "SELECT \"queue_size\" FROM \"perf\".\"raw_7d\".\"performance_metrics\" WHERE time >= 1ms"
        ));
        assert!(raw.ends_with("\"endpoint\" = '/api/x' GROUP BY *"), "{raw}");
    }

    /// As with `max-row-limit`.
    #[test]
    fn a_part_of_an_answer_is_none() {
        let engine = InfluxQl::new("perf".to_owned(), Tiers::new(["a", "b", "c"]));
        let answer = |of_series: bool, of_result: bool| {
            let series = serde_json::json!([{
                "tags": { "service": "api" }, "columns": ["time", "queue_size"], "values": [[0, 1]],
                "partial": of_series,
            }]);
            let answer = serde_json::json!({ "results": [{ "series": series, "partial": of_result }] });
            engine.cells(answer.to_string().as_bytes(), Tier::Raw).map(|cells| cells.len())
        };
        assert_eq!(answer(false, false), Ok(1));
        assert_eq!(answer(true, false), Err("it is not whole".to_owned()));
        assert_eq!(answer(false, true), Err("it is not whole".to_owned()));
    }
}
