//! Extensions and their lives: they start, run, crash by chance or on request, and are restarted.

use std::sync::Arc;
use std::time::Duration;

use metrics_layer::Metrics;
use metrics_layer::core::ExtensionStatus;
use rand::{RngExt, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use tokio::sync::mpsc;
use tokio::time::sleep;

/// What is installed, and whether it runs from the start.
const INSTALLED: [(&str, bool); 4] =
    [("media-player", true), ("navigation", true), ("phone", false), ("voice", true)];

const START: Duration = Duration::from_millis(500);

/// How long a crashed extension stays so.
const RESTART: Duration = Duration::from_secs(2);

/// An extension runs for so long, by chance, before it crashes, s.
const LIFE_SECS: std::ops::Range<u64> = 60..600;

/// What somebody asks of an extension.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    Start,
    Stop,
    Crash,
}

impl Order {
    pub(crate) fn from_word(word: &str) -> Option<Self> {
        Some(match word {
            "start" => Self::Start,
            "stop" => Self::Stop,
            "crash" => Self::Crash,
            _ => return None,
        })
    }
}

/// All extensions; clones share them.
#[derive(Clone, Debug)]
pub(crate) struct Extensions {
    orders: Arc<Vec<(&'static str, mpsc::Sender<Order>)>>,
}

impl Extensions {
    /// Brings them to life; must be called in a runtime.
    pub(crate) fn start(metrics: &Metrics, seed: u64) -> Self {
        let live = |(index, (id, runs)): (u64, (&'static str, bool))| {
            let (sender, orders) = mpsc::channel(8);
            let chance = Xoshiro256PlusPlus::seed_from_u64(seed + index);
            tokio::spawn(Life { id, metrics: metrics.clone(), orders, chance }.live(runs));
            (id, sender)
        };
        Self { orders: Arc::new((0..).zip(INSTALLED).map(live).collect()) }
    }

    /// False when there is no such extension, or it has no ear for more orders.
    pub(crate) fn order(&self, id: &str, order: Order) -> bool {
        let sender = self.orders.iter().find(|(other, _)| *other == id);
        sender.is_some_and(|(_, sender)| sender.try_send(order).is_ok())
    }
}

/// The life of one extension.
struct Life {
    id: &'static str,
    metrics: Metrics,
    orders: mpsc::Receiver<Order>,
    chance: Xoshiro256PlusPlus,
}

impl Life {
    /// Until nobody can give orders any more.
    async fn live(mut self, mut runs: bool) {
        loop {
            if runs {
                self.is(ExtensionStatus::Starting);
                sleep(START).await;
                self.is(ExtensionStatus::Running);
            } else {
                self.is(ExtensionStatus::Stopped);
            }
            let Some(order) = self.next(runs).await else { return };
            if order == Order::Crash && runs {
                self.is(ExtensionStatus::Crashed);
                tracing::warn!(extension = self.id, "crashed; it is restarted");
                sleep(RESTART).await;
            }
            runs = order != Order::Stop && (runs || order == Order::Start);
        }
    }

    /// The next order; one that runs crashes by itself in the end.
    async fn next(&mut self, runs: bool) -> Option<Order> {
        let life = Duration::from_secs(self.chance.random_range(LIFE_SECS));
        tokio::select! {
            order = self.orders.recv() => order,
            () = sleep(life), if runs => Some(Order::Crash),
        }
    }

    fn is(&self, status: ExtensionStatus) {
        self.metrics.collection().record_extension_status(self.id, status);
    }
}
