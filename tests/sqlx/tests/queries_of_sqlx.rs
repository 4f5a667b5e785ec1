//! The queries of sqlx, as `QueryEvents` counts them.

use std::sync::Arc;

use metrics_core::context;
use metrics_core::database::QueryEvents;
use metrics_core::{Clock, Config, Registry};
use sqlx::SqlitePool;
use sqlx::sqlite::SqlitePoolOptions;
use tracing::Instrument;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::prelude::*;

/// sqlx runs SQLite on threads of its own, so that its events are those of the span around the work.
async fn queries(pool: &SqlitePool, queries: usize) -> Result<(), sqlx::Error> {
    for rating in 0..queries {
        sqlx::query("INSERT INTO ratings VALUES (?)").bind(rating as i64).execute(pool).await?;
    }
    Ok(())
}

/// B-06: requests at the same time, on one pool, each with another number of queries.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_request_has_its_own_queries() -> Result<(), Box<dyn std::error::Error>> {
    // The log shows less, and takes nothing away.
    let log = tracing_subscriber::fmt::layer().with_filter(LevelFilter::WARN);
    tracing_subscriber::registry().with(QueryEvents::new().layer()).with(log).init();
    let pool = SqlitePoolOptions::new().max_connections(1).connect("sqlite::memory:").await?;
    sqlx::query("CREATE TABLE ratings (rating INTEGER)").execute(&pool).await?;

    let registry = Arc::new(Registry::new(Config::default(), Clock::new()));
    let tasks = (0..20_usize).map(|n| {
        let (registry, pool) = (Arc::clone(&registry), pool.clone());
        tokio::spawn(async move {
            let request = registry.begin_request("GET", "/api/ratings/{media_hash}");
            // As the layer does it while it polls.
            let here = {
                let _at_work = request.context().enter();
                context::current()
            };
            let span = {
                let _at_work = here.enter();
                tracing::info_span!("ratings")
            };
            here.scope(queries(&pool, n).instrument(span)).await.unwrap();
            assert_eq!(request.context().db_queries() as usize, n);
            request.answered_in_full(200);
        })
    });
    for task in tasks.collect::<Vec<_>>() {
        task.await?;
    }
    let seen = registry.database();
    assert_eq!((seen.count, seen.total_queries, seen.max_per_request), (20, 190, 19));
    Ok(())
}
