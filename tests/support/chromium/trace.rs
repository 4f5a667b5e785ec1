//! What the browser itself records about its work.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::broadcast::error::RecvError;

use super::{PATIENCE, Page};

/// The events of a stretch of time.
pub(crate) struct Trace {
    events: Vec<Value>,
}

impl Trace {
    /// Records these categories while `page` does what it does for a while.
    pub(crate) async fn of(page: &Page, categories: &[&str], length: Duration) -> Self {
        let mut heard = page.events();
        let config = json!({ "includedCategories": categories, "excludedCategories": ["*"] });
        let start = json!({ "transferMode": "ReportEvents", "traceConfig": config });
        page.call("Tracing.start", start).await;
        tokio::time::sleep(length).await;
        page.call("Tracing.end", json!({})).await;
        let mut events = Vec::new();
        loop {
            match tokio::time::timeout(PATIENCE, heard.recv()).await.expect("the trace comes in time") {
                Ok(event) if event["method"] == "Tracing.dataCollected" => {
                    events.extend(event["params"]["value"].as_array().into_iter().flatten().cloned());
                }
                Ok(event) if event["method"] == "Tracing.tracingComplete" => return Self { events },
                Ok(_) => {}
                Err(RecvError::Lagged(missed)) => panic!("{missed} events were lost"),
                Err(RecvError::Closed) => panic!("the browser is gone"),
            }
        }
    }

    /// When events of this name began, in seconds, in order.
    pub(crate) fn times(&self, name: &str) -> Vec<f64> {
        let named = self.events.iter().filter(|event| event["name"] == name);
        let mut times: Vec<_> = named.filter_map(|event| Some(event["ts"].as_f64()? / 1e6)).collect();
        times.sort_by(f64::total_cmp);
        times
    }

    /// How long the page's thread was at work in each event of this name, in ms, whatever else the machine did.
    pub(crate) fn thread_ms(&self, name: &str) -> Vec<f64> {
        let named = self.events.iter().filter(|event| event["name"] == name);
        named.filter_map(|event| Some(event["tdur"].as_f64()? / 1e3)).collect()
    }

    /// How often each name was there; for messages.
    pub(crate) fn names(&self) -> std::collections::BTreeMap<&str, usize> {
        let mut names = std::collections::BTreeMap::new();
        for name in self.events.iter().filter_map(|event| event["name"].as_str()) {
            *names.entry(name).or_default() += 1;
        }
        names
    }
}
