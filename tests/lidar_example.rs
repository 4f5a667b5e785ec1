//! The lidar example as its users meet it: a process that is started, asked, watched and stopped.

#![allow(clippy::unwrap_used, reason = "a helper of a test fails the test")]

#[path = "support/example.rs"]
mod example;
#[path = "lidar_example/scans.rs"]
mod scans;

use futures_util::StreamExt;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio::sync::RwLock;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use example::{Ended, PATIENCE, Service, poll};

const NODES: [&str; 7] = [
    "source",
    "crop",
    "voxel_downsample",
    "statistical_outlier_removal",
    "ground_segmentation",
    "clustering",
    "broadcast",
];

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// Held for writing by the test that measures rates, so that no other one keeps the machine busy.
static QUIET: RwLock<()> = RwLock::const_new(());

/// The example on a free port.
fn start(arguments: &[&str]) -> Service {
    Service::start("lidar", &[&["--port", "0"], arguments].concat())
}

/// The example run to its end.
fn run(arguments: &[&str]) -> Ended {
    run_with(&[], arguments)
}

fn run_with(variables: &[(&str, &str)], arguments: &[&str]) -> Ended {
    example::run("lidar", variables, arguments)
}

/// A live service over a small generated scan; the folder has to outlive it.
fn live(arguments: &[&str]) -> (Service, TempDir) {
    let folder = TempDir::new().unwrap();
    let scan = scans::write(folder.path(), "street.bin", &scans::kitti(&scans::street()));
    (start(&[&["--scan", &scan], arguments].concat()), folder)
}

async fn open(service: &Service, path: &str) -> Socket {
    let (socket, _) = connect_async(format!("ws://{}{path}", service.address)).await.unwrap();
    socket
}

async fn next(socket: &mut Socket) -> Message {
    let message = tokio::time::timeout(PATIENCE, socket.next()).await;
    message.expect("a message in time").expect("an open socket").unwrap()
}

/// Frame number and number of points of a message, whose layout is checked.
fn decode(message: &Message) -> (u64, usize) {
    let Message::Binary(bytes) = message else { panic!("not binary: {message:?}") };
    let (header, points) = bytes.split_at(32);
    assert_eq!(&header[..4], b"LIDR");
    assert_eq!((header[4], header[5]), (2, 0), "version");
    let number = u64::from_le_bytes(header[8..16].try_into().unwrap());
    let time = f64::from_le_bytes(header[16..24].try_into().unwrap());
    let count = u32::from_le_bytes(header[24..28].try_into().unwrap()) as usize;
    assert!(time > 1.7e9, "{time} is no time of today");
    assert_eq!(points.len(), count * 16);
    for axis in points.chunks_exact(4) {
        assert!(f32::from_le_bytes(axis.try_into().unwrap()).abs() <= 100.0);
    }
    (number, count)
}

fn node<'a>(metrics: &'a Value, id: &str) -> &'a Value {
    let nodes = metrics["dag"]["nodes"].as_array().unwrap();
    let found = nodes.iter().find(|node| node["node_id"] == id);
    found.unwrap_or_else(|| panic!("no node {id} in {metrics}"))
}

fn topic(service: &Service, name: &str, field: &str) -> f64 {
    let topics = service.get("/api/metrics/websocket").json();
    topics["topics"][name][field].as_f64().unwrap_or(0.0)
}

/// The line of the report that begins with `name`, as words.
fn row<'a>(report: &'a str, name: &str) -> Vec<&'a str> {
    let is_row = |line: &&str| line.strip_prefix(name).is_some_and(|rest| rest.starts_with("  "));
    let line = report.lines().find(is_row);
    let line = line.unwrap_or_else(|| panic!("no line {name} in {report}"));
    line[name.len()..].split_whitespace().collect()
}

/// Every node was called `frames` times without errors, its time adds up, and operations took time.
fn check_report(ended: &Ended, frames: &str) {
    let report = &ended.stdout;
    assert_eq!(ended.status.code(), Some(0), "{report}{}", ended.stderr);
    for id in NODES {
        let row = row(report, id);
        assert_eq!((row[0], row[1], row[7]), (frames, "0", "0"), "{id} in {report}");
    }
    let points = |id| row(report, id)[4].parse::<u64>().unwrap();
    assert!(points("voxel_downsample") < points("source"), "{report}");
    let operations: Vec<_> = report.lines().filter(|line| line.contains(" / ")).skip(1).collect();
    assert!(operations.len() >= 14, "{report}");
    for operation in operations {
        let words: Vec<_> = operation.split_whitespace().collect();
        let average_ms: f64 = words.last().unwrap().parse().unwrap();
        assert!(average_ms > 0.0 && words[3] == frames, "{operation}");
    }
    let difference = row(report, "  difference from the last frames")[0];
    assert!(difference.parse::<f64>().unwrap().abs() <= 10.0, "{report}");
}

