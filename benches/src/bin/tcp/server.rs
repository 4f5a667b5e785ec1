//! The servers that are compared: one router, without and with a layer, on a thread of its own process.

use std::io::{self, Read, Write};
use std::net::Ipv4Addr;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::{env, process};

use axum::Router;
use metrics_bench::peers::axum_otel_metrics;
use metrics_bench::requests::noop::Whole;
use metrics_bench::{busy, ours, requests};
use tokio::net::TcpListener;

/// A router under a name.
pub(crate) type Named = (&'static str, fn() -> Router);

/// What is compared; the first is the baseline of the others.
pub(crate) const SERVERS: [Named; 4] = [
    ("bare", requests::router),
    ("no-op layer", || requests::router().layer(Whole("none"))),
    ("layer", || requests::router().layer(ours::metrics().layer())),
    ("axum-otel-metrics", || axum_otel_metrics::with_layer(requests::router())),
];

/// Serves that router on a free port, which it writes, until standard input ends.
pub(crate) fn serve(router: Router) -> io::Result<()> {
    thread::spawn(|| {
        let _ = io::stdin().read_to_end(&mut Vec::new());
        process::exit(0);
    });
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        println!("{:05}", listener.local_addr()?.port());
        io::stdout().flush()?;
        axum::serve(listener, router).await
    })
}

/// A server in a process of its own; ends when dropped.
#[derive(Debug)]
pub(crate) struct Running {
    child: Child,
    pub(crate) port: u16,
}

impl Running {
    pub(crate) fn start(name: &str) -> io::Result<Self> {
        let mut child = Command::new(env::current_exe()?)
            .args(["--serve", name])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut port = [0; 5];
        child.stdout.take().ok_or(io::ErrorKind::BrokenPipe)?.read_exact(&mut port)?;
        let port = String::from_utf8_lossy(&port).parse().map_err(io::Error::other)?;
        Ok(Self { child, port })
    }

    /// Time on the processors so far, of all its threads.
    pub(crate) fn busy_ns(&self) -> u64 {
        busy::threads_ns(self.child.id()).map(|(_, ns)| ns).sum()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}
