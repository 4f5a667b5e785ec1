//! Real engines, each on loopback with a folder of its own.

use std::fs;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

use super::http;

/// Longer than anything here may take on a busy machine.
pub(crate) const DEADLINE: Duration = Duration::from_secs(60);

/// A server that can be ended and started again with what it has; it ends with the test.
pub(crate) struct Server {
    kind: Kind,
    pub(crate) address: SocketAddr,
    files: TempDir,
    process: Option<Child>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    InfluxDb,
    VictoriaMetrics,
}

impl Server {
    pub(crate) fn start(kind: Kind) -> Self {
        Self::start_with(kind, false)
    }

    /// An InfluxDB that asks who it is.
    pub(crate) fn with_users() -> Self {
        Self::start_with(Kind::InfluxDb, true)
    }

    fn start_with(kind: Kind, has_users: bool) -> Self {
        let files = tempfile::tempdir().unwrap();
        // Free a moment ago; the servers take no 0.
        let [address, other] =
            [(); 2].map(|()| TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap());
        if kind == Kind::InfluxDb {
            let config = influx_config(files.path(), address, other, has_users);
            fs::write(files.path().join("influxd.conf"), config).unwrap();
        }
        let mut server = Self { kind, address, files, process: None };
        server.start_again();
        server
    }

    pub(crate) fn start_again(&mut self) {
        let files = self.files.path();
        let mut command = match self.kind {
            Kind::InfluxDb => {
                let mut command = Command::new("influxd");
                command.arg("-config").arg(files.join("influxd.conf"));
                command
            }
            Kind::VictoriaMetrics => {
                let mut command = Command::new("victoria-metrics");
                command
                    .arg(format!("-storageDataPath={}", files.join("data").display()))
                    .arg(format!("-httpListenAddr={}", self.address))
                    .args(["-retentionPeriod=100d", "-influxTrimTimestamp=1ms", "-memory.allowedPercent=5"])
                    .args(["-dedup.minScrapeInterval=1ms", "-search.latencyOffset=0s"]);
                command
            }
        };
        let process = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        self.process =
            Some(process.unwrap_or_else(|error| panic!("{:?} is not installed: {error}", self.kind)));
        let ping = if self.kind == Kind::InfluxDb { "/ping" } else { "/health" };
        wait("the engine is up", || http::get(self.address, ping).is_some_and(|(status, _)| status < 300));
    }

    /// InfluxDB without warning; VictoriaMetrics properly, for it does not write what it takes to the disk at once.
    pub(crate) fn end(&mut self) {
        let Some(mut process) = self.process.take() else { return };
        match self.kind {
            Kind::InfluxDb => process.kill().unwrap(),
            Kind::VictoriaMetrics => {
                let asked = Command::new("kill").arg("-TERM").arg(process.id().to_string()).status();
                assert!(asked.unwrap().success());
            }
        }
        process.wait().unwrap();
    }

    /// Time and value of each point of an instance that the engine has, in their order.
    pub(crate) fn points(&self, instance: &str) -> Vec<(u64, f64)> {
        let mut points = match self.kind {
            Kind::InfluxDb => self.points_of_influx(instance),
            Kind::VictoriaMetrics => self.points_of_victoria(instance),
        };
        points.sort_by_key(|(at, _)| *at);
        points
    }

    fn points_of_influx(&self, instance: &str) -> Vec<(u64, f64)> {
        let asked =
            format!("SELECT queue_size FROM raw_7d.performance_metrics WHERE instance = '{instance}'");
        let answer = self.query(&asked);
        let rows = answer["results"][0]["series"][0]["values"].as_array().cloned().unwrap_or_default();
        rows.iter().map(|row| (row[0].as_u64().unwrap(), row[1].as_f64().unwrap())).collect()
    }

    /// An answer of InfluxQL.
    pub(crate) fn query(&self, statement: &str) -> Value {
        let path = format!("/query?db=perf&epoch=ms&q={}", http::encoded(statement));
        let (status, body) = http::get(self.address, &path).expect("InfluxDB answers");
        assert_eq!(status, 200, "{statement}: {body}");
        serde_json::from_str(&body).unwrap()
    }

    fn points_of_victoria(&self, instance: &str) -> Vec<(u64, f64)> {
        let series = http::encoded(&format!("performance_metrics_queue_size{{instance=\"{instance}\"}}"));
        let path = format!("/api/v1/export?match[]={series}");
        let (status, body) = http::get(self.address, &path).expect("VictoriaMetrics answers");
        assert_eq!(status, 200, "{body}");
        let mut points = Vec::new();
        for line in body.lines() {
            let series: Value = serde_json::from_str(line).unwrap();
            let [values, times] =
                ["values", "timestamps"].map(|name| series[name].as_array().unwrap().clone());
            let number = |value: &Value| value.as_f64().unwrap();
            points.extend(times.iter().zip(&values).map(|(at, value)| (at.as_u64().unwrap(), number(value))));
        }
        points
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(mut process) = self.process.take() {
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}

fn influx_config(files: &Path, address: SocketAddr, rpc: SocketAddr, has_users: bool) -> String {
    let folder = |name: &str| files.join(name).display().to_string();
    format!(
        "reporting-disabled = true\nbind-address = \"{rpc}\"\n\
         [meta]\ndir = {:?}\n\
         [data]\ndir = {:?}\nwal-dir = {:?}\nquery-log-enabled = false\n\
         [monitor]\nstore-enabled = false\n\
         [http]\nbind-address = \"{address}\"\nlog-enabled = false\nauth-enabled = {has_users}\n",
        folder("meta"),
        folder("data"),
        folder("wal"),
    )
}

pub(crate) fn wait(what: &str, mut is_so: impl FnMut() -> bool) {
    wait_for(|| (!is_so()).then(|| what.to_owned()));
}

/// Waits until nothing is missing.
pub(crate) fn wait_for(mut missing: impl FnMut() -> Option<String>) {
    let deadline = Instant::now() + DEADLINE;
    while let Some(missing) = missing() {
        assert!(Instant::now() < deadline, "not in time: {missing}");
        sleep(Duration::from_millis(20));
    }
}
