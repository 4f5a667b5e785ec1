//! What is known from outside of the library: what the load program sent, what the example counted itself.

use std::process::{Child, Command, Stdio};

use serde_json::{Map, Value};

use crate::example;

/// What the load program sent and got.
pub(crate) struct Sent {
    kinds: Vec<Value>,
}

/// A load program at work.
pub(crate) struct Load {
    child: Child,
}

impl Sent {
    /// Sends the requests in turn, and waits for the end.
    pub(crate) fn to(address: &str, options: &[&str], requests: &[&str]) -> Self {
        let ended = example::run("load_test", &[], &arguments(address, options, requests));
        assert!(ended.status.success(), "{}{}", ended.stdout, ended.stderr);
        let summary: Value = serde_json::from_str(&ended.stdout).unwrap();
        Self { kinds: summary["kinds"].as_array().unwrap().clone() }
    }

    /// Sends the requests in turn, and does not wait.
    pub(crate) fn start(address: &str, options: &[&str], requests: &[&str]) -> Load {
        let mut command: Command = example::command("load_test");
        command.args(arguments(address, options, requests)).stdout(Stdio::null()).stderr(Stdio::null());
        Load { child: command.spawn().unwrap() }
    }

    /// Requests that begin so and got this status; of any, if it is empty.
    pub(crate) fn count(&self, begin: &str, status: &str) -> u64 {
        let counts = self.statuses(begin);
        let wanted = |(code, count): (&String, &Value)| {
            (status.is_empty() || code == status).then(|| count.as_u64().unwrap())
        };
        counts.as_object().unwrap().iter().filter_map(wanted).sum()
    }

    /// How often requests that begin so got each status.
    pub(crate) fn statuses(&self, begin: &str) -> Value {
        let mut sum = Map::new();
        let is_meant = |kind: &&Value| format!("{} ", kind["request"].as_str().unwrap()).starts_with(begin);
        for kind in self.kinds.iter().filter(is_meant) {
            for (code, count) in kind["statuses"].as_object().unwrap() {
                let so_far = sum.get(code).and_then(Value::as_u64).unwrap_or(0);
                sum.insert(code.clone(), (so_far + count.as_u64().unwrap()).into());
            }
        }
        sum.into()
    }
}

impl Load {
    /// Its service is gone.
    pub(crate) fn abandon(mut self) {
        let _ = self.child.kill();
        self.child.wait().unwrap();
    }
}

fn arguments<'a>(address: &str, options: &[&'a str], requests: &[&'a str]) -> Vec<&'a str> {
    // Lives as long as the test process; there are few of them.
    let url: &'static str = format!("http://{address}").leak();
    let requests = requests.iter().flat_map(|request| ["--request", request]);
    [url, "--json"].into_iter().chain(options.iter().copied()).chain(requests).collect()
}

/// What the example's access log has.
pub(crate) struct AccessLog {
    pub(crate) lines: Vec<Line>,
}

/// One request.
#[derive(Debug)]
pub(crate) struct Line {
    /// Time inside of the metrics' layer, by the clock of the standard library.
    pub(crate) inside_ns: u64,
    /// Time outside of it.
    pub(crate) outside_ns: u64,
    /// By SQLite's own count.
    pub(crate) statements: u64,
}

impl AccessLog {
    pub(crate) fn read(path: &str) -> Self {
        let text = std::fs::read_to_string(path).unwrap();
        let mut rows = text.lines().map(|line| line.split(',').collect::<Vec<_>>());
        assert_eq!(
            rows.next().unwrap(),
            ["method", "route", "status", "inside_ns", "outside_ns", "statements"]
        );
        let line = |row: Vec<&str>| {
            let [inside_ns, outside_ns, statements] = [3, 4, 5].map(|column| row[column].parse().unwrap());
            Line { inside_ns, outside_ns, statements }
        };
        Self { lines: rows.map(line).collect() }
    }

    pub(crate) fn statements(&self) -> u64 {
        self.lines.iter().map(|line| line.statements).sum()
    }
}

/// The `p`-quantile of ascending samples by brute force: the rule of `statistics.quantiles`, kept within the extremes
/// (CON-09).
pub(crate) fn exclusive(ascending: &[u64], p: f64) -> f64 {
    let place = (ascending.len() as f64 + 1.0) * p;
    let at = |rank: f64| ascending[(rank.max(1.0) as usize).min(ascending.len()) - 1] as f64;
    let (below, above) = (at(place.floor()), at(place.floor() + 1.0));
    below + (above - below) * (place - place.floor())
}
