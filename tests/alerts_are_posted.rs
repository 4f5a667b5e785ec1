//! Alerts on their way to others: receivers that fail, and a real Alertmanager.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread::{sleep, spawn};
use std::time::{Duration, Instant};

use metrics_layer::Metrics;
use metrics_layer::core::AlertRule;
use metrics_layer::notify::{self, Delivery, Destination};
use serde_json::{Value, json};

/// Longer than anything here may take on a busy machine.
const DEADLINE: Duration = Duration::from_secs(20);

/// What a receiver does with one connection.
#[derive(Clone, Copy, Debug)]
enum Answer {
    Status(&'static str),
    /// Takes the request and says nothing.
    Silence,
    /// Closes at once.
    Reset,
}

use Answer::{Reset, Silence, Status};

const OK: Answer = Status("204 No Content");

/// A request: its head, and its body as JSON.
type Request = (String, Value);

/// A receiver that answers as told, and then always well.
fn receiver(script: Vec<Answer>) -> (SocketAddr, Receiver<Request>) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let address = listener.local_addr().unwrap();
    let (sender, requests) = channel();
    spawn(move || {
        let mut open = Vec::new();
        let mut script = script.into_iter();
        for stream in listener.incoming().map_while(Result::ok) {
            let answer = script.next().unwrap_or(OK);
            if matches!(answer, Reset) {
                continue;
            }
            let Some(request) = read(&stream) else { continue };
            // The test may be over.
            let _ = sender.send(request);
            match answer {
                Status(status) => {
                    let _ = write!(&stream, "HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n");
                }
                Silence => open.push(stream),
                Reset => {}
            }
        }
    });
    (address, requests)
}

fn read(stream: &TcpStream) -> Option<Request> {
    let mut reader = BufReader::new(stream);
    let mut head = String::new();
    while reader.read_line(&mut head).ok()? > 2 {}
    let is_length =
        |line: &str| line.to_ascii_lowercase().strip_prefix("content-length: ").map(str::to_owned);
    let length = head.lines().find_map(is_length)?.parse().ok()?;
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some((head, serde_json::from_slice(&body).ok()?))
}

fn metrics() -> Metrics {
    let cabin = AlertRule::new("cabin", 40.0, 60.0, "Cabin hot").keep(Duration::ZERO);
    let builder = Metrics::builder().service("car").instance("a").alert_rules([cabin]);
    builder.core(|core| core.collecting(false)).build().unwrap()
}

fn set(metrics: &Metrics, celsius: f64) {
    metrics.registry().gauge("cabin").set(celsius);
    metrics.collection().collect();
}

fn impatient(address: SocketAddr, path: &str) -> Destination {
    let to = Destination::new(format!("http://{address}{path}")).unwrap();
    to.timeout(Duration::from_secs(1)).backoff(Duration::from_millis(10)).retries(4)
}

fn wait(what: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + DEADLINE;
    while !is_so() {
        assert!(Instant::now() < deadline, "not in time: {what}");
        sleep(Duration::from_millis(10));
    }
}

fn wait_for(delivery: &Delivery, sent: u64, failed: u64) {
    wait("deliveries", || (delivery.sent(), delivery.failed()) == (sent, failed));
}

#[test]
fn a_webhook_gets_every_change_as_it_is() {
    let (address, requests) = receiver(Vec::new());
    let metrics = metrics();
    let to = impatient(address, "/hook?key=1").header("authorization", "Bearer abc").unwrap();
    let delivery = notify::webhook(&metrics, to).unwrap();
    [45.0, 45.0, 65.0, 20.0].into_iter().for_each(|celsius| set(&metrics, celsius));
    let (head, first) = requests.recv_timeout(DEADLINE).unwrap();
    assert!(head.starts_with("POST /hook?key=1 HTTP/1.1\r\n"), "{head}");
    for header in [&format!("host: {address}"), "content-type: application/json", "authorization: Bearer abc"]
    {
        assert!(head.lines().any(|line| line.eq_ignore_ascii_case(header)), "{header} is not in {head}");
    }
    assert_eq!(
        first,
        json!({
            "service": "car",
            "instance": "a",
            "number": 1,
            "timestamp": first["timestamp"],
            "alert": "cabin",
            "metric": "cabin",
            "labels": {},
            "reason": "changed",
            "level": "WARNING",
            "previous": "OK",
            "value": 45.0,
            "threshold": 40.0,
            "description": "Cabin hot",
            "flapping": false,
        })
    );
    let levels: Vec<_> =
        (0..2).map(|_| requests.recv_timeout(DEADLINE).unwrap().1["level"].clone()).collect();
    assert_eq!(levels, ["CRITICAL", "OK"]);
    wait_for(&delivery, 3, 0);
}

