//! An example program as a subprocess: started, asked over HTTP, stopped.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::thread::{JoinHandle, sleep, spawn};
use std::time::{Duration, Instant, SystemTime};

use serde_json::Value;

/// How long anything may take that a busy machine can hold up.
pub(crate) const PATIENCE: Duration = Duration::from_secs(40);

/// A running example; dropping it kills it.
pub(crate) struct Service {
    child: Child,
    /// `host:port`.
    pub(crate) address: String,
    stdout: Output,
    stderr: Output,
}

/// What a process writes, collected while it runs.
struct Output {
    text: Arc<Mutex<String>>,
    reader: Option<JoinHandle<()>>,
}

/// An answer to an HTTP request.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: String,
}

/// What a process left behind.
pub(crate) struct Ended {
    pub(crate) status: ExitStatus,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

// === impl Service ===

impl Service {
    /// Starts an example, which has to choose a free port, and waits for the address that it prints.
    pub(crate) fn start(example: &str, arguments: &[&str]) -> Self {
        Self::start_with(example, &[], arguments)
    }

    /// The same with these variables set.
    pub(crate) fn start_with(example: &str, variables: &[(&str, &str)], arguments: &[&str]) -> Self {
        let mut child = command(example)
            .envs(variables.iter().copied())
            .args(arguments)
            .spawn()
            .unwrap_or_else(|error| panic!("the example does not start: {error}"));
        let (stdout, lines) = Output::of(child.stdout.take().unwrap());
        let (stderr, _) = Output::of(child.stderr.take().unwrap());
        let mut service = Self { child, address: String::new(), stdout, stderr };
        service.address = service.printed_address(&lines);
        service
    }

    fn printed_address(&mut self, lines: &Receiver<String>) -> String {
        let deadline = Instant::now() + PATIENCE;
        while let Ok(line) = lines.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            let url = line.split_once("http://").and_then(|(_, rest)| rest.split_once('/'));
            if let Some((address, _)) = url {
                return address.to_owned();
            }
        }
        panic!("no address was printed; stderr: {}", self.stderr.text.lock().unwrap());
    }

    pub(crate) fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, &[], "")
    }

    pub(crate) fn put(&self, path: &str, body: &str) -> Answer {
        self.ask("PUT", path, &[], body)
    }

    /// One request on a connection of its own.
    pub(crate) fn ask(&self, method: &str, path: &str, headers: &[&str], body: &str) -> Answer {
        let mut headers = headers.join("\r\n");
        if !headers.contains("Host:") {
            headers = format!("Host: {}\r\n{headers}", self.address);
        }
        let request = format!(
            "{method} {path} HTTP/1.1\r\n{}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
            headers.trim_end(),
            body.len()
        );
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).unwrap();
        Answer::parse(&String::from_utf8_lossy(&bytes))
    }

    /// Sends a signal such as `TERM`.
    pub(crate) fn signal(&self, signal: &str) {
        let sent = Command::new("kill").args([&format!("-{signal}"), &self.child.id().to_string()]).status();
        assert!(sent.unwrap().success());
    }

    /// Sends `signal` and waits for the end.
    pub(crate) fn stop(self, signal: &str) -> Ended {
        self.signal(signal);
        self.ended()
    }

    /// Waits for the end.
    pub(crate) fn ended(mut self) -> Ended {
        let status = wait(&mut self.child);
        Ended { status, stdout: self.stdout.all(), stderr: self.stderr.all() }
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // Both fail if it ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

// === impl Output ===

impl Output {
    /// Collects `pipe` on a thread, which also hands out the lines.
    fn of(pipe: impl Read + Send + 'static) -> (Self, Receiver<String>) {
        let text = Arc::new(Mutex::new(String::new()));
        let (sender, lines) = channel();
        let collected = Arc::clone(&text);
        let reader = spawn(move || {
            for line in BufReader::new(pipe).lines().map_while(Result::ok) {
                collected.lock().unwrap().push_str(&format!("{line}\n"));
                // Nobody may listen any more.
                let _ = sender.send(line);
            }
        });
        let reader = Some(reader);
        (Self { text, reader }, lines)
    }

    /// Everything, once the process is gone.
    fn all(&mut self) -> String {
        if let Some(reader) = self.reader.take() {
            reader.join().unwrap();
        }
        self.text.lock().unwrap().clone()
    }
}

// === impl Answer ===

impl Answer {
    fn parse(text: &str) -> Self {
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or((text, ""));
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
        Self { status: status.unwrap_or_else(|| panic!("no HTTP answer: {text}")), body: body.to_owned() }
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }
}

/// Runs an example to its end with these variables set.
pub(crate) fn run(example: &str, variables: &[(&str, &str)], arguments: &[&str]) -> Ended {
    let mut command = command(example);
    command.envs(variables.iter().copied()).args(arguments);
    let mut child = command.spawn().unwrap();
    let (mut stdout, _) = Output::of(child.stdout.take().unwrap());
    let (mut stderr, _) = Output::of(child.stderr.take().unwrap());
    let status = wait(&mut child);
    Ended { status, stdout: stdout.all(), stderr: stderr.all() }
}

/// Asks until `found` gives something.
pub(crate) fn poll<T>(what: &str, mut found: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(value) = found() {
            return value;
        }
        assert!(Instant::now() < deadline, "{what}: not within {PATIENCE:?}");
        sleep(Duration::from_millis(50));
    }
}

fn wait(child: &mut Child) -> ExitStatus {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return status;
        }
        if Instant::now() > deadline {
            let _ = child.kill();
            panic!("the example did not end within {PATIENCE:?}");
        }
        sleep(Duration::from_millis(10));
    }
}

/// An example, with none of the variables that it reads.
pub(crate) fn command(example: &str) -> Command {
    let mut command = Command::new(executable(example));
    for name in ["LIDAR_ENABLE_METRICS", "METRICS_ENABLED", "METRICS_SERVICE", "METRICS_BROADCAST_HZ"] {
        command.env_remove(name);
    }
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// The example beside this test. `cargo test` builds it; `cargo test --test NAME` does not, so it is built here if it
/// is missing or older than what it is made of.
fn executable(example: &str) -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let profile = test.parent().and_then(Path::parent).unwrap();
    let file = format!("{example}{}", std::env::consts::EXE_SUFFIX);
    let path = profile.join("examples").join(file);
    // Tests run at the same time; cargo's own lock makes them wait for one another.
    if modified(&path) < newest_source(example) {
        build(example, profile);
    }
    path
}

fn newest_source(example: &str) -> Option<SystemTime> {
    let root = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
    let crates = ["metrics-core/src", "metrics-layer/src", "metrics-macros/src"].map(|name| root.join(name));
    let folders = crates.into_iter().chain([root.join("examples").join(example)]);
    folders.filter_map(|folder| newest_in(&folder)).max()
}

fn newest_in(folder: &Path) -> Option<SystemTime> {
    let entries = std::fs::read_dir(folder).ok()?.filter_map(Result::ok).map(|entry| entry.path());
    entries.filter_map(|path| if path.is_dir() { newest_in(&path) } else { modified(&path) }).max()
}

/// `None`, which is before everything, if there is no such file.
fn modified(path: &Path) -> Option<SystemTime> {
    path.metadata().and_then(|metadata| metadata.modified()).ok()
}

fn build(example: &str, profile: &Path) {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["build", "--package", "metrics-layer", "--example", example]);
    cargo.arg("--target-dir").arg(profile.parent().unwrap());
    if profile.ends_with("release") {
        cargo.arg("--release");
    }
    assert!(cargo.status().unwrap().success(), "the example does not build");
}
