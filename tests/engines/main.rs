//! Real engines hold exactly what the writers counted as written, whatever happens in between; and all stores answer
//! alike.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod http;
mod proxy;
mod restart;
mod servers;
mod trends;

use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use metrics_layer::core::storage::{Point, Retention, Store, Tags, Tier};
use metrics_layer::sink::{Destination, Influx};
use rand::{RngExt, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

use proxy::{Fault, Proxy};
use servers::{DEADLINE, Kind, Server, wait};

const POINTS: u64 = 10_000;
const INSTANCES: [&str; 3] = ["a", "b", "c"];

fn now_ms() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis() as u64
}

fn destination(address: std::net::SocketAddr) -> Destination {
    Destination::new(format!("http://{address}")).unwrap().timeout(Duration::from_secs(2))
}

fn influx(kind: Kind, to: Destination) -> Influx {
    match kind {
        Kind::InfluxDb => Influx::v1(to, "perf").unwrap(),
        Kind::VictoriaMetrics => Influx::victoria(to),
    }
}

fn store(kind: Kind, to: Destination) -> Store {
    let builder = influx(kind, to).store().flush_interval(Duration::from_secs(1));
    builder.backoff(Duration::from_millis(20), Duration::from_millis(500)).start().unwrap()
}

/// A point of which the time tells the value, of a service as a whole.
fn point(instance: &str, at_ms: u64, value: u64) -> Point {
    Point { queue_size: value, ..Point::new(Tags::service("fleet", instance), at_ms) }
}

/// Everything that can go wrong with a write, and nothing in between.
const SCRIPT: [Fault; 11] = [
    Fault::None,
    Fault::Status("503 Service Unavailable"),
    Fault::Status("429 Too Many Requests\r\nRetry-After: 1"),
    Fault::Hang,
    Fault::None,
    Fault::Reset,
    Fault::LostAnswer,
    Fault::None,
    Fault::Status("401 Unauthorized"),
    Fault::None,
    Fault::Status("500 Internal Server Error"),
];

/// Some hundred lines, compressed; so a thousand are too many.
const MAX_BODY: usize = 2_000;

fn started(kind: Kind) -> Server {
    let server = Server::start(kind);
    influx(kind, destination(server.address)).setup(&Retention::default()).unwrap();
    server
}

/// D-06: three instances write 10 000 points each, whatever happens to their writes, while the engine is ended and
/// started again; then it has exactly what was counted.
fn what_is_counted_is_held(kind: Kind, server: &mut Server, script: &[Fault], max_body: usize) {
    let began = now_ms() - 60_000;
    let proxies = INSTANCES.map(|_| Proxy::start(server.address, max_body, script));
    let stores = proxies.clone().map(|proxy| store(kind, destination(proxy.address)));
    thread::scope(|scope| {
        for (store, instance) in stores.iter().zip(INSTANCES) {
            scope.spawn(move || {
                for n in 0..POINTS {
                    store.push(vec![point(instance, began + n, n)]);
                    if n % 500 == 0 {
                        thread::sleep(Duration::from_millis(50));
                    }
                }
            });
        }
        wait("a part is written", || stores.iter().all(|store| store.metrics().points_written > 1_000));
        server.end();
        thread::sleep(Duration::from_millis(500));
        server.start_again();
    });
    let faults: Vec<_> = script.iter().copied().filter(|fault| *fault != Fault::None).collect();
    for (store, proxy) in stores.iter().zip(&proxies) {
        assert!(store.flush(DEADLINE), "{:?}", store.metrics());
        let metrics = store.metrics();
        let counts =
            [metrics.points_pushed, metrics.points_written, metrics.points_dropped, metrics.points_queued];
        assert_eq!(counts, [POINTS, POINTS, 0, 0], "{metrics:?}");
        assert!(!metrics.degraded && metrics.retries >= proxy.met().len() as u64, "{metrics:?}");
        assert!(faults.starts_with(&proxy.met()) && proxy.too_large() > 0, "{:?}", proxy.met());
    }
    let expected: Vec<_> = (0..POINTS).map(|n| (began + n, n as f64)).collect();
    for instance in INSTANCES {
        // Of earlier rounds there is more.
        let held = || -> Vec<_> {
            server
                .points(instance)
                .into_iter()
                .filter(|(at, _)| (began..began + POINTS).contains(at))
                .collect()
        };
        wait("the engine shows them", || held().len() >= expected.len());
        assert!(held() == expected, "instance {instance}");
    }
}

#[test]
#[ignore = "needs influxd; ci/test.sh runs it"]
fn influxdb_holds_what_was_counted() {
    what_is_counted_is_held(Kind::InfluxDb, &mut started(Kind::InfluxDb), &SCRIPT, MAX_BODY);
}

#[test]
#[ignore = "needs victoria-metrics; ci/test.sh runs it"]
fn victoriametrics_holds_what_was_counted() {
    what_is_counted_is_held(Kind::VictoriaMetrics, &mut started(Kind::VictoriaMetrics), &SCRIPT, MAX_BODY);
}

