//! A real Prometheus server.

use std::net::{SocketAddr, TcpListener};
use std::process::{Child, Command, Stdio};

use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt, Full};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpStream;

/// A Prometheus server that scrapes once a second, and ends with the test.
pub(crate) struct Prometheus {
    process: Child,
    address: SocketAddr,
    _files: tempfile::TempDir,
}

impl Prometheus {
    /// One that scrapes these jobs, each with a path.
    pub(crate) fn start(target: SocketAddr, jobs: &[(&str, &str)]) -> Self {
        let files = tempfile::tempdir().unwrap();
        let config = files.path().join("prometheus.yml");
        let mut text = "global: {scrape_interval: 1s, scrape_timeout: 1s}\nscrape_configs:\n".to_owned();
        for (job, path) in jobs {
            text += &format!(
                "  - {{job_name: {job}, metrics_path: {path}, static_configs: [{{targets: ['{target}']}}]}}\n"
            );
        }
        std::fs::write(&config, text).unwrap();
        // Free a moment ago; Prometheus takes no 0.
        let address = TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap();
        let process = Command::new("prometheus")
            .arg(format!("--config.file={}", config.display()))
            .arg(format!("--storage.tsdb.path={}", files.path().join("data").display()))
            .arg(format!("--web.listen-address={address}"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("prometheus is installed");
        Self { process, address, _files: files }
    }

    /// The values of an instant query, by job; `None` as long as it does not answer.
    pub(crate) async fn ask(&self, query: &str) -> Option<Vec<(String, f64)>> {
        let stream = TokioIo::new(TcpStream::connect(self.address).await.ok()?);
        let (mut sender, connection) = hyper::client::conn::http1::handshake(stream).await.ok()?;
        tokio::spawn(connection);
        let request = Request::post("/api/v1/query")
            .header("host", "localhost")
            .header("content-type", "application/x-www-form-urlencoded")
            .body(Full::<Bytes>::from(format!("query={}", encoded(query))))
            .unwrap();
        let body = sender.send_request(request).await.ok()?.into_body().collect().await.ok()?.to_bytes();
        let answer: Value = serde_json::from_slice(&body).ok()?;
        assert_eq!(answer["status"], "success", "{query}: {answer}");
        let result = answer["data"]["result"].as_array()?;
        let value = |found: &Value| {
            let job = found["metric"]["job"].as_str().unwrap_or_default().to_owned();
            (job, found["value"][1].as_str().unwrap().parse().unwrap())
        };
        Some(result.iter().map(value).collect())
    }
}

fn encoded(query: &str) -> String {
    query.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
