//! Jobs from outside.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::time::{MissedTickBehavior, interval};

use crate::call::hand_on;

/// Jobs come in bursts, so that queues have something to hold.
const PERIOD: Duration = Duration::from_secs(1);

/// Hands a member so many jobs a second, for ever.
pub(crate) async fn jobs(to: SocketAddr, per_second: u64) {
    let mut ticks = interval(PERIOD);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    loop {
        ticks.tick().await;
        for _ in 0..per_second {
            tokio::spawn(hand_on(to));
        }
    }
}
