//! Lines are what the specification says, and what a reader of them makes of it.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::BTreeMap;
use std::sync::Arc;

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use super::*;

/// A line, read by the rules of the protocol.
#[derive(Debug, PartialEq)]
struct Read {
    measurement: String,
    tags: BTreeMap<String, String>,
    fields: BTreeMap<String, Value>,
    unix_ms: u64,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Value {
    Integer(i64),
    Float(f64),
}

/// Splits where the character stands without a backslash before it.
fn split(text: &str, at: char) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut before = ' ';
    for character in text.chars() {
        match character {
            _ if character == at && before != '\\' => parts.push(String::new()),
            _ => parts.last_mut().unwrap().push(character),
        }
        before = character;
    }
    parts
}

/// A backslash before a separator escapes it; before anything else it is a backslash.
fn unescaped(text: &str) -> String {
    [",", "=", " "]
        .iter()
        .fold(text.to_owned(), |text, special| text.replace(&format!("\\{special}"), special))
}

fn read(line: &str) -> Read {
    let line = line.strip_suffix('\n').expect("a whole line");
    let [head, fields, unix_ms] = &split(line, ' ')[..] else { panic!("three parts: {line:?}") };
    let pair = |text: &String| {
        let [name, value] = &split(text, '=')[..] else { panic!("a name and a value: {text:?}") };
        (unescaped(name), unescaped(value))
    };
    let head = split(head, ',');
    let value = |(name, value): (String, String)| {
        let value = match value.strip_suffix('i') {
            Some(digits) => Value::Integer(digits.parse().unwrap()),
            None => Value::Float(value.parse().unwrap()),
        };
        (name, value)
    };
    Read {
        measurement: head[0].clone(),
        tags: head[1..].iter().map(pair).collect(),
        fields: split(fields, ',').iter().map(pair).map(value).collect(),
        unix_ms: unix_ms.parse().unwrap(),
    }
}

fn rendered(point: &Point) -> String {
    let mut lines = LineProtocol::default();
    lines.point(point);
    lines.text(0..1).to_owned()
}

/// D-01, D-02: the example of the seed.
#[test]
fn the_point_of_the_seed() {
    let tags = Tags::service("admin-api", "node-1").endpoint("GET", "/api/health");
    let point = Point {
        response_time_ms: Some(25.5),
        requests_per_minute: 45,
        events_per_minute: 120,
        cpu_usage_percent: Some(15.2),
        memory_usage_mb: Some(256.8),
        disk_usage_percent: Some(45.3),
        error_rate_percent: 0.5,
        queue_size: 0,
        active_connections: 3,
        ..Point::new(tags, 1_760_309_920_000)
    };
    let expected = "performance_metrics,endpoint=/api/health,instance=node-1,method=GET,service=admin-api \
                    response_time_ms=25.5,requests_per_minute=45i,events_per_minute=120i,\
                    cpu_usage_percent=15.2,memory_usage_mb=256.8,disk_usage_percent=45.3,\
                    error_rate_percent=0.5,queue_size=0i,active_connections=3i 1760309920000\n";
    assert_eq!(rendered(&point), expected);
}

#[test]
fn the_hour_of_a_metric() {
    let tags: Arc<Tags> = Tags::service("api", "a").into();
    let mut hour = Rollup::new(Tier::Hourly, Metric::QueueSize, tags, 7_200_000);
    for (at, value) in [(7_200_000, 3.0), (7_260_000, 5.0), (7_320_000, 3.0)] {
        hour.observe(at, value);
    }
    let mut lines = LineProtocol::default();
    lines.rollup(&hour);
    let [(three, 2), (five, 1)] = hour.histogram() else { panic!("{:?}", hour.histogram()) };
    let expected = format!(
        "performance_metrics_hourly,instance=a,metric=queue_size,service=api \
         count=3i,sum=11,min=3,max=5,peak_ms=7260000i,h{three}=2i,h{five}=1i 7200000\n"
    );
    assert_eq!(lines.text(0..1), expected);
}

/// D-10.
#[test]
fn what_is_not_known_or_no_number_is_left_out() {
    let mut tags = Tags::service("", "a");
    tags.endpoint = Some("".into());
    let point = Point {
        response_time_ms: Some(f64::NAN),
        cpu_usage_percent: Some(f64::INFINITY),
        error_rate_percent: f64::NEG_INFINITY,
        requests_per_minute: u64::MAX,
        ..Point::new(tags, 0)
    };
    let expected = "performance_metrics,instance=a requests_per_minute=9223372036854775807i,\
                    events_per_minute=0i,queue_size=0i,active_connections=0i 0\n";
    assert_eq!(rendered(&point), expected);
}