/// The same faults in any order and number, round after round: as many as `ENGINE_ROUNDS` says.
#[test]
#[ignore = "needs influxd and victoria-metrics; ci/verify.sh runs many rounds"]
fn any_faults_in_any_order() {
    let rounds = std::env::var("ENGINE_ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(1);
    let mut engines = [Kind::InfluxDb, Kind::VictoriaMetrics].map(|kind| (kind, started(kind)));
    for seed in 0..rounds {
        let mut chance = Xoshiro256PlusPlus::seed_from_u64(seed);
        for (kind, server) in &mut engines {
            let fault = |chance: &mut Xoshiro256PlusPlus| SCRIPT[chance.random_range(0..SCRIPT.len())];
            let script: Vec<_> = (0..chance.random_range(0..20)).map(|_| fault(&mut chance)).collect();
            let max_body = chance.random_range(500..3_000);
            eprintln!("{kind:?}, seed {seed}: {max_body} bytes at most, {script:?}");
            what_is_counted_is_held(*kind, server, &script, max_body);
        }
    }
}

/// What is dropped is counted, and everything else is there: the oldest of a queue that is full, and what the engine
/// never takes.
#[test]
#[ignore = "needs influxd; ci/test.sh runs it"]
fn what_is_dropped_is_counted() {
    let mut server = Server::start(Kind::InfluxDb);
    let influx = influx(Kind::InfluxDb, destination(server.address));
    influx.setup(&Retention::default()).unwrap();
    server.end();
    // The store would keep longer than the engine does.
    let month = Retention::default().keep(Tier::Raw, Duration::from_secs(30 * 86_400));
    let builder = influx.store().retention(month).queue_points(1_000).flush_interval(Duration::from_secs(1));
    let store = builder.backoff(Duration::from_millis(20), Duration::from_millis(200)).start().unwrap();
    let began = now_ms() - 60_000;
    (0..5_000).for_each(|n| store.push(vec![point("a", began + n, n)]));
    wait("it was tried", || store.metrics().retries > 1);
    assert!(store.metrics().degraded);
    server.start_again();
    assert!(store.flush(DEADLINE));
    let metrics = store.metrics();
    assert_eq!((metrics.points_written, metrics.points_dropped), (1_000, 4_000), "{metrics:?}");
    let newest: Vec<_> = (4_000..5_000).map(|n| (began + n, n as f64)).collect();
    assert!(server.points("a") == newest);

    // Half of these are older than the policy keeps.
    let old = began - 10 * 86_400_000;
    let mixed = (0..50).flat_map(|n| [point("b", old + n, n), point("b", began + n, n)]).collect();
    store.push(mixed);
    assert!(store.flush(DEADLINE));
    let metrics = store.metrics();
    assert_eq!((metrics.points_written, metrics.points_dropped), (1_050, 4_050), "{metrics:?}");
    assert!(metrics.last_error.contains("dropped=50"), "{metrics:?}");
    assert_eq!(server.points("b").len(), 50);

    // A policy that is gone: the engine says 500, and means never.
    server.query("DROP RETENTION POLICY raw_7d ON perf");
    store.push(vec![point("c", began, 1)]);
    assert!(store.flush(DEADLINE));
    let metrics = store.metrics();
    assert_eq!(metrics.points_dropped, 4_051, "{metrics:?}");
    assert!(metrics.last_error.contains("retention policy not found"), "{metrics:?}");
}

/// D-03: a policy for each tier, as long as it is kept; and changed when that is changed.
#[test]
#[ignore = "needs influxd; ci/test.sh runs it"]
fn setup_makes_policies_and_changes_them() {
    let server = Server::start(Kind::InfluxDb);
    let influx = influx(Kind::InfluxDb, destination(server.address));
    let policies = || -> Vec<String> {
        let told = server.query("SHOW RETENTION POLICIES ON perf");
        let rows = told["results"][0]["series"][0]["values"].as_array().unwrap().clone();
        // Name, duration, shard duration, and whether lines without a policy go there.
        let mut rows: Vec<_> =
            rows.iter().map(|row| format!("{} {} {} {}", row[0], row[1], row[2], row[4])).collect();
        rows.retain(|row| !row.starts_with("\"autogen\""));
        rows
    };
    let daily = |days: u64| Retention::default().keep(Tier::Daily, Duration::from_secs(days * 86_400));
    for (days, hours) in [(90, "2160h0m0s"), (90, "2160h0m0s"), (365, "8760h0m0s")] {
        influx.setup(&daily(days)).unwrap();
        let daily = format!("\"daily_90d\" \"{hours}\" \"168h0m0s\" false");
        let hourly = "\"hourly_30d\" \"720h0m0s\" \"24h0m0s\" false";
        assert_eq!(policies(), ["\"raw_7d\" \"168h0m0s\" \"24h0m0s\" true", hourly, &daily]);
    }
}

/// Without backslashes before separators, which engines read in different ways.
fn expressible(name: &str) -> String {
    let mut text = String::new();
    for character in name.chars() {
        if [',', '=', ' '].contains(&character) {
            text.truncate(text.trim_end_matches('\\').len());
        }
        text.push(character);
    }
    text
}

/// THREAT 46, D-10: InfluxDB takes every line, whatever the names, and reads them as they were meant, as far as a line can
/// express them.
#[test]
#[ignore = "needs influxd; ci/test.sh runs it"]
fn every_name_is_taken() {
    let server = Server::start(Kind::InfluxDb);
    let influx = influx(Kind::InfluxDb, destination(server.address));
    influx.setup(&Retention::default()).unwrap();
    let store = influx.store().start().unwrap();
    let parts =
        ["a", ",", "=", " ", "\\", "\"", "'", "\n", "\t", "{", "#", "ü", "🦀", "\u{7f}", "%0A", "\\,", "i"];
    let count = parts.len();
    let name = |n: usize| [n % count, n / count % count, n / count / count].map(|part| parts[part]).concat();
    let names: Vec<_> = (0..count.pow(3)).map(name).collect();
    let at = now_ms() - 60_000;
    let points = names.iter().enumerate().map(|(n, name)| {
        let tags = Tags::service("odd, =\"names\"", "a").endpoint("GET", name.as_str());
        Point { response_time_ms: Some(1.5), ..Point::new(tags, at + n as u64) }
    });
    let points: Vec<_> = points.collect();
    points.chunks(500).for_each(|points| store.push(points.to_vec()));
    assert!(store.flush(DEADLINE));
    let metrics = store.metrics();
    assert_eq!((metrics.points_written, metrics.points_dropped), (names.len() as u64, 0), "{metrics:?}");
    // By their time each name is found where it was written.
    let rows = server.query("SELECT response_time_ms, endpoint FROM raw_7d.performance_metrics");
    let rows = rows["results"][0]["series"][0]["values"].as_array().unwrap().clone();
    assert_eq!(rows.len(), names.len());
    for row in rows {
        let name = &names[(row[0].as_u64().unwrap() - at) as usize];
        let readable =
            |name: &str| name.replace('\n', "\\n").replace('\t', "\\t").replace('\u{7f}', "\\u{7f}");
        let expected = readable(expressible(name).trim_end_matches('\\'));
        assert_eq!(row[2].as_str().unwrap_or_default(), expected, "{name:?}");
    }
}

/// THREAT 46: VictoriaMetrics takes two backslashes for one, so a separator behind them would be none of the name's.
#[test]
#[ignore = "needs victoria-metrics; ci/test.sh runs it"]
fn no_name_ends_before_its_end() {
    let server = Server::start(Kind::VictoriaMetrics);
    let store = store(Kind::VictoriaMetrics, destination(server.address));
    let names = [r"a\,instance=evil", r"a\\,instance=evil", r"a\\\ x", r"a\=b", r"a\\=b", r"\,", r"a\ b"];
    let at = now_ms() - 60_000;
    let points = names.iter().enumerate().map(|(n, name)| {
        let tags = Tags::service("odd", "good").endpoint("GET", *name);
        Point { queue_size: n as u64, ..Point::new(tags, at + n as u64) }
    });
    store.push(points.collect());
    assert!(store.flush(DEADLINE));
    wait("every point, and of this instance", || server.points("good").len() == names.len());
}

/// Wrong credentials: everything is kept and health says so, until they are right.
#[test]
#[ignore = "needs influxd; ci/test.sh runs it"]
fn credentials_are_asked_for() {
    let server = Server::with_users();
    // The first user is made by anybody.
    let path =
        format!("/query?q={}", http::encoded("CREATE USER admin WITH PASSWORD 'right' WITH ALL PRIVILEGES"));
    assert_eq!(http::post(server.address, &path).unwrap().0, 200);
    let of = |credentials: &str| {
        let to =
            destination(server.address).header("authorization", &format!("Basic {credentials}")).unwrap();
        influx(Kind::InfluxDb, to)
    };
    let [right, wrong] = ["YWRtaW46cmlnaHQ=", "YWRtaW46d3Jvbmc="].map(of);
    assert!(wrong.setup(&Retention::default()).is_err());
    right.setup(&Retention::default()).unwrap();
    let at = now_ms() - 1_000;

    let builder = wrong.store().backoff(Duration::from_millis(20), Duration::from_millis(100));
    let store = builder.start().unwrap();
    store.push(vec![point("a", at, 1)]);
    wait("it was tried again", || store.metrics().retries > 2);
    let metrics = store.metrics();
    assert_eq!(
        (metrics.points_queued, metrics.points_dropped, metrics.degraded),
        (1, 0, true),
        "{metrics:?}"
    );
    assert!(metrics.last_error.contains("401") && !metrics.last_error.contains("YWRtaW"), "{metrics:?}");

    let store = right.store().start().unwrap();
    store.push(vec![point("a", at, 1)]);
    assert!(store.flush(DEADLINE));
    assert_eq!((store.metrics().points_written, store.metrics().degraded), (1, false));
}
