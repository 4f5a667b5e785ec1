//! What an engine gets: how much at once, in what form, to which place; and what becomes of it by its answer.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::thread::spawn;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use flate2::read::GzDecoder;
use metrics_layer::core::Clock;
use metrics_layer::core::storage::{Batch, Metric, Point, Rollup, Store, StoreBuilder, Tags, Tier};
use metrics_layer::sink::{Destination, Influx};

/// Longer than anything here may take on a busy machine.
const DEADLINE: Duration = Duration::from_secs(30);

/// 1 January 2026, 00:00 UTC.
const START_MS: u64 = 1_767_225_600_000;

/// A request as an engine gets it.
#[derive(Debug)]
struct Posted {
    path: String,
    is_compressed: bool,
    bytes_on_the_wire: usize,
    text: String,
    at: Instant,
}

/// An engine that answers as told, and then always well.
fn engine(answers: Vec<&'static str>) -> (SocketAddr, Receiver<Posted>) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let address = listener.local_addr().unwrap();
    let (sender, posted) = channel();
    let mut answers = answers.into_iter();
    spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            let Some(request) = read(&stream) else { continue };
            let answer = answers.next().unwrap_or("204 No Content");
            // The test may be over.
            let _ = sender.send(request);
            let _ = write!(stream, "HTTP/1.1 {answer}\r\nConnection: close\r\n\r\n");
        }
    });
    (address, posted)
}

fn read(stream: &TcpStream) -> Option<Posted> {
    let mut reader = BufReader::new(stream);
    let mut head = String::new();
    while reader.read_line(&mut head).ok()? > 2 {}
    let head = head.to_ascii_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok())?;
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let is_compressed = head.contains("content-encoding: gzip");
    let mut text = String::new();
    if is_compressed {
        GzDecoder::new(&*body).read_to_string(&mut text).ok()?;
    } else {
        text = String::from_utf8(body).ok()?;
    }
    let path = head.strip_prefix("post ")?.split(' ').next()?.to_owned();
    Some(Posted { path, is_compressed, bytes_on_the_wire: length, text, at: Instant::now() })
}

fn v1(address: SocketAddr) -> Influx {
    let to = Destination::new(format!("http://{address}")).unwrap();
    Influx::v1(to, "perf").unwrap().read_by(None)
}

fn impatient(builder: StoreBuilder) -> Store {
    builder.backoff(Duration::from_millis(10), Duration::from_millis(50)).start().unwrap()
}

fn now_ms() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis() as u64
}

fn points(count: u64) -> Vec<Point> {
    let (tags, now) = (Tags::service("fleet", "a"), now_ms());
    (0..count).map(|n| Point { queue_size: n, ..Point::new(tags.clone(), now - count + n) }).collect()
}

fn next(posted: &Receiver<Posted>) -> Posted {
    posted.recv_timeout(DEADLINE).unwrap()
}

/// The numbers of the points in a request.
fn numbers(posted: &Posted) -> Vec<u64> {
    let number = |line: &str| line.split("queue_size=").nth(1)?.split('i').next()?.parse().ok();
    posted.text.lines().filter_map(number).collect()
}

#[test]
fn a_thousand_lines_at_a_time_and_compressed_if_that_is_worth_it() {
    let (address, posted) = engine(Vec::new());
    let store = impatient(v1(address).store());
    store.push(points(2_500));
    assert!(store.flush(DEADLINE));
    let mut seen = Vec::new();
    while seen.len() < 2_500 {
        let request = next(&posted);
        assert_eq!(request.path, "/write?db=perf&rp=raw_7d&precision=ms");
        assert!(request.is_compressed && request.bytes_on_the_wire < request.text.len() / 4);
        let lines = numbers(&request);
        assert!(lines.len() <= 1_000, "{} lines", lines.len());
        seen.extend(lines);
    }
    assert_eq!(seen, (0..2_500).collect::<Vec<_>>());
    store.push(points(1));
    assert!(!next(&posted).is_compressed, "a line is below a kilobyte");
}

/// 413: smaller parts from then on, and what is too large by itself is dropped.
#[test]
fn what_is_too_large_is_split() {
    let (address, posted) = engine(vec!["413 Too Large", "413 Too Large"]);
    let store = impatient(v1(address).store());
    store.push(points(1_000));
    assert!(store.flush(DEADLINE));
    let [first, second] = [(); 2].map(|()| numbers(&next(&posted)).len());
    assert!(first == 1_000 && (450..=550).contains(&second), "{first} and {second} lines");
    let mut taken = 0;
    while taken < 1_000 {
        let lines = numbers(&next(&posted)).len();
        assert!(lines <= 280, "{lines} lines");
        taken += lines;
    }
    assert_eq!((store.metrics().points_written, store.metrics().points_dropped), (1_000, 0));

    let (address, _posted) = engine(vec!["413 Too Large"]);
    let store = impatient(v1(address).store());
    store.push(points(1));
    assert!(store.flush(DEADLINE));
    assert_eq!((store.metrics().points_written, store.metrics().points_dropped), (0, 1));
    assert_eq!(store.metrics().last_error, "a line is too large for the engine");
}