/// THREAT 46.
#[test]
fn odd_names_are_escaped() {
    let escaped = |name: &str| {
        let line = rendered(&Point::new(Tags::service(name, "a"), 0));
        line.split_once("service=").unwrap().1.split_once(" requests").unwrap().0.to_owned()
    };
    for (name, expected) in [
        ("a b,c=d", r"a\ b\,c\=d"),
        ("tail\\", "tail"),
        ("tail\\\\", "tail"),
        (r"in\side", r"in\side"),
        (r"a\,b", r"a\,b"),
        (r"a\\ b\=c\", r"a\ b\=c"),
        ("two\nlines\r\t", r"two\nlines\r\t"),
        ("nul\0", r"nul\u{0}"),
        ("\"quoted\" ü 🦀", "\"quoted\"\\ ü\\ 🦀"),
    ] {
        assert_eq!(escaped(name), expected, "{name:?}");
    }
}

fn numbers() -> impl Strategy<Value = f64> {
    prop_oneof![any::<f64>(), 0.0..1e6, Just(f64::NAN), Just(0.0), Just(25.0)]
}

fn names() -> impl Strategy<Value = String> {
    prop_oneof!["[a-c,= \\\\\"]{1,8}", "\\PC{1,12}", "[^\\x00-\\x1f\\x7f-\\x9f]{1,5}"]
}

prop_compose! {
    fn points()(
        names in vec(names(), 4),
        is_of_route: bool,
        known in vec(option::of(numbers()), 4),
        error_rate_percent in numbers(),
        whole in vec(any::<u64>(), 4),
        timestamp_ms in 0..=MAX_MS,
    ) -> Point {
        let mut tags = Tags::service(&*names[0], &*names[1]);
        if is_of_route {
            tags = tags.endpoint(&*names[2], &*names[3]);
        }
        Point {
            response_time_ms: known[0],
            cpu_usage_percent: known[1],
            memory_usage_mb: known[2],
            disk_usage_percent: known[3],
            error_rate_percent,
            requests_per_minute: whole[0],
            events_per_minute: whole[1],
            queue_size: whole[2],
            active_connections: whole[3],
            ..Point::new(tags, timestamp_ms)
        }
    }
}

/// What engines take as nanoseconds.
const MAX_MS: u64 = i64::MAX as u64 / 1_000_000;

/// A name without the backslashes that cannot be expressed: at its end, and before separators.
fn expressible(name: &str) -> String {
    let mut text = String::new();
    for character in name.chars() {
        if [',', '=', ' '].contains(&character) {
            text.truncate(text.trim_end_matches('\\').len());
        }
        text.push(character);
    }
    text.trim_end_matches('\\').to_owned()
}

/// What a reader is to find.
fn expected(point: &Point) -> Read {
    let text = |name: &Arc<str>| expressible(name);
    let named = [
        ("service", Some(&point.tags.service)),
        ("instance", Some(&point.tags.instance)),
        ("endpoint", point.tags.endpoint.as_ref()),
        ("method", point.tags.method.as_ref()),
    ];
    let tags = named.into_iter().filter_map(|(name, value)| Some((name.to_owned(), text(value?))));
    let field = |metric: Metric| {
        let value = metric.of(point)?;
        let value = match metric.is_integer() {
            true => Value::Integer(whole(metric, point, value).min(i64::MAX as u64) as i64),
            false => Value::Float(value),
        };
        Some((metric.as_str().to_owned(), value))
    };
    Read {
        measurement: "performance_metrics".to_owned(),
        tags: tags.filter(|(_, value)| !value.is_empty()).collect(),
        fields: Metric::ALL.into_iter().filter_map(field).collect(),
        unix_ms: point.timestamp_ms,
    }
}

proptest! {
    /// D-10: whatever the names and numbers, a line says what the point does, and the types of its fields never change.
    #[test]
    fn a_reader_finds_what_was_written(points in vec(points(), 1..5)) {
        let mut lines = LineProtocol::default();
        points.iter().for_each(|point| lines.point(point));
        prop_assert_eq!(lines.len(), points.len());
        prop_assert_eq!(lines.text(0..points.len()).lines().count(), points.len());
        for (index, point) in points.iter().enumerate() {
            prop_assert_eq!(read(lines.text(index..index + 1)), expected(point));
        }
        prop_assert_eq!(lines.text(points.len()..points.len() + 1), "");
    }

    /// THREAT 46: separators are where all engines see them, whether or not two backslashes are one to them.
    #[test]
    fn no_separator_is_escaped_by_chance(point in points()) {
        let line = rendered(&point);
        let behind = |(place, _): (usize, &str)| {
            let before = &line[..place];
            before.len() - before.trim_end_matches('\\').len()
        };
        prop_assert!(line.match_indices([',', '=', ' ']).map(behind).all(|slashes| slashes <= 1), "{line:?}");
    }

    /// What is read back into a roll-up is what was written.
    #[test]
    fn a_rollup_is_read_back_whole(values in vec(-10.0..1e9_f64, 1..50)) {
        let mut hour = Rollup::new(Tier::Hourly, Metric::MemoryUsageMb, Tags::service("s", "i").into(), 3_600_000);
        values.iter().zip(3_600_000..).for_each(|(value, at)| hour.observe(at, *value));
        let mut lines = LineProtocol::default();
        lines.rollup(&hour);
        let read = read(lines.text(0..1));
        let (integer, float) = (
            |name: &str| match read.fields[name] { Value::Integer(value) => value as u64, Value::Float(_) => 0 },
            |name: &str| match read.fields[name] { Value::Float(value) => value, Value::Integer(_) => f64::NAN },
        );
        let counts = read.fields.keys().filter_map(|name| {
            Some((name.strip_prefix('h')?.parse().ok()?, integer(name) as u32))
        });
        let mut again = Rollup::new(hour.tier, hour.metric, Arc::clone(&hour.tags), read.unix_ms);
        (again.count, again.peak_ms) = (integer("count"), integer("peak_ms"));
        (again.sum, again.min, again.max) = (float("sum"), float("min"), float("max"));
        prop_assert_eq!(again.with_histogram(counts), Some(hour));
    }
}