/// A-09, THREAT 65: what fails for a while is tried again, what is refused is not, and nobody else waits.
#[test]
fn receivers_that_fail_are_tried_again_within_bounds() {
    let bad = Status("500 Internal Server Error");
    let script = vec![bad, Reset, Silence, Status("429 Too Many Requests\r\nRetry-After: 0"), OK];
    let (address, requests) = receiver(script);
    let metrics = metrics();
    let delivery = notify::webhook(&metrics, impatient(address, "/")).unwrap();
    set(&metrics, 45.0);
    wait_for(&delivery, 1, 0);
    assert_eq!(requests.try_iter().count(), 4, "the one that was reset did not come through");

    let (address, requests) = receiver(vec![Status("400 Bad Request"), OK, bad, bad, bad, bad, bad, OK]);
    let refused = notify::webhook(&metrics, impatient(address, "/")).unwrap();
    set(&metrics, 65.0);
    wait_for(&refused, 0, 1);
    set(&metrics, 45.0);
    wait_for(&refused, 1, 1);
    set(&metrics, 65.0);
    wait_for(&refused, 1, 2);
    assert_eq!(requests.try_iter().count(), 1 + 1 + 5);

    let nobody = TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap();
    let gone = notify::webhook(&metrics, impatient(nobody, "/")).unwrap();
    set(&metrics, 20.0);
    wait_for(&gone, 0, 1);
    gone.cancel();
    set(&metrics, 65.0);
    wait_for(&delivery, 6, 0);
    assert_eq!(gone.failed(), 1);
}

/// A real Alertmanager that tells a receiver of ours what it makes of the alerts; it ends with the test.
struct Alertmanager {
    process: Child,
    address: SocketAddr,
    _files: tempfile::TempDir,
}

impl Alertmanager {
    fn start(receiver: SocketAddr) -> Self {
        let files = tempfile::tempdir().unwrap();
        let config = files.path().join("alertmanager.yml");
        let text = format!(
            "route: {{receiver: test, group_by: ['...'], group_wait: 0s, group_interval: 1s}}\n\
             receivers: [{{name: test, webhook_configs: [{{url: 'http://{receiver}/', send_resolved: true}}]}}]\n"
        );
        std::fs::write(&config, text).unwrap();
        // Free a moment ago; Alertmanager takes no 0.
        let address = TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap();
        let process = Command::new("prometheus-alertmanager")
            .arg(format!("--config.file={}", config.display()))
            .arg(format!("--storage.path={}", files.path().join("data").display()))
            .arg(format!("--web.listen-address={address}"))
            .arg("--cluster.listen-address=")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("prometheus-alertmanager is installed");
        let manager = Self { process, address, _files: files };
        wait("alertmanager", || TcpStream::connect(address).is_ok());
        manager
    }
}

impl Drop for Alertmanager {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
#[ignore = "needs prometheus-alertmanager; ci/test.sh runs it"]
fn alertmanager_hears_what_is_firing_and_what_is_resolved() {
    let (receiver, told) = receiver(Vec::new());
    let manager = Alertmanager::start(receiver);
    let metrics = metrics();
    let to = Destination::new(format!("http://{}", manager.address)).unwrap();
    let delivery = notify::alertmanager(&metrics, to).unwrap();
    let next = |status: &str, severity: &str| {
        let deadline = Instant::now() + DEADLINE;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let (_, body) =
                told.recv_timeout(left).unwrap_or_else(|_| panic!("not told: {status} {severity}"));
            let alerts = body["alerts"].as_array().unwrap();
            let is_it = |alert: &&Value| alert["status"] == status && alert["labels"]["severity"] == severity;
            if let Some(alert) = alerts.iter().find(is_it) {
                return alert.clone();
            }
        }
    };
    set(&metrics, 45.0);
    let firing = next("firing", "warning");
    assert_eq!(
        firing["labels"],
        json!({
            "alertname": "cabin", "service": "car", "instance": "a", "metric": "cabin", "severity": "warning",
        })
    );
    assert_eq!(firing["annotations"], json!({"description": "Cabin hot", "value": "45", "threshold": "40"}));
    set(&metrics, 65.0);
    next("firing", "critical");
    set(&metrics, 20.0);
    next("resolved", "critical");
    wait_for(&delivery, 3, 0);
}
