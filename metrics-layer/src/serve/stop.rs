//! The end of a server, told to everything that it started.

use tokio::sync::watch;

/// Tells when a server stops. The server waits, for a moment, until all of them are dropped.
#[derive(Clone, Debug)]
pub(crate) struct Stop(watch::Receiver<bool>);

/// Told by whoever drops or [uses](Self::stop) it.
#[cfg(any(feature = "listener", test))]
#[derive(Debug)]
pub(crate) struct Stopper(watch::Sender<bool>);

impl Stop {
    #[cfg(any(feature = "listener", test))]
    pub(crate) fn new() -> (Stopper, Self) {
        let (sender, receiver) = watch::channel(false);
        (Stopper(sender), Self(receiver))
    }

    pub(crate) async fn requested(&mut self) {
        // An error means that the stopper is gone, which is a request too.
        let _ = self.0.wait_for(|stopped| *stopped).await;
    }
}

#[cfg(any(feature = "listener", test))]
impl Stopper {
    pub(crate) fn stop(&self) {
        self.0.send_replace(true);
    }

    /// Resolves when every [`Stop`] is dropped.
    pub(crate) async fn all_gone(&self) {
        self.0.closed().await;
    }
}
