//! What came of the requests.

use std::collections::BTreeMap;
use std::fmt::{self, Display};
use std::time::Duration;

use http::StatusCode;
use serde::Serialize;

use super::wanted::Wanted;

/// One request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Outcome {
    /// What was wanted.
    pub(super) index: usize,
    /// `None` when there was no answer, or not all of it.
    pub(super) status: Option<StatusCode>,
    pub(super) spent: Duration,
}

/// All requests together, and those of each kind.
#[derive(Debug, Serialize)]
pub(crate) struct Summary {
    seconds: f64,
    requests_per_second: f64,
    all: Times,
    kinds: Vec<Kind>,
}

/// The requests of one kind.
#[derive(Debug, Serialize)]
struct Kind {
    request: String,
    #[serde(flatten)]
    times: Times,
}

/// Times of answers, ms, and their statuses.
#[derive(Debug, Serialize)]
struct Times {
    requests: usize,
    /// By status code; `none` when there was no answer.
    statuses: BTreeMap<String, usize>,
    mean_ms: f64,
    p50_ms: f64,
    p95_ms: f64,
    p99_ms: f64,
    max_ms: f64,
}

// === impl Summary ===

impl Summary {
    pub(super) fn new(wanted: &[Wanted], time: Duration, outcomes: &[Outcome]) -> Self {
        let kind = |(index, wanted): (usize, &Wanted)| Kind {
            request: wanted.to_string(),
            times: Times::of(outcomes.iter().filter(|outcome| outcome.index == index)),
        };
        let seconds = time.as_secs_f64();
        Self {
            seconds,
            requests_per_second: outcomes.len() as f64 / seconds.max(f64::MIN_POSITIVE),
            all: Times::of(outcomes.iter()),
            kinds: wanted.iter().enumerate().map(kind).collect(),
        }
    }

    /// Requests that got no answer.
    pub(crate) fn unanswered(&self) -> usize {
        self.all.statuses.get("none").copied().unwrap_or(0)
    }
}

impl Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { seconds, requests_per_second, all, kinds } = self;
        let requests = all.requests;
        writeln!(f, "{requests} requests in {seconds:.2} s: {requests_per_second:.0} a second\n")?;
        let width =
            kinds.iter().map(|kind| kind.request.chars().count()).max().unwrap_or(0).max("request".len());
        writeln!(
            f,
            "{:<width$}  {:>7}  {:>8}  {:>8}  {:>8}  {:>8}  {:>8}  statuses",
            "request", "count", "mean ms", "p50 ms", "p95 ms", "p99 ms", "max ms"
        )?;
        let all = ("all", all);
        let kinds = kinds.iter().map(|kind| (&*kind.request, &kind.times));
        kinds.chain([all]).try_for_each(|(name, times)| writeln!(f, "{name:<width$}  {times}"))
    }
}

// === impl Times ===

impl Times {
    fn of<'a>(outcomes: impl Iterator<Item = &'a Outcome>) -> Self {
        let mut statuses = BTreeMap::new();
        let mut ms = Vec::new();
        for outcome in outcomes {
            let status = outcome.status.map_or("none".to_owned(), |status| status.as_u16().to_string());
            *statuses.entry(status).or_default() += 1;
            ms.push(outcome.spent.as_secs_f64() * 1e3);
        }
        ms.sort_by(f64::total_cmp);
        Self {
            requests: ms.len(),
            statuses,
            mean_ms: ms.iter().sum::<f64>() / ms.len().max(1) as f64,
            p50_ms: quantile(&ms, 0.50),
            p95_ms: quantile(&ms, 0.95),
            p99_ms: quantile(&ms, 0.99),
            max_ms: ms.last().copied().unwrap_or(0.0),
        }
    }
}

impl Display for Times {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { requests, statuses, mean_ms, p50_ms, p95_ms, p99_ms, max_ms } = self;
        write!(f, "{requests:>7}")?;
        [mean_ms, p50_ms, p95_ms, p99_ms, max_ms].into_iter().try_for_each(|ms| write!(f, "  {ms:>8.3}"))?;
        let statuses: Vec<_> = statuses.iter().map(|(status, count)| format!("{status}×{count}")).collect();
        write!(f, "  {}", statuses.join(" "))
    }
}

/// The `p`-quantile of ascending numbers, between neighbours in proportion (exclusive, as `statistics.quantiles` has it)
/// and within the extremes; 0.0 of none.
fn quantile(ascending: &[f64], p: f64) -> f64 {
    let Some(last) = ascending.len().checked_sub(1) else { return 0.0 };
    let place = ((ascending.len() as f64 + 1.0) * p - 1.0).clamp(0.0, last as f64);
    let below = place.floor();
    let [low, high] = [below as usize, place.ceil() as usize].map(|place| ascending[place]);
    low + (high - low) * (place - below)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_those_of_python() {
        let to = |n: u32| (1..=n).map(f64::from).collect::<Vec<_>>();
        let quantiles = |list: &[f64]| [0.50, 0.95, 0.99].map(|p| (quantile(list, p) * 1e9).round() / 1e9);
        assert_eq!(quantiles(&to(100)), [50.5, 95.95, 99.99]);
        assert_eq!(quantiles(&to(10)), [5.5, 10.0, 10.0]);
        assert_eq!(quantiles(&[12.0, 15.0, 20.0, 45.0, 80.0]), [20.0, 80.0, 80.0]);
        assert_eq!((quantiles(&[7.0]), quantiles(&[])), ([7.0; 3], [0.0; 3]));
    }

    #[test]
    fn what_is_shown_adds_up() {
        let wanted: Vec<Wanted> = ["GET /", "GET /lost"].map(|text| text.parse().unwrap()).into();
        let outcome = |index, status: Option<u16>, ms| Outcome {
            index,
            status: status.map(|status| StatusCode::from_u16(status).unwrap()),
            spent: Duration::from_millis(ms),
        };
        let outcomes = vec![outcome(0, Some(200), 2), outcome(1, Some(404), 4), outcome(0, None, 6)];
        let summary = Summary::new(&wanted, Duration::from_millis(500), &outcomes);
        assert_eq!((summary.unanswered(), summary.requests_per_second), (1, 6.0));
        let shown = summary.to_string();
        assert!(shown.starts_with("3 requests in 0.50 s: 6 a second\n\nrequest    "), "{shown}");
        assert!(
            shown.contains(
                "\nGET /            2     4.000     4.000     6.000     6.000     6.000  200×1 none×1\n"
            ),
            "{shown}"
        );
    }
}
