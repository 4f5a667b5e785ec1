//! Where frames come in and clients take them.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use metrics_core::__private::{caught, in_collector};
use metrics_core::{Collector, SYSTEM_METRICS_TOPIC};
use tokio::sync::watch;
use tokio_tungstenite::tungstenite::Utf8Bytes;

use super::subscription::{SubscribeError, Subscription};
use crate::serve::render::{Fault, json};

/// The most clients at a time, unless [told otherwise](Hub::with_max_clients): people who look at a page, not a
/// feed for programs. Together they hold 64 send buffers of the operating system at worst.
pub const MAX_CLIENTS: usize = 64;

/// Hands the latest frame of the live stream to every client; clones share everything.
///
/// [`Metrics`](crate::Metrics) has one, and feeds it from its sampler. One of your own can be fed from anywhere.
///
/// # Cost
/// A [`broadcast`](Self::broadcast) is one snapshot and its JSON, whatever the number of clients; nothing
/// without clients. Memory is bounded by one frame, and one per slow client.
///
/// # Examples
/// ```
/// use std::sync::Arc;
/// use metrics_layer::{Registry, live::Hub};
///
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// let (registry, hub) = (Registry::default(), Hub::new());
/// let mut client = hub.subscribe(Arc::new(registry.clone()))?;
/// let first = client.next().await.expect("a client gets a frame at once");
///
/// registry.function("load").record(std::time::Duration::from_millis(1));
/// hub.broadcast(&registry);
/// assert!(client.next().await.is_some());
/// hub.close();
/// assert!(client.next().await.is_none());
/// # Ok::<_, metrics_layer::live::SubscribeError>(()) })?;
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
///
/// # Source
/// R-02, L-02, L-05.
#[derive(Clone)]
pub struct Hub {
    shared: Arc<Shared>,
}

pub(super) struct Shared {
    slot: watch::Sender<Slot>,
    clients: AtomicUsize,
    max_clients: usize,
}

/// What clients wait for.
#[derive(Clone, Default)]
pub(super) struct Slot {
    /// `None` while there are no clients, so that nobody gets an old frame.
    pub(super) frame: Option<Utf8Bytes>,
    pub(super) closed: bool,
    /// Jobs that feed it: two for a moment, while one replaces the other.
    feeds: usize,
}

impl Hub {
    /// A hub without clients, for [`MAX_CLIENTS`] of them.
    #[must_use]
    pub fn new() -> Self {
        Self::with_max_clients(MAX_CLIENTS)
    }

    /// A hub without clients, for so many of them.
    #[must_use]
    pub fn with_max_clients(max_clients: usize) -> Self {
        let shared = Shared { slot: watch::Sender::default(), clients: AtomicUsize::new(0), max_clients };
        Self { shared: Arc::new(shared) }
    }

    /// Sends a frame with what the collector has now. Without clients, and when it is disabled, nothing
    /// happens (R-02).
    pub fn broadcast(&self, collector: &dyn Collector) {
        if self.clients() == 0 || !collector.is_enabled() {
            return;
        }
        // Said again with every frame, as a reset of the registry forgets both.
        hide_topic(collector);
        self.shared.publish_clients(collector);
        if let Some(frame) = render(collector) {
            self.shared.publish(frame);
        }
    }

    /// Takes one of the places, until the subscription is dropped. The collector counts the
    /// connection and the messages, and gives the first frame.
    ///
    /// # Errors
    /// When all places are taken, and when the hub is closed.
    pub fn subscribe(&self, collector: Arc<dyn Collector>) -> Result<Subscription, SubscribeError> {
        if !self.is_open() {
            return Err(SubscribeError::closed());
        }
        if !self.shared.take_place() {
            return Err(SubscribeError::full());
        }
        // From here on the subscription gives the place back, also when the collector panics.
        let frames = self.shared.slot.subscribe();
        let mut subscription = Subscription::new(Arc::clone(&self.shared), frames, collector);
        subscription.start();
        Ok(subscription)
    }

    /// Clients connected now.
    #[must_use]
    pub fn clients(&self) -> usize {
        self.shared.clients()
    }

    /// Whether it takes subscriptions: until it is [closed](Self::close).
    #[must_use]
    pub fn is_open(&self) -> bool {
        !self.shared.slot.borrow().closed
    }

    /// Ends every subscription, and takes no more.
    pub fn close(&self) {
        self.shared.slot.send_modify(|slot| slot.closed = true);
    }

