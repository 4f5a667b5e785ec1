//! Jobs from outside.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::time::{MissedTickBehavior, interval};

use crate::call::hand_on;

/// Hands a member so many jobs a second, for ever.
pub(crate) async fn jobs(to: SocketAddr, per_second: u64) {
    let Ok(per_second @ 1..) = u32::try_from(per_second) else { return };
    let mut ticks = interval(Duration::from_secs(1) / per_second);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    loop {
        ticks.tick().await;
        tokio::spawn(hand_on(to));
    }
}
