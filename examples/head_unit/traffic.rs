//! Those who use the head unit: requests, and WebSocket clients that come and go.

use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use futures_util::StreamExt;
use rand::{RngExt, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use tokio::time::{MissedTickBehavior, interval, timeout};
use tokio_tungstenite::connect_async;
use tower::ServiceExt;

/// What is asked for, and how often of a hundred requests.
const MIX: [(&str, u32); 4] = [
    ("/api/media/play", 50),
    ("/api/settings/get", 36),
    ("/api/navigation/route", 12),
    ("/api/phone/dial", 2),
];

/// How long a WebSocket client stays, s.
const STAY_SECS: std::ops::Range<u64> = 5..30;

/// How long it stays away.
const AWAY: Duration = Duration::from_secs(1);

/// Sends so many requests a second through the whole service, for ever.
pub(crate) async fn requests(app: Router, per_second: u64, seed: u64) {
    let mut chance = Xoshiro256PlusPlus::seed_from_u64(seed);
    let mut ticks = interval(Duration::from_secs(1) / u32::try_from(per_second).unwrap_or(u32::MAX));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    loop {
        ticks.tick().await;
        let path = choose(chance.random_range(0..100));
        let request = Request::get(path).body(Body::empty()).expect("the paths are good");
        let app = app.clone();
        tokio::spawn(async move {
            let Ok(response) = app.oneshot(request).await;
            let _ = axum::body::to_bytes(response.into_body(), usize::MAX).await;
        });
    }
}

fn choose(mut percent: u32) -> &'static str {
    for (path, share) in MIX {
        if percent < share {
            return path;
        }
        percent -= share;
    }
    MIX[0].0
}

/// One client that listens for a while, goes, and comes again, for ever.
pub(crate) async fn client(address: SocketAddr, seed: u64) {
    let mut chance = Xoshiro256PlusPlus::seed_from_u64(seed);
    loop {
        if let Ok((mut socket, _)) = connect_async(format!("ws://{address}/ws/events")).await {
            let stay = Duration::from_secs(chance.random_range(STAY_SECS));
            let listen = async { while let Some(Ok(_)) = socket.next().await {} };
            let _ = timeout(stay, listen).await;
            let _ = socket.close(None).await;
        }
        tokio::time::sleep(AWAY).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mix_is_a_hundred_requests() {
        for (path, share) in MIX {
            assert_eq!((0..100).filter(|percent| choose(*percent) == path).count(), share as usize);
        }
    }
}