#[tokio::test(flavor = "multi_thread")]
async fn viewers_get_every_frame_and_topics_show_it() {
    let _quiet = QUIET.write().await;
    let (service, _folder) = live(&[]);
    // Less work a frame: without optimisation the whole of it takes longer than a tenth of a second on some machines.
    let lighter = r#"{"statistical_outlier_removal": {"neighbours": 3}}"#;
    assert_eq!(service.put("/api/pipeline", lighter).status, 200);
    let mut points = open(&service, "/ws/points").await;
    let mut metrics = open(&service, "/ws/system_metrics").await;
    let drain = tokio::spawn(async move {
        let mut numbers = Vec::new();
        for _ in 0..45 {
            let (number, count) = decode(&next(&mut points).await);
            assert!(count > 0 && count < scans::POINTS);
            numbers.push(number);
        }
        (points, numbers)
    });
    let frame = loop {
        let frame: Value = serde_json::from_str(next(&mut metrics).await.to_text().unwrap()).unwrap();
        // The first one may come before the first cloud.
        if frame["dag"]["nodes"].as_array().unwrap().len() == NODES.len() {
            break frame;
        }
    };
    let live = tokio::spawn(async move { while metrics.next().await.is_some() {} });

    poll("10 frames a second", || {
        (9.0..=11.0).contains(&topic(&service, "points", "messages_per_sec")).then_some(())
    });
    poll("1 snapshot a second", || {
        (0.8..=1.2).contains(&topic(&service, "system_metrics", "messages_per_sec")).then_some(())
    });
    for name in ["points", "system_metrics"] {
        assert_eq!(topic(&service, name, "active_connections"), 1.0, "{name}");
    }
    assert_eq!(service.get("/ws/topics").json(), json!(["points"]));

    let (points, numbers) = drain.await.unwrap();
    assert!(numbers.is_sorted_by(|a, b| a < b), "{numbers:?}");
    // A machine that is too busy for ten frames a second throttles them, and says so.
    let now = service.get("/api/metrics").json();
    let throttled: u64 = NODES.iter().map(|id| node(&now, id)["throttled_count"].as_u64().unwrap()).sum();
    let left_out = numbers.last().unwrap() - numbers[0] + 1 - numbers.len() as u64;
    assert!(left_out <= throttled + 15, "{left_out} left out, {throttled} throttled: {numbers:?}");
    drop(points);
    live.abort();
    poll("both viewers counted out", || {
        let topics = service.get("/api/metrics/websocket").json();
        (topics["total_connections"] == 0).then_some(())
    });

    let now = service.get("/api/metrics").json();
    let keys = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(keys(&now), keys(&frame));
    for id in NODES {
        let calls = |metrics| node(metrics, id)["calls_total"].as_u64().unwrap();
        assert!(calls(&now) > calls(&frame), "{id} stands still");
        assert_eq!(keys(node(&now, id)), keys(node(&frame, id)));
    }
    assert_eq!(node(&now, "source")["last_point_count"], scans::POINTS);
    let paths: Vec<_> = now["endpoints"].as_array().unwrap().iter().map(|route| &route["path"]).collect();
    assert!(paths.contains(&&json!("/api/metrics/websocket")), "{paths:?}");
    assert_eq!(service.stop("TERM").status.code(), Some(0));
}