/// D-06: what is refused for good is dropped; what is refused for now waits, as long as it is asked to.
#[test]
fn answers_have_their_consequences() {
    let (address, posted) = engine(vec![
        "404 Not Found\r\nContent-Length: 0",
        "429 Too Many Requests\r\nRetry-After: 1\r\nContent-Length: 0",
        "401 Unauthorized\r\nContent-Length: 0",
        "503 Service Unavailable\r\nContent-Length: 0",
    ]);
    let store = impatient(v1(address).store());
    store.push(points(3));
    assert!(store.flush(DEADLINE));
    assert_eq!((store.metrics().points_dropped, &*store.metrics().last_error), (3, "status 404"));
    next(&posted);
    store.push(points(2));
    let limited = next(&posted);
    let refused = next(&posted);
    assert!(refused.at - limited.at >= Duration::from_millis(950), "{:?}", refused.at - limited.at);
    for again in [next(&posted), next(&posted)] {
        assert_eq!(numbers(&again), [0, 1]);
    }
    assert!(store.flush(DEADLINE));
    let metrics = store.metrics();
    assert_eq!((metrics.points_written, metrics.points_dropped, metrics.retries), (2, 3, 3), "{metrics:?}");
    assert!(!metrics.degraded);
}

/// Points are taken, and roll-ups are not: their policy was never made.
#[test]
fn roll_ups_that_are_refused_do_not_count_as_written() {
    let (address, posted) =
        engine(vec!["204 No Content", "204 No Content", "404 Not Found\r\nContent-Length: 0"]);
    let (clock, time) = Clock::mock();
    let store = impatient(v1(address).store().clock(clock));
    // The last one is written when the roll-ups of the one before are counted.
    for second in [0, 7_200, 7_201] {
        let at_ms = START_MS + second * 1_000;
        time.set_unix(Duration::from_millis(at_ms));
        store.push(vec![Point::new(Tags::service("fleet", "a"), at_ms)]);
        assert!(store.flush(DEADLINE));
    }
    let [_, _, refused] = [(); 3].map(|()| next(&posted));
    assert!(refused.path.contains("hourly_30d"), "{refused:?}");
    let metrics = store.metrics();
    assert_eq!(
        (metrics.points_written, metrics.points_dropped, metrics.rollups_written),
        (3, 0, 0),
        "{metrics:?}"
    );
    assert_eq!(metrics.last_error, "status 404");
}

/// A roll-up goes to the place of its tier, by either flavour.
#[test]
fn each_tier_has_a_place_of_its_own() {
    let tags = Arc::new(Tags::service("fleet", "a"));
    let rollups = [Tier::Hourly, Tier::Hourly, Tier::Daily].map(|tier| {
        let mut rollup = Rollup::new(tier, Metric::QueueSize, Arc::clone(&tags), 86_400_000);
        rollup.observe(86_400_000, 3.0);
        rollup
    });
    let points = points(1);
    let batch = Batch { points: &points, rollups: &rollups };
    for (influx, places) in [
        (
            (|to| Influx::v1(to, "perf").unwrap()) as fn(Destination) -> Influx,
            ["/write?db=perf&rp=raw_7d", "/write?db=perf&rp=hourly_30d", "/write?db=perf&rp=daily_90d"],
        ),
        (
            |to| Influx::v2(to, "home", "perf").unwrap(),
            [
                "/api/v2/write?org=home&bucket=perf",
                "/api/v2/write?org=home&bucket=perf_hourly",
                "/api/v2/write?org=home&bucket=perf_daily",
            ],
        ),
    ] {
        let (address, posted) = engine(Vec::new());
        let to = Destination::new(format!("http://{address}"))
            .unwrap()
            .header("authorization", "Token t")
            .unwrap();
        influx(to).sink().write(batch).unwrap();
        let [raw, hourly, daily] = [(); 3].map(|()| next(&posted));
        assert_eq!(
            [&raw, &hourly, &daily].map(|request| request.path.clone()),
            places.map(|place| format!("{place}&precision=ms"))
        );
        assert_eq!([&raw, &hourly, &daily].map(|request| request.text.lines().count()), [1, 2, 1]);
        assert!(
            daily.text.starts_with(
                "performance_metrics_daily,instance=a,metric=queue_size,service=fleet count=1i,"
            )
        );
        assert!(daily.text.ends_with(" 86400000\n"), "{}", daily.text);
    }
}
