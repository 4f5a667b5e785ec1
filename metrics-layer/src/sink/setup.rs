//! Database and policies of InfluxDB 1.x.

use std::fmt;
use std::thread;
use std::time::Duration;

use bytes::Bytes;
use form_urlencoded::Serializer;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, Method};
use metrics_core::storage::{Retention, Tier};
use serde_json::Value;

use super::link::Link;
use super::place::Tiers;
use super::trends::influxql::name;
use super::verdict::MAX_EXPLANATION_BYTES;
use crate::client::{Destination, Message};

const DAY: Duration = Duration::from_secs(86_400);

/// Why an engine could not be set up.
#[derive(Debug)]
pub struct SetupError {
    message: String,
}

impl fmt::Display for SetupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for SetupError {}

/// Runs the statements one after the other, on a thread of its own.
pub(super) fn run(
    to: &Destination,
    database: &str,
    policies: &Tiers,
    retention: &Retention,
) -> Result<(), SetupError> {
    let statements = statements(database, policies, retention);
    let work = || {
        let mut link = Link::new(to.clone());
        statements.iter().try_for_each(|statement| execute(&mut link, statement))
    };
    thread::scope(|scope| {
        let worker = thread::Builder::new().name("metrics-setup".to_owned()).spawn_scoped(scope, work);
        let worker = worker.map_err(|error| SetupError { message: error.to_string() })?;
        worker.join().unwrap_or_else(|_panic| Err(SetupError { message: "it panicked".to_owned() }))
    })
}

/// A policy that is there is changed: making one that differs would be refused.
fn statements(database: &str, policies: &Tiers, retention: &Retention) -> Vec<String> {
    let database = name(database);
    let mut statements = vec![format!("CREATE DATABASE {database}")];
    for tier in [Tier::Raw, Tier::Hourly, Tier::Daily] {
        let policy = name(policies.of(tier));
        let kept = retention.of(tier);
        // Of the field's advice: a day up to a month, else a week.
        let shard_days = if kept <= 31 * DAY { 1 } else { 7 };
        let default = if tier == Tier::Raw { " DEFAULT" } else { "" };
        let what = format!(
            "ON {database} DURATION {}s REPLICATION 1 SHARD DURATION {shard_days}d{default}",
            kept.as_secs()
        );
        statements.push(format!("CREATE RETENTION POLICY {policy} {what}"));
        statements.push(format!("ALTER RETENTION POLICY {policy} {what}"));
    }
    statements
}

fn execute(link: &mut Link, statement: &str) -> Result<(), SetupError> {
    let form = HeaderValue::from_static("application/x-www-form-urlencoded");
    let message = Message {
        method: Method::POST,
        below: "query".to_owned(),
        headers: HeaderMap::from_iter([(CONTENT_TYPE, form)]),
        body: Bytes::from(Serializer::new(String::new()).append_pair("q", statement).finish()),
    };
    let failed = |problem: &dyn fmt::Display| SetupError { message: format!("{statement}: {problem}") };
    let answer = link.send(&message, MAX_EXPLANATION_BYTES).map_err(|error| failed(&error))?;
    let said: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    match said["error"].as_str().or(said["results"][0]["error"].as_str()) {
        Some("retention policy already exists") => Ok(()),
        Some(problem) => Err(failed(&problem)),
        None if answer.status.is_success() => Ok(()),
        None => Err(failed(&format_args!("status {}", answer.status.as_u16()))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_for_each_tier() {
        let policies = Tiers::new(["raw_7d", "hourly \"30d\"", "daily_90d"]);
        let expected = [
            r#"CREATE DATABASE "perf""#,
            r#"CREATE RETENTION POLICY "raw_7d" ON "perf" DURATION 604800s REPLICATION 1 SHARD DURATION 1d DEFAULT"#,
            r#"ALTER RETENTION POLICY "raw_7d" ON "perf" DURATION 604800s REPLICATION 1 SHARD DURATION 1d DEFAULT"#,
            r#"CREATE RETENTION POLICY "hourly \"30d\"" ON "perf" DURATION 2592000s REPLICATION 1 SHARD DURATION 1d"#,
            r#"ALTER RETENTION POLICY "hourly \"30d\"" ON "perf" DURATION 2592000s REPLICATION 1 SHARD DURATION 1d"#,
            r#"CREATE RETENTION POLICY "daily_90d" ON "perf" DURATION 7776000s REPLICATION 1 SHARD DURATION 7d"#,
            r#"ALTER RETENTION POLICY "daily_90d" ON "perf" DURATION 7776000s REPLICATION 1 SHARD DURATION 7d"#,
        ];
        assert_eq!(statements("perf", &policies, &Retention::default()), expected);
    }
}