#[test]
fn scans_nodes_and_parameters_are_shown_and_parameters_are_changed() {
    let _quiet = QUIET.blocking_read();
    let mut points = scans::street();
    points[0][1] = f32::NAN;
    let folder = TempDir::new().unwrap();
    let scan = scans::write(folder.path(), "street.bin", &scans::kitti(&points));
    let service = start(&["--scan", &scan]);

    let shown = json!({"scans": [
        {"source": scan, "format": "kitti", "points": scans::POINTS - 1, "dropped_non_finite": 1}
    ]});
    assert_eq!(service.get("/api/scans").json(), shown);
    let nodes = service.get("/api/nodes").json();
    let ids: Vec<_> = nodes["nodes"].as_array().unwrap().iter().map(|node| &node["id"]).collect();
    assert_eq!(ids, NODES);
    assert_eq!(nodes["nodes"][1]["inputs"], json!(["source"]));
    assert!(service.get("/").body.contains("/dashboard/performance"));

    let before = service.get("/api/pipeline").json();
    let refused = [
        (r#"{"voxel_downsample": {"leaf_m": 0}}"#, "voxel_downsample.leaf_m is 0, allowed is 0.01 to 10"),
        (r#"{"crop": {"max_range_m": 50}, "clustering": {"min_points": 0}}"#, "clustering.min_points is 0"),
        (r#"{"nonsense": 1}"#, "unknown field nonsense"),
        ("leaf_m = 1", "not JSON"),
    ];
    for (patch, detail) in refused {
        let answer = service.put("/api/pipeline", patch);
        assert_eq!(answer.status, 400, "{patch}");
        let found = answer.json()["detail"].as_str().unwrap().to_owned();
        assert!(found.starts_with(detail), "{found}");
        assert_eq!(service.get("/api/pipeline").json(), before, "{patch} was applied in part");
    }
    let large = format!("{{\"crop\": {}1}}", " ".repeat(70_000));
    assert_eq!(service.put("/api/pipeline", &large).status, 413);

    let answer = service.put("/api/pipeline", r#"{"voxel_downsample": {"leaf_m": 5}}"#);
    assert_eq!((answer.status, &answer.json()["voxel_downsample"]["leaf_m"]), (200, &json!(5.0)));
    poll("fewer points", || {
        let metrics = service.get("/api/metrics").json();
        (node(&metrics, "voxel_downsample")["last_point_count"].as_u64()? < 200).then_some(())
    });
    let ended = service.stop("INT");
    assert_eq!(ended.status.code(), Some(0));
    assert!(ended.stderr.contains("points left out"), "{}", ended.stderr);
}

#[test]
fn other_sites_are_refused() {
    let _quiet = QUIET.blocking_read();
    let (service, _folder) = live(&[]);
    let put = |headers: &[&str]| service.ask("PUT", "/api/pipeline", headers, "{}").status;
    assert_eq!(put(&["Origin: http://localhost:4200"]), 200);
    assert_eq!(put(&["Origin: http://example.org"]), 403);
    assert_eq!(put(&["Host: example.org"]), 403);
    assert_eq!(service.ask("GET", "/ws/points", &["Host: example.org"], "").status, 403);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_metrics_the_pipeline_runs_on() {
    let _quiet = QUIET.read().await;
    let (service, _folder) = live(&["--enable-metrics=false"]);
    for path in ["/api/metrics", "/api/metrics/dag", "/api/metrics/websocket"] {
        let answer = service.get(path);
        assert_eq!((answer.status, answer.json()), (503, json!({"detail": "metrics disabled"})));
    }
    let health = service.get("/api/health/performance");
    assert_eq!((health.status, &health.json()["metrics_enabled"]), (200, &json!(false)));
    assert_eq!(service.get("/ws/topics").json(), json!(["points"]));
    let mut points = open(&service, "/ws/points").await;
    let (first, _) = decode(&next(&mut points).await);
    let (second, count) = decode(&next(&mut points).await);
    assert!(second > first && count > 0);
    assert_eq!(service.stop("TERM").status.code(), Some(0));

    let ended = run(&["--enable-metrics=false", "--frames", "2", "--port", "0"]);
    assert_eq!(ended.status.code(), Some(0));
    assert!(ended.stdout.contains("metrics are off") && ended.stdout.contains("all 2 frames"));
    assert!(!ended.stdout.contains("avg_exec_ms"), "{}", ended.stdout);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_says_goodbye_to_viewers() {
    let _quiet = QUIET.read().await;
    let (service, _folder) = live(&[]);
    let mut points = open(&service, "/ws/points").await;
    next(&mut points).await;
    let stopped = tokio::task::spawn_blocking(move || service.stop("TERM"));
    let goodbye = loop {
        if let Message::Close(frame) = next(&mut points).await {
            break frame.expect("a reason");
        }
    };
    assert_eq!(u16::from(goodbye.code), 1001);
    assert_eq!(stopped.await.unwrap().status.code(), Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_viewer_that_does_not_read_is_given_up() {
    let _quiet = QUIET.read().await;
    let folder = TempDir::new().unwrap();
    // Messages of 2.4 MB, more than the system keeps for long.
    let large = scans::kitti(&scans::street()).repeat(100);
    let scan = scans::write(folder.path(), "large.bin", &large);
    let service = start(&["--scan", &scan]);
    // Nothing but sending takes time.
    let patch = r#"{"crop": {"max_range_m": 0, "min_range_m": 0}, "broadcast": {"stage": "source"}}"#;
    assert_eq!(service.put("/api/pipeline", patch).status, 200);
    let points = open(&service, "/ws/points").await;
    poll("the viewer counted in", || (topic(&service, "points", "active_connections") == 1.0).then_some(()));
    poll("the viewer counted out", || (topic(&service, "points", "active_connections") == 0.0).then_some(()));
    drop(points);
    let calls =
        |service: &Service| node(&service.get("/api/metrics").json(), "broadcast")["calls_total"].as_u64();
    let before = calls(&service);
    poll("the pipeline going on", || (calls(&service) > before).then_some(()));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_number_of_viewers_is_limited() {
    let _quiet = QUIET.read().await;
    let (service, _folder) = live(&[]);
    let mut viewers = Vec::new();
    for _ in 0..32 {
        viewers.push(open(&service, "/ws/points").await);
    }
    let one_more = connect_async(format!("ws://{}/ws/points", service.address)).await;
    assert!(matches!(one_more, Err(Error::Http(answer)) if answer.status() == 503));
    drop(viewers);
    poll("room again", || (topic(&service, "points", "active_connections") == 0.0).then_some(()));
    open(&service, "/ws/points").await;
}

#[test]
fn scans_of_every_format_run_to_the_end() {
    let _quiet = QUIET.blocking_read();
    let folder = TempDir::new().unwrap();
    for (name, bytes) in scans::every_format() {
        let scan = scans::write(folder.path(), name, &bytes);
        let ended = run(&["--scan", &scan, "--frames", "20", "--hz", "100", "--port", "0"]);
        check_report(&ended, "20");
        assert_eq!(row(&ended.stdout, "source")[4], scans::POINTS.to_string(), "{name}");
    }
    let all = folder.path().to_str().unwrap();
    check_report(&run(&["--scan", all, "--frames", "20", "--hz", "100", "--port", "0"]), "20");
}

#[test]
fn the_command_line_wins_over_the_environment() {
    let _quiet = QUIET.blocking_read();
    let off = [("LIDAR_ENABLE_METRICS", "false")];
    let frame = ["--frames", "1", "--port", "0"];
    assert!(run_with(&off, &frame).stdout.contains("metrics are off"));
    let switched_on = run_with(&off, &[&["--enable-metrics"], &frame[..]].concat());
    assert_eq!(row(&switched_on.stdout, "source")[0], "1");
}

#[test]
fn real_scans_run_to_the_end() {
    let _quiet = QUIET.blocking_read();
    for (name, points) in [("kitti_000008.bin", "17238"), ("nuscenes_lidar_top.pcd.bin", "34688")] {
        let Some(scan) = scans::real(name) else { continue };
        let ended = run(&["--scan", &scan, "--frames", "5", "--port", "0"]);
        check_report(&ended, "5");
        assert_eq!(row(&ended.stdout, "source")[4], points, "{name}");
    }
}

#[test]
fn what_cannot_be_used_ends_with_exit_code_2_and_a_message() {
    let _quiet = QUIET.blocking_read();
    let folder = TempDir::new().unwrap();
    let good = scans::kitti(&scans::street());
    let nan = scans::kitti(&[[f32::NAN; 4]; 3]);
    let pcd = [
        &b"VERSION 0.7\nFIELDS x y z\nSIZE 4 4 4\nTYPE F F F\nCOUNT 1 1 1\nWIDTH 9\nHEIGHT 1\nPOINTS 9\nDATA binary\n"[..],
        &[0; 50],
    ]
    .concat();
    let files: [(&str, &[u8], &str); 6] = [
        ("empty.bin", b"", "empty file: expected f32 x y z intensity at byte 0"),
        ("cut.bin", &good[..good.len() - 3], "truncated at byte 31984: expected a multiple of 16 bytes"),
        ("cut.pcd.bin", &good[..30], "truncated at byte 20: expected a multiple of 20 bytes"),
        ("cut.pcd", &pcd, "truncated at byte"),
        ("bad.ply", b"ply\nformat ascii 1.0\nelement vertex 1\nproperty float x\nproperty float y\nproperty float z\nend_header\n1 2 three\n", "malformed at line 8"),
        ("nan.bin", &nan, "no usable point"),
    ];
    for (name, bytes, message) in files {
        let scan = scans::write(folder.path(), name, bytes);
        check_refused(&run(&["--scan", &scan]), &[name, message]);
    }
    check_refused(&run(&["--scan", "/nowhere/a.bin"]), &["/nowhere/a.bin", "cannot be read"]);
    check_refused(&run(&["--hz", "1000"]), &["not a number from 0.1 to 100"]);
    for (name, value) in [("METRICS_BROADCAST_HZ", "100"), ("LIDAR_ENABLE_METRICS", "perhaps")] {
        check_refused(&run_with(&[(name, value)], &["--port", "0"]), &[name, value]);
    }
    let help = run(&["--help"]);
    assert_eq!(help.status.code(), Some(0));
    assert!(help.stdout.contains("LIDAR_ENABLE_METRICS") && help.stdout.contains("--enable-metrics"));
}

fn check_refused(ended: &Ended, messages: &[&str]) {
    assert_eq!(ended.status.code(), Some(2), "{}", ended.stderr);
    for message in messages {
        assert!(ended.stderr.contains(message), "no {message:?} in {}", ended.stderr);
    }
    assert!(!ended.stderr.contains("panicked"), "{}", ended.stderr);
}
