//! Ten thousand requests at once, each with queries of its own from wherever it likes: none sees those of another (B-06).

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::body::Body;
use axum::extract::Path;
use axum::http::Request;
use axum::{Router, routing::get};
use futures_util::FutureExt;
use metrics_layer::Metrics;
use metrics_layer::core::context::{self, record_db_queries};
use metrics_layer::core::record_db_query;
use rand::{RngExt, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use tokio::sync::Barrier;
use tower::ServiceExt;

const REQUESTS: usize = 10_000;

/// Waits at random, so that tasks move between threads and requests take turns on each.
async fn wander(random: &mut Xoshiro256PlusPlus) {
    for _ in 0..random.random_range(0..4) {
        tokio::task::yield_now().await;
    }
}

/// Makes queries in every way there is; how many.
async fn queries(random: &mut Xoshiro256PlusPlus) -> u32 {
    let mut made = 0;
    for _ in 0..random.random_range(0..8) {
        wander(random).await;
        match random.random_range(0..6) {
            0 => {
                record_db_query();
                made += 1;
            }
            1 => {
                record_db_queries(3);
                made += 3;
            }
            2 => {
                let task = context::current().scope(async {
                    record_db_query();
                    tokio::task::yield_now().await;
                    record_db_query();
                });
                tokio::spawn(task).await.expect("no panic");
                made += 2;
            }
            3 => {
                let here = context::current();
                let blocking = move || {
                    let _at_work = here.enter();
                    record_db_query();
                };
                tokio::task::spawn_blocking(blocking).await.expect("no panic");
                made += 1;
            }
            // For nobody: it did not take the context along.
            4 => tokio::spawn(async { record_db_queries(1_000) }).await.expect("no panic"),
            _ => {
                let panics = context::current().scope(async {
                    record_db_query();
                    panic!("on purpose");
                });
                assert!(AssertUnwindSafe(panics).catch_unwind().await.is_err());
                made += 1;
            }
        }
    }
    made
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn ten_thousand_requests_keep_their_queries_apart() {
    // Panics are part of it, and ten thousand reports of them are not.
    std::panic::set_hook(Box::new(|_| {}));
    let metrics = Metrics::builder().build().expect("started");
    let (together, wrong) = (Arc::new(Barrier::new(REQUESTS)), Arc::new(AtomicU64::new(0)));
    let handler = {
        let wrong = Arc::clone(&wrong);
        move |Path(seed): Path<u64>| async move {
            let mut random = Xoshiro256PlusPlus::seed_from_u64(seed);
            together.wait().await;
            let made = queries(&mut random).await;
            wander(&mut random).await;
            if context::current().db_queries() != made {
                wrong.fetch_add(1, Ordering::Relaxed);
            }
            assert!(seed % 10 != 0, "on purpose");
        }
    };
    let app = Router::new().route("/api/{seed}", get(handler)).layer(metrics.layer());
    let requests: Vec<_> = (0..REQUESTS)
        .map(|seed| {
            let request = Request::get(format!("/api/{seed}")).body(Body::empty()).expect("a request");
            tokio::spawn(app.clone().oneshot(request))
        })
        .collect();
    let mut panicked = 0;
    for request in requests {
        panicked += usize::from(request.await.is_err());
    }
    let _ = std::panic::take_hook();
    assert_eq!((panicked, wrong.load(Ordering::Relaxed)), (REQUESTS / 10, 0));
    let seen = &metrics.registry().routes()[0];
    assert_eq!((seen.started_total, seen.in_flight), (REQUESTS as u64, 0));
}
