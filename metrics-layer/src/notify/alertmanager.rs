//! Alerts in the words of Alertmanager's API, version 2.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use metrics_core::{AlertEvent, AlertLevel, Clock, Collection, Metrics, Signal};
use serde::Serialize;

use super::delivery::Format;

/// What is raised is sent again after this time.
const RESEND: Duration = Duration::from_secs(60);

/// What was not sent again for so long is over.
const LIFE: Duration = Duration::from_secs(5 * 60);

/// The same in collections, where those are far apart.
const LIFE_INTERVALS: u32 = 3;

/// Knows what is raised, because Alertmanager must be told of it again and again.
#[derive(Debug)]
pub(super) struct Alertmanager {
    service: String,
    instance: String,
    collection: Collection,
    clock: Clock,
    /// By the names of the rules.
    raised: BTreeMap<String, Raised>,
    sent: Duration,
}

#[derive(Clone, Debug)]
struct Raised {
    event: AlertEvent,
    since: Duration,
}

/// An element of the body of `POST /api/v2/alerts`.
#[derive(Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
struct Alert {
    labels: BTreeMap<String, String>,
    annotations: BTreeMap<&'static str, String>,
    starts_at: String,
    ends_at: String,
}

impl Alertmanager {
    pub(super) fn new(metrics: &Metrics) -> Self {
        Self {
            service: metrics.config().service().to_owned(),
            instance: metrics.config().instance(),
            collection: metrics.collection().clone(),
            clock: metrics.registry().clock().clone(),
            raised: BTreeMap::new(),
            sent: Duration::ZERO,
        }
    }

    /// What an event changes: an end of what was, a beginning of what is.
    fn take(&mut self, event: &AlertEvent) -> Vec<Alert> {
        let now = Duration::from_millis(event.timestamp);
        let before = self.raised.remove(&event.alert);
        let is_same = before.as_ref().is_some_and(|raised| raised.event.level == event.level);
        let since = before.as_ref().filter(|_| is_same).map_or(now, |raised| raised.since);
        let mut alerts = Vec::new();
        if let Some(before) = before.filter(|_| !is_same) {
            alerts.push(self.alert(&before, now, now));
        }
        if !event.is_resolved() {
            let raised = Raised { event: event.clone(), since };
            alerts.push(self.alert(&raised, now, now + self.life()));
            self.raised.insert(event.alert.clone(), raised);
        }
        alerts
    }

    fn all(&self, now: Duration) -> Vec<Alert> {
        self.raised.values().map(|raised| self.alert(raised, now, now + self.life())).collect()
    }

    fn life(&self) -> Duration {
        LIFE.max(self.collection.interval().saturating_mul(LIFE_INTERVALS))
    }

    fn alert(&self, raised: &Raised, now: Duration, end: Duration) -> Alert {
        let event = &raised.event;
        let severity = if event.level == AlertLevel::Critical { "critical" } else { "warning" };
        let mut labels: BTreeMap<_, _> =
            event.labels.iter().map(|(name, value)| (label_name(name), value.clone())).collect();
        for (name, value) in [
            ("alertname", event.alert.as_str()),
            ("service", &self.service),
            // Alerts with the same labels are one: what is fine here would resolve what fires elsewhere.
            ("instance", &self.instance),
            ("metric", &event.metric),
            ("severity", severity),
        ] {
            labels.insert(name.to_owned(), value.to_owned());
        }
        let annotations = [
            ("description", event.description.clone()),
            ("value", event.value.to_string()),
            ("threshold", event.threshold.to_string()),
        ];
        // By a clock that was set back since, it began later than now.
        let since = raised.since.min(now);
        Alert { labels, annotations: annotations.into(), starts_at: date(since), ends_at: date(end) }
    }
}

impl Format for Alertmanager {
    fn message(&mut self, signal: &Signal) -> Option<Bytes> {
        let now = self.clock.unix_now();
        let alerts = match signal {
            Signal::Alert(event) => self.take(event),
            // Whichever way the clock was set.
            Signal::MetricsCollected if now.abs_diff(self.sent) >= RESEND => self.all(now),
            _ => Vec::new(),
        };
        if alerts.is_empty() {
            return None;
        }
        self.sent = now;
        serde_json::to_vec(&alerts).ok().map(Bytes::from)
    }
}

/// A name as Alertmanager takes it: letters, digits and `_`, no digit first.
fn label_name(name: &str) -> String {
    let usable = |(index, letter): (usize, char)| {
        let is_usable = letter.is_ascii_alphabetic() || (index > 0 && letter.is_ascii_digit());
        if is_usable { letter } else { '_' }
    };
    name.chars().enumerate().map(usable).collect()
}

/// RFC 3339.
fn date(unix: Duration) -> String {
    let time = SystemTime::UNIX_EPOCH.checked_add(unix).unwrap_or(SystemTime::UNIX_EPOCH);
    humantime::format_rfc3339_millis(time).to_string()
}

#[cfg(test)]
mod tests {
    use metrics_core::AlertRule;
    use serde_json::{Value, json};

    use super::*;

