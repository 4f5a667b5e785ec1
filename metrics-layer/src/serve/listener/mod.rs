//! A server of the handler's own.

mod connection;
mod timely;

#[cfg(test)]
mod tests;

use std::io;
use std::net::{SocketAddr, TcpListener, ToSocketAddrs};
use std::process;
use std::sync::{Arc, mpsc};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use tokio::runtime::Runtime;
use tokio::sync::{Semaphore, oneshot};
use tokio::time::{sleep, timeout};

use super::Handler;
use super::stop::Stop;

/// Connections at once: 64 live clients and some scrapers. Others wait in the operating system's queue.
const MAX_CONNECTIONS: usize = 256;

/// How long open requests and live clients may hold up the end.
const GRACE: Duration = Duration::from_millis(500);

/// Before the next try when the process has no descriptor left for a connection.
const ACCEPT_RETRY: Duration = Duration::from_millis(100);

/// A running server of a [`Handler`]; made by [`Handler::serve`]. Dropping it tells it to stop.
#[derive(Debug)]
#[must_use = "dropping it stops the server"]
pub struct Server {
    address: SocketAddr,
    /// Dropping it is the request to stop.
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
    /// Where the thread is: a forked child has none.
    process: u32,
}

impl Handler {
    /// Serves this handler on an address of its own, over HTTP/1.1 and WebSockets, until the [`Server`] is dropped.
    ///
    /// It needs no async runtime: one thread with a small runtime of its own does everything. So it answers
    /// also when the application's runtime is stuck, which is when one wants to look.
    ///
    /// A client that sends its request's head slower than in 10 s is cut off, and one that takes nothing of its answer for
    /// 30 s; at most 256 are connected, and each connection ends after five minutes. Live clients stay, and are counted
    /// apart: at most as many as [`max_live_clients`](crate::Builder::max_live_clients) says.
    ///
    /// # Errors
    /// When the address is taken or not allowed, or the system gives no thread.
    ///
    /// # Examples
    /// ```
    /// use metrics_layer::Metrics;
    ///
    /// let metrics = Metrics::builder().allow_loopback().build()?;
    /// let server = metrics.serve("127.0.0.1:0")?;
    /// println!("http://{}/dashboard/performance", server.local_addr());
    /// server.shutdown();
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Source
    /// CON-20, E-20; THREATS 56 and 61.
    pub fn serve(&self, address: impl ToSocketAddrs) -> io::Result<Server> {
        let listener = TcpListener::bind(address)?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let (stop, stopped) = oneshot::channel();
        let (tell, started) = mpsc::channel();
        let handler = self.clone();
        let thread = thread::Builder::new().name("metrics-server".to_owned()).spawn(move || {
            // Made on its own thread, because a runtime must not be dropped within another one.
            match start(listener) {
                Ok((runtime, listener)) => {
                    let _ = tell.send(Ok(()));
                    runtime.block_on(run(listener, handler, stopped));
                }
                Err(error) => drop(tell.send(Err(error))),
            }
        })?;
        let ended = || io::Error::other("the server's thread ended");
        started.recv().unwrap_or_else(|_| Err(ended()))?;
        Ok(Server { address, stop: Some(stop), thread: Some(thread), process: process::id() })
    }
}

impl Server {
    /// The address it listens on, with the port that was chosen if 0 was asked for.
    #[must_use]
    pub fn local_addr(&self) -> SocketAddr {
        self.address
    }

    /// Stops it, and waits for the end: half a second for open requests, which are then cut off. Live clients
    /// are told (close code 1001).
    ///
    /// From async code use [`drop`], or `spawn_blocking`, unless half a second does not matter.
    pub fn shutdown(mut self) {
        self.stop = None;
        if self.process == process::id()
            && let Some(thread) = self.thread.take()
        {
            // A panic of the thread was printed already.
            let _ = thread.join();
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if self.process != process::id() {
            // Another thread may have its handle by now, which would be detached.
            std::mem::forget(self.thread.take());
        }
    }
}

fn start(listener: TcpListener) -> io::Result<(Runtime, tokio::net::TcpListener)> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let inside = runtime.enter();
    let listener = tokio::net::TcpListener::from_std(listener)?;
    drop(inside);
    Ok((runtime, listener))
}

/// Accepts until it is told to stop, and then waits for those who are connected.
async fn run(listener: tokio::net::TcpListener, handler: Handler, stopped: oneshot::Receiver<()>) {
    let (stopper, stop) = Stop::new();
    tokio::select! {
        () = accept(&listener, &handler, stop) => {}
        // An error is a dropped server: the usual way to stop.
        _ = stopped => {}
    }
    // New clients are refused from here on.
    drop(listener);
    stopper.stop();
    let _ = timeout(GRACE, stopper.all_gone()).await;
}

async fn accept(listener: &tokio::net::TcpListener, handler: &Handler, stop: Stop) {
    let places = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    loop {
        let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
        match listener.accept().await {
            Ok((stream, peer)) => {
                // Frames are whole messages: waiting for more would only delay them. Without it they still arrive.
                let _ = stream.set_nodelay(true);
                let connection = connection::serve(stream, handler.clone(), peer, stop.clone());
                tokio::spawn(async move {
                    connection.await;
                    drop(place);
                });
            }
            Err(error) => {
                tracing::debug!(%error, "no connection was accepted");
                sleep(ACCEPT_RETRY).await;
            }
        }
    }
}
