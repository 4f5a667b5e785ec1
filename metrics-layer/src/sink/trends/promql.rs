//! PromQL, at `/api/v1` of VictoriaMetrics and Prometheus.

use std::collections::HashMap;

use form_urlencoded::Serializer;
use metrics_core::LineProtocol;
use metrics_core::storage::Tier;
use serde::Deserialize;

use super::cells::{Cell, Field, tags};
use super::{Endpoint, Engine, Wanted};
use crate::sink::place::MAX_OFFSET_MS;

/// Prometheus answers with at most 11 000 points of a series.
const MAX_STEPS: u64 = 10_000;

/// VictoriaMetrics, or what speaks like it.
#[derive(Debug)]
pub(in crate::sink) struct PromQl;

#[derive(Debug, Deserialize)]
struct Answer {
    status: String,
    error: Option<String>,
    data: Option<Data>,
    /// A node of the cluster did not answer.
    #[serde(default, rename = "isPartial")]
    is_partial: bool,
}

#[derive(Debug, Deserialize)]
struct Data {
    #[serde(default)]
    result: Vec<Series>,
}

#[derive(Debug, Deserialize)]
struct Series {
    metric: HashMap<String, String>,
    #[serde(default)]
    values: Vec<(f64, String)>,
}

/// Roll-ups are looked at so long after the beginning of their bucket, when the last one that was told of it stands there.
const LOOK_AFTER_MS: u64 = 90_000;
const _: () = assert!(LOOK_AFTER_MS > MAX_OFFSET_MS);

/// The last roll-up of each bucket.
fn of_rollups(wanted: &Wanted<'_>) -> String {
    let step = wanted.tier.bucket_ms();
    let end = wanted.tier.bucket_start(wanted.span.end - 1);
    let start = wanted.span.start.next_multiple_of(step).max(end.saturating_sub(MAX_STEPS * step)).min(end);
    let fields = "_(count|sum|min|max|peak_ms|h[0-9]+)";
    let name = format!("__name__=~\"{}{fields}\"", LineProtocol::measurement(wanted.tier));
    let metric = format!("metric=\"{}\"", wanted.metric.as_str());
    let look_after = LOOK_AFTER_MS / 1_000;
    let query = format!("last_over_time({{{}}}[{look_after}s])", matchers(&[name, metric], wanted));
    let seconds = [start + LOOK_AFTER_MS, end + LOOK_AFTER_MS, step].map(|ms| (ms / 1_000).to_string());
    let mut below = Serializer::for_suffix("api/v1/query_range?".to_owned(), 19);
    below.append_pair("query", &query).append_pair("start", &seconds[0]).append_pair("end", &seconds[1]);
    // VictoriaMetrics would move the start otherwise, and remember answers that are not final.
    below.append_pair("step", &seconds[2]).append_pair("nocache", "1").finish()
}

/// Points are asked for from so long before the span to so long behind it: some engines leave out the first millisecond
/// of a range, and some keep the time that is asked for as a float, of which a millisecond may be lost.
const MARGIN_MS: u64 = 2;

/// Points stand anywhere: all there are in the span, and what is within [`MARGIN_MS`] of it.
fn of_points(wanted: &Wanted<'_>) -> String {
    let name = format!("__name__=\"{}_{}\"", LineProtocol::measurement(Tier::Raw), wanted.metric.as_str());
    let (start, end) =
        (wanted.span.start.saturating_sub(MARGIN_MS), wanted.span.end.saturating_add(MARGIN_MS));
    let query = format!("{{{}}}[{}ms]", matchers(&[name], wanted), end - start);
    let mut below = Serializer::for_suffix("api/v1/query?".to_owned(), 13);
    let time = format!("{}.{:03}", end / 1_000, end % 1_000);
    below.append_pair("query", &query).append_pair("time", &time).append_pair("nocache", "1").finish()
}

fn matchers(first: &[String], wanted: &Wanted<'_>) -> String {
    let mut matchers = first.to_vec();
    let mut equal = |label: &str, value: &str| matchers.push(format!("{label}=\"{}\"", escaped(value)));
    for (label, value) in [("service", wanted.service), ("instance", wanted.instance)] {
        value.into_iter().for_each(|value| equal(label, value));
    }
    match wanted.endpoint {
        // As a label that is not there.
        Endpoint::None => equal("endpoint", ""),
        Endpoint::Named(endpoint) => equal("endpoint", endpoint),
        Endpoint::Any => {}
    }
    matchers.join(",")
}