    fn messages(play: impl FnOnce(&Metrics, &metrics_core::MockClock)) -> Vec<Value> {
        let (clock, time) = Clock::mock();
        let rule = AlertRule::new("cabin", 40.0, 60.0, "Cabin hot").label("no such", "label").enabled(false);
        let own = AlertRule::new("cabin", 40.0, 60.0, "Cabin hot").keep(Duration::ZERO);
        let metrics = Metrics::builder()
            .clock(clock)
            .service("car")
            .instance("a")
            .collecting(false)
            .alert_rules([rule, own]);
        let metrics = metrics.build().unwrap();
        let mut format = Alertmanager::new(&metrics);
        let mut signals = metrics.collection().subscribe();
        play(&metrics, &time);
        metrics.shutdown();
        let mut messages = Vec::new();
        while let Some(signal) = signals.recv() {
            messages.extend(format.message(&signal).map(|json| serde_json::from_slice(&json).unwrap()));
        }
        messages
    }

    fn set(metrics: &Metrics, celsius: f64) {
        metrics.registry().gauge("cabin").set(celsius);
        metrics.collection().collect();
    }

    #[test]
    fn a_level_that_is_left_is_resolved() {
        let messages = messages(|metrics, time| {
            set(metrics, 45.0);
            time.advance(Duration::from_secs(10));
            set(metrics, 65.0);
            time.advance(Duration::from_secs(10));
            set(metrics, 20.0);
        });
        let alert = |severity: &str, value: &str, threshold: &str, from: &str, to: &str| {
            json!({
                "labels": {
                    "alertname": "cabin", "service": "car", "instance": "a", "metric": "cabin", "severity": severity,
                },
                "annotations": {"description": "Cabin hot", "value": value, "threshold": threshold},
                "startsAt": format!("1970-01-01T00:{from}.000Z"),
                "endsAt": format!("1970-01-01T00:{to}.000Z"),
            })
        };
        assert_eq!(
            messages,
            [
                json!([alert("warning", "45", "40", "00:00", "05:00")]),
                json!([
                    alert("warning", "45", "40", "00:00", "00:10"),
                    alert("critical", "65", "60", "00:10", "05:10"),
                ]),
                json!([alert("critical", "65", "60", "00:10", "00:20")]),
            ]
        );
    }

    /// Alertmanager forgets what it is not told again.
    #[test]
    fn what_is_raised_is_sent_again_and_keeps_its_start() {
        let (clock, time) = Clock::mock();
        let rule = AlertRule::above("cabin").warning(40.0).repeat(Duration::from_secs(20));
        let metrics = Metrics::builder().clock(clock).collecting(false).alert_rules([rule]).build().unwrap();
        let mut format = Alertmanager::new(&metrics);
        let mut signals = metrics.collection().subscribe();
        let mut at = |seconds| {
            time.advance(Duration::from_secs(seconds));
            set(&metrics, 45.0);
            let mut spans = Vec::new();
            while let Some(signal) = signals.try_recv() {
                let message = format.message(&signal).unwrap_or_default();
                let alerts: Vec<Value> = serde_json::from_slice(&message).unwrap_or_default();
                spans.extend(alerts.iter().map(|alert| {
                    let minute = |end: &str| alert[end].as_str().unwrap()[14..19].to_owned();
                    (minute("startsAt"), minute("endsAt"))
                }));
            }
            spans
        };
        let from_start = |end: &str| vec![("00:00".to_owned(), end.to_owned())];
        assert_eq!(at(0), from_start("05:00"));
        assert_eq!(at(10), []);
        assert_eq!(at(10), from_start("05:20"), "a reminder");
        metrics.alerts().add(AlertRule::above("cabin").warning(40.0)).unwrap();
        assert_eq!(at(59), []);
        assert_eq!(at(1), from_start("06:20"), "a minute after the last message");
        metrics.collection().set_interval(Duration::from_secs(600)).unwrap();
        assert_eq!(at(60), from_start("32:20"), "three collections ahead");
    }

    /// THREAT 30: Alertmanager would forget what it is not told for five minutes, and takes nothing that ends before it
    /// began.
    #[test]
    fn a_clock_that_is_set_back_silences_nothing() {
        let (clock, time) = Clock::mock();
        time.set_unix(Duration::from_secs(7_200));
        let own = AlertRule::new("cabin", 40.0, 60.0, "Cabin hot").keep(Duration::ZERO);
        let metrics = Metrics::builder().clock(clock).collecting(false).alert_rules([own]).build().unwrap();
        let mut format = Alertmanager::new(&metrics);
        let mut signals = metrics.collection().subscribe();
        let mut spans = |celsius| {
            set(&metrics, celsius);
            let mut spans = Vec::new();
            while let Some(signal) = signals.try_recv() {
                let message = format.message(&signal).unwrap_or_default();
                let alerts: Vec<Value> = serde_json::from_slice(&message).unwrap_or_default();
                spans.extend(alerts.iter().map(|alert| {
                    ["startsAt", "endsAt"].map(|end| alert[end].as_str().unwrap()[11..19].to_owned())
                }));
            }
            spans
        };
        let span = |start: &str, end: &str| vec![[start.to_owned(), end.to_owned()]];
        assert_eq!(spans(45.0), span("02:00:00", "02:05:00"));
        time.advance(Duration::from_secs(60));
        time.set_unix(Duration::from_secs(3_600));
        assert_eq!(spans(45.0), span("01:00:00", "01:05:00"));
        time.advance(Duration::from_secs(60));
        assert_eq!(spans(20.0), span("01:01:00", "01:01:00"));
    }

    #[test]
    fn names_are_made_usable() {
        assert_eq!(label_name("no such-label9"), "no_such_label9");
        assert_eq!(label_name("9é"), "__");
    }
}
