//! A destination, for a thread that waits.

use std::io;

use http::Method;
use tokio::runtime::{Builder, Runtime};

use crate::client::{Answer, ClientError, Destination, Message, exchange};

/// Sends messages and waits for their answers.
///
/// The runtime is made on first use and goes with the link, both on the thread that waits: one of tokio must not be
/// dropped by a task.
#[derive(Debug)]
pub(super) struct Link {
    to: Destination,
    runtime: Option<Runtime>,
}

impl Link {
    pub(super) fn new(to: Destination) -> Self {
        Self { to, runtime: None }
    }

    /// # Errors
    /// When there is no answer in time.
    pub(super) fn send(&mut self, message: &Message, max_body: usize) -> Result<Answer, ClientError> {
        let Self { to, runtime } = self;
        let made = match runtime.take() {
            Some(runtime) => runtime,
            None => new_runtime().map_err(|error| ClientError::Connection(error.into()))?,
        };
        runtime.insert(made).block_on(exchange(to, message, max_body))
    }

    /// Asks for a document.
    ///
    /// # Errors
    /// As [`send`](Self::send).
    pub(super) fn get(&mut self, below: String, max_body: usize) -> Result<Answer, ClientError> {
        let message =
            Message { method: Method::GET, below, headers: Default::default(), body: Default::default() };
        self.send(&message, max_body)
    }
}

fn new_runtime() -> io::Result<Runtime> {
    Builder::new_current_thread().enable_io().enable_time().build()
}