impl Engine for PromQl {
    fn path(&self, wanted: &Wanted<'_>) -> String {
        if wanted.tier == Tier::Raw { of_points(wanted) } else { of_rollups(wanted) }
    }

    fn cells(&self, answer: &[u8], tier: Tier) -> Result<Vec<Cell>, String> {
        let said: Answer = serde_json::from_slice(answer).map_err(|_| "it cannot be read".to_owned())?;
        let Some(data) = said.data.filter(|_| said.status == "success") else {
            return Err(said.error.unwrap_or_default());
        };
        if said.is_partial {
            return Err("it is not whole".to_owned());
        }
        Ok(data.result.iter().flat_map(|series| cells(series, tier)).collect())
    }
}

fn cells(series: &Series, tier: Tier) -> Vec<Cell> {
    let label = |name: &str| series.metric.get(name).map(String::as_str);
    let name = label("__name__").unwrap_or_default();
    let field = match tier {
        Tier::Raw => Some(Field::Value),
        Tier::Hourly | Tier::Daily => {
            let field = name.strip_prefix(LineProtocol::measurement(tier));
            field.and_then(|field| Field::of_rollup(field.strip_prefix('_')?))
        }
    };
    let (Some(field), Some(tags)) = (field, tags(label)) else { return Vec::new() };
    let after = if tier == Tier::Raw { 0 } else { LOOK_AFTER_MS };
    let cell = |(seconds, value): &(f64, String)| {
        let value = value.parse::<f64>().ok().filter(|value| value.is_finite())?;
        let unix_ms = ((seconds * 1e3).round() as u64).checked_sub(after)?;
        Some(Cell { tags: tags.clone(), unix_ms, field, value })
    };
    series.values.iter().filter_map(cell).collect()
}

fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use form_urlencoded::parse;
    use metrics_core::TrendPeriod;
    use metrics_core::storage::{Metric, TrendQuery};

    use super::*;

    fn pairs(below: &str) -> HashMap<String, String> {
        parse(below.split_once('?').unwrap().1.as_bytes()).into_owned().collect()
    }

    #[test]
    fn rollups_are_asked_for_where_they_stand() {
        let mut query = TrendQuery::new(Metric::QueueSize, TrendPeriod::Hourly);
        query.service = Some("a \"b\"".to_owned());
        let asked = pairs(&of_rollups(&Wanted::of(&query, Tier::Hourly, 3_600_001..10_800_001)));
        assert_eq!(
            asked["query"],
            "last_over_time({__name__=~\"performance_metrics_hourly_(count|sum|min|max|peak_ms|h[0-9]+)\",\
             metric=\"queue_size\",service=\"a \\\"b\\\"\",endpoint=\"\"}[90s])"
        );
        assert_eq!((&*asked["start"], &*asked["end"], &*asked["step"]), ("7290", "10890", "3600"));
        // From the beginning of time it is as far back as is answered.
        let asked = pairs(&of_rollups(&Wanted::of(&query, Tier::Hourly, 0..3_600_000 * 20_001)));
        assert_eq!((&*asked["start"], &*asked["end"]), ("36000090", "72000090"));
    }

    #[test]
    fn points_are_asked_for_by_their_span_and_a_margin() {
        let query = TrendQuery::new(Metric::QueueSize, TrendPeriod::Hourly);
        let asked = pairs(&of_points(&Wanted::of(&query, Tier::Raw, 1_000..5_250)));
        assert_eq!(asked["query"], "{__name__=\"performance_metrics_queue_size\",endpoint=\"\"}[4254ms]");
        assert_eq!(asked["time"], "5.252");
    }

    /// As of a cluster of which a node is away.
    #[test]
    fn a_part_of_an_answer_is_none() {
        let answer = |partial: &str| {
            let result = r#"[{"metric":{"service":"api"},"values":[[0,"1"]]}]"#;
            let answer = format!(r#"{{"status":"success",{partial}"data":{{"result":{result}}}}}"#);
            PromQl.cells(answer.as_bytes(), Tier::Raw).map(|cells| cells.len())
        };
        assert_eq!(answer(""), Ok(1));
        assert_eq!(answer(r#""isPartial":false,"#), Ok(1));
        assert_eq!(answer(r#""isPartial":true,"#), Err("it is not whole".to_owned()));
    }
}