    /// The job that feeds the hub. The hub is open while the job exists, and closes with it.
    pub(crate) fn feed(&self) -> impl FnMut(&dyn Collector) + Send + use<> {
        self.shared.slot.send_modify(|slot| {
            slot.feeds += 1;
            slot.closed = false;
        });
        let feed = Feed(self.clone());
        move |collector| feed.0.broadcast(collector)
    }
}

/// Closes the hub when the last job that feeds it is dropped: stopped, or at shutdown.
struct Feed(Hub);

impl Drop for Feed {
    fn drop(&mut self) {
        self.0.shared.slot.send_modify(|slot| {
            slot.feeds -= 1;
            slot.closed |= slot.feeds == 0;
        });
    }
}

impl Default for Hub {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Hub {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hub")
            .field("clients", &self.clients())
            .field("open", &self.is_open())
            .finish_non_exhaustive()
    }
}

// === impl Shared ===

// SeqCst throughout: connections come and go a few times a second, and `publish_clients` relies on the order
// of a count and the record of it.
impl Shared {
    pub(super) fn clients(&self) -> usize {
        self.clients.load(Ordering::SeqCst)
    }

    fn take_place(&self) -> bool {
        self.clients
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |clients| {
                (clients < self.max_clients).then_some(clients + 1)
            })
            .is_ok()
    }

    pub(super) fn give_place_back(&self) {
        if self.clients.fetch_sub(1, Ordering::SeqCst) == 1 {
            self.keep(None);
        }
    }

    /// Tells the collector how many clients there are. Whoever wrote last has seen the last count: a count that
    /// changed meanwhile is written again.
    ///
    /// A destructor calls it too, maybe while a panic is under way: another one would end the process.
    pub(super) fn publish_clients(&self, collector: &dyn Collector) {
        loop {
            let clients = self.clients();
            in_collector(|| collector.record_ws_connections(SYSTEM_METRICS_TOPIC, clients as u64));
            if clients == self.clients() {
                return;
            }
        }
    }

    /// Gives a frame to everybody; to nobody if the last client left while it was made, as the next one would find it
    /// whenever that comes. One that leaves now takes it away after this.
    fn publish(&self, frame: Utf8Bytes) {
        self.slot.send_if_modified(|slot| {
            let is_wanted = self.clients() > 0;
            if is_wanted {
                slot.frame = Some(frame);
            }
            is_wanted
        });
    }

    /// Sets the frame that the next client starts with, without waking others.
    pub(super) fn keep(&self, frame: Option<Utf8Bytes>) {
        self.slot.send_if_modified(|slot| {
            slot.frame = frame;
            false
        });
    }
}

/// Makes the topic a system topic (I-09).
pub(crate) fn hide_topic(collector: &dyn Collector) {
    if let Some(registry) = collector.registry() {
        registry.topic(SYSTEM_METRICS_TOPIC).hide();
    }
}

