//! Points and roll-ups in the line protocol of InfluxDB, which many engines take.

mod text;

use std::ops::Range;

use text::Line;

use crate::storage::{Metric, Point, Rollup, Tags, Tier};

/// Lines of the line protocol, one for each point or roll-up.
///
/// # Shape
/// A point is a line of measurement `performance_metrics` with the tags `service`, `instance`, and those of a route also
/// `endpoint` and `method`; its fields are the [`Metric`]s. A roll-up is a line of `performance_metrics_hourly` or
/// `performance_metrics_daily` with the tag `metric` beside them, and the fields `count`, `sum`, `min`, `max`, `peak_ms`
/// and `h…`: how many values there are in each occupied [bucket](Rollup::histogram) of the histogram, so that hours and
/// series can be merged by whoever reads them.
///
/// # Definition
/// The type of a field never changes: whole numbers carry an `i`, and stop at 2^63 − 1; the others do not. What is not
/// known or not finite is left out, as are empty tags. Commas, spaces and equals signs in tags are escaped; control
/// characters are written as in Rust (`\n`). Backslashes at the end, which the protocol cannot express, are left out, and so
/// are those before a comma, a space or an equals sign, which engines read in different ways.
/// Times are Unix milliseconds.
///
/// # Examples
/// ```
/// use metrics_core::LineProtocol;
/// use metrics_core::storage::{Point, Tags};
///
/// let tags = Tags::service("admin api", "a").endpoint("GET", "/api/health");
/// let mut lines = LineProtocol::default();
/// lines.point(&Point { response_time_ms: Some(25.5), ..Point::new(tags, 1_760_309_920_000) });
/// assert_eq!(
///     lines.text(0..1),
///     "performance_metrics,endpoint=/api/health,instance=a,method=GET,service=admin\\ api \
///      response_time_ms=25.5,requests_per_minute=0i,events_per_minute=0i,error_rate_percent=0,queue_size=0i,\
///      active_connections=0i 1760309920000\n"
/// );
/// ```
///
/// # Source
/// D-01, D-02, D-10.
#[derive(Clone, Debug, Default)]
pub struct LineProtocol {
    text: String,
    /// Where each line ends.
    ends: Vec<usize>,
}

impl LineProtocol {
    /// The measurement of a tier.
    #[must_use]
    pub const fn measurement(tier: Tier) -> &'static str {
        match tier {
            Tier::Raw => "performance_metrics",
            Tier::Hourly => "performance_metrics_hourly",
            Tier::Daily => "performance_metrics_daily",
        }
    }

    /// Lines.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Some of the lines, in the order in which they came; none where there are not so many.
    #[must_use]
    pub fn text(&self, lines: Range<usize>) -> &str {
        let end_of = |line: usize| line.checked_sub(1).map_or(Some(0), |last| self.ends.get(last).copied());
        let bytes = end_of(lines.start).zip(end_of(lines.end));
        bytes.and_then(|(start, end)| self.text.get(start..end)).unwrap_or_default()
    }

    /// Adds a point.
    pub fn point(&mut self, point: &Point) {
        let mut line = Line::new(&mut self.text, Self::measurement(Tier::Raw));
        tags(&mut line, &point.tags, None);
        for metric in Metric::ALL {
            match metric.of(point) {
                Some(value) if metric.is_integer() => {
                    line.integer(metric.as_str(), whole(metric, point, value));
                }
                Some(value) => line.float(metric.as_str(), value),
                None => {}
            }
        }
        line.end(point.timestamp_ms);
        self.ends.push(self.text.len());
    }

    /// Adds a roll-up, at the beginning of its bucket: where an engine replaces what stands at the same time, one that is
    /// told again replaces the one before.
    pub fn rollup(&mut self, rollup: &Rollup) {
        self.rollup_at(rollup, rollup.start_ms);
    }

    /// Adds a roll-up at another time, Unix milliseconds.
    pub fn rollup_at(&mut self, rollup: &Rollup, unix_ms: u64) {
        let mut line = Line::new(&mut self.text, Self::measurement(rollup.tier));
        tags(&mut line, &rollup.tags, Some(rollup.metric));
        line.integer("count", rollup.count);
        for (name, value) in [("sum", rollup.sum), ("min", rollup.min), ("max", rollup.max)] {
            line.float(name, value);
        }
        line.integer("peak_ms", rollup.peak_ms);
        for (bucket, count) in rollup.histogram() {
            line.integer(format_args!("h{bucket}"), u64::from(*count));
        }
        line.end(unix_ms);
        self.ends.push(self.text.len());
    }
}

/// In the order of their names, which engines take fastest.
fn tags(line: &mut Line<'_>, tags: &Tags, metric: Option<Metric>) {
    line.tag("endpoint", tags.endpoint.as_deref().unwrap_or_default());
    line.tag("instance", &tags.instance);
    line.tag("method", tags.method.as_deref().unwrap_or_default());
    line.tag("metric", metric.map_or("", Metric::as_str));
    line.tag("service", &tags.service);
}

/// A whole number without the way over a float, which is exact up to 2^53 only.
fn whole(metric: Metric, point: &Point, value: f64) -> u64 {
    match metric {
        Metric::RequestsPerMinute => point.requests_per_minute,
        Metric::EventsPerMinute => point.events_per_minute,
        Metric::QueueSize => point.queue_size,
        Metric::ActiveConnections => point.active_connections,
        _ => value as u64,
    }
}

#[cfg(all(test, not(loom)))]
mod tests;