/// A frame: the body of `GET /api/metrics` (L-01), within the same bounds. Without one the stream stands still,
/// and the endpoint says why.
pub(super) fn render(collector: &dyn Collector) -> Option<Utf8Bytes> {
    // A collector of the application's own may panic, and takes no connection down with it.
    let bytes = caught(|| json(&collector.snapshot())).unwrap_or(Err(Fault::Failed));
    let bytes = bytes.inspect_err(|fault| tracing::debug!(?fault, "no live frame")).ok()?;
    // It is: serde_json writes UTF-8.
    Utf8Bytes::try_from(bytes).ok()
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::sync::Mutex;

    use metrics_core::{MetricsSnapshot, Registry};

    use super::*;

    /// A collector of the application's own whose records of the stream panic.
    struct Panics;

    impl Collector for Panics {
        fn record_node_exec(&self, _: &str, _: &str, _: &str, _: f64, _: u64) {}

        fn record_ws_message(&self, _: &str, _: u64) {
            panic!("a message")
        }

        fn record_ws_connections(&self, _: &str, _: u64) {
            panic!("a connection")
        }

        fn record_endpoint(&self, _: &str, _: &str, _: f64, _: u16) {}

        fn snapshot(&self) -> MetricsSnapshot {
            MetricsSnapshot::default()
        }

        fn is_enabled(&self) -> bool {
            true
        }
    }

    /// I-12.
    #[test]
    fn a_collector_that_panics_takes_no_client_down() {
        let hub = Hub::new();
        let mut client = hub.subscribe(Arc::new(Panics)).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let frame = runtime.block_on(client.next()).unwrap();
        client.sent(frame.len());
        hub.broadcast(&Panics);
        drop(client);
        assert_eq!(hub.clients(), 0);
    }

    /// A second panic, in the destructor, would end the process.
    #[test]
    fn a_place_is_given_back_while_another_panic_is_under_way() {
        let hub = Hub::new();
        let client = hub.subscribe(Arc::new(Panics)).unwrap();
        let unwound = catch_unwind(AssertUnwindSafe(|| {
            let _client = client;
            panic!("something else");
        }));
        assert!(unwound.is_err());
        assert_eq!(hub.clients(), 0);
    }

    /// Threat 58.
    #[test]
    fn the_count_is_exact_after_a_storm_of_clients() {
        let (registry, hub) = (Registry::mock().0, Hub::new());
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..200 {
                        drop(hub.subscribe(Arc::new(registry.clone())).unwrap());
                        hub.broadcast(&registry);
                    }
                });
            }
        });
        let topic = &registry.snapshot().websocket.topics[SYSTEM_METRICS_TOPIC];
        assert_eq!((hub.clients(), topic.active_connections), (0, 0));
    }

    /// L-06: between two ticks all get the same frame, and it is made once. It goes with the last of them.
    #[test]
    fn a_client_starts_with_the_frame_that_others_have_or_a_new_one() {
        let (registry, hub) = (Registry::mock().0, Hub::new());
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let mut number = 0;
        let mut happen = || {
            registry.node(&format!("node {number}")).record(std::time::Duration::from_millis(1), 1);
            number += 1;
            number
        };
        // A client that comes now, and the nodes that it sees.
        let come = || {
            let mut client = hub.subscribe(Arc::new(registry.clone())).unwrap();
            let frame = runtime.block_on(client.next()).unwrap();
            (client, serde_json::from_slice::<MetricsSnapshot>(&frame).unwrap().dag.nodes.len())
        };
        let made = happen();
        let first = come();
        happen();
        let second = come();
        assert_eq!((first.1, second.1), (made, made));
        let ticked = happen();
        hub.broadcast(&registry);
        happen();
        let third = come();
        assert_eq!(third.1, ticked);
        drop((first, second, third));
        let now = happen();
        assert_eq!(come().1, now);
    }

    /// The last client leaves while the frame of a tick is made.
    #[test]
    fn nobody_starts_with_a_frame_that_had_no_client() {
        /// Whose snapshot takes so long that a client leaves meanwhile.
        struct Slow(Registry, Mutex<Option<Subscription>>);

        impl Collector for Slow {
            fn record_node_exec(&self, _: &str, _: &str, _: &str, _: f64, _: u64) {}

            fn record_ws_message(&self, _: &str, _: u64) {}

            fn record_ws_connections(&self, _: &str, _: u64) {}

            fn record_endpoint(&self, _: &str, _: &str, _: f64, _: u16) {}

            fn snapshot(&self) -> MetricsSnapshot {
                let snapshot = self.0.snapshot();
                drop(self.1.lock().unwrap().take());
                snapshot
            }

            fn is_enabled(&self) -> bool {
                true
            }
        }

        let (registry, hub) = (Registry::mock().0, Hub::new());
        let leaves = hub.subscribe(Arc::new(registry.clone())).unwrap();
        hub.broadcast(&Slow(registry.clone(), Mutex::new(Some(leaves))));
        assert_eq!(hub.clients(), 0);
        registry.node("later").record(std::time::Duration::from_millis(1), 1);
        let mut client = hub.subscribe(Arc::new(registry)).unwrap();
        let frame = futures_util::FutureExt::now_or_never(client.next()).flatten().unwrap();
        let nodes = serde_json::from_slice::<MetricsSnapshot>(&frame).unwrap().dag.nodes;
        assert_eq!(nodes.len(), 1, "an old frame");
    }

    #[test]
    fn there_are_so_many_places_and_no_more() {
        let hub = Hub::new();
        let collector = Arc::new(Registry::mock().0);
        let taken: Vec<_> =
            (0..MAX_CLIENTS).map(|_| hub.subscribe(Arc::clone(&collector) as _).unwrap()).collect();
        assert!(hub.subscribe(Arc::clone(&collector) as _).unwrap_err().is_full());
        drop(taken);
        let mut late = hub.subscribe(Arc::clone(&collector) as _).unwrap();
        hub.close();
        assert_eq!(
            futures_util::FutureExt::now_or_never(late.next()),
            Some(None),
            "its frame is not sent any more"
        );
        drop(late);
        assert!(!hub.subscribe(collector).unwrap_err().is_full());
        assert_eq!(hub.clients(), 0);
    }
}
