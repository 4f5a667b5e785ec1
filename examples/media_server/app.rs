//! The service from start to end.

use std::io::Write;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use metrics_layer::Metrics;
use tempfile::TempDir;
use tracing::{info, warn};

use crate::access_log::AccessLog;
use crate::catalog::Catalog;
use crate::cli::Cli;
use crate::driver::{Drive, Plan};
use crate::error::AppError;
use crate::files::MEDIA;
use crate::observe;
use crate::server::{self, Service};
use crate::stop::{Signals, stop};
use crate::store::Store;

/// How long open requests may hold up the end.
const LAST_REQUESTS: Duration = Duration::from_secs(3);

/// Requests a second that the service makes to itself.
const SIMULATED_HZ: f64 = 20.0;

const PAGES: [(&str, &str); 5] = [
    ("performance", "/admin/performance"),
    ("the same as JSON", "/admin/performance/json"),
    ("routes", "/api/admin/performance/routes"),
    ("dashboard", "/dashboard/performance"),
    ("media", "/"),
];

/// Runs the service until it is told to stop.
///
/// # Errors
///
/// Something that was asked for cannot be used, or the system refuses something.
pub(crate) async fn run(cli: &Cli) -> Result<(), AppError> {
    let metrics = observe::install(cli.enable_metrics)?;
    let mut signals = Signals::listen().map_err(AppError::start)?;
    // Everything in it is gone with the process.
    let folder = tempfile::tempdir().map_err(AppError::start)?;
    let service = open(cli, &folder, &metrics)?;
    let listener = server::bind(cli.port).await?;
    let address = listener.local_addr().map_err(AppError::start)?;

    let log = AccessLog::default();
    let app = observe::mount(server::router(service), &log, &metrics)?;
    let (stopper, stopped) = stop();
    let mut server = tokio::spawn(server::serve(listener, app, stopped.clone()));
    announce(address, &metrics);
    let load = cli.simulate_load.then(|| tokio::spawn(simulate(address)));

    let ended = tokio::select! {
        signal = signals.received() => { info!(signal, "stopping"); None }
        ended = &mut server => Some(ended),
    };
    stopper.stop();
    if let Some(load) = load {
        load.abort();
    }
    let ended = match ended {
        Some(ended) => ended.map_err(AppError::start)?,
        None => match tokio::time::timeout(LAST_REQUESTS, server).await {
            Ok(ended) => ended.map_err(AppError::start)?,
            Err(_) => {
                warn!("requests are still open; they are cut off");
                Ok(())
            }
        },
    };
    metrics.shutdown();
    say(&metrics.performance_report());
    save(&log, cli.access_log.as_deref())?;
    ended
}

/// Writes the media, and opens the database that knows them.
fn open(cli: &Cli, folder: &TempDir, metrics: &Metrics) -> Result<Service, AppError> {
    MEDIA.iter().try_for_each(|medium| medium.write_into(folder.path())).map_err(AppError::start)?;
    let path = cli.db.clone().unwrap_or_else(|| folder.path().join("media.sqlite"));
    let store = Store::open(&path).map_err(AppError::usage)?;
    let catalog = Catalog::new(store.clone(), observe::cache(metrics));
    Ok(Service { store, catalog, folder: Arc::new(folder.path().to_owned()) })
}

/// A mix of everything, by the same program that measures the service from outside.
async fn simulate(address: SocketAddr) {
    let wanted = [
        "GET /",
        "GET /watch/tone-440.wav",
        "GET /watch/tone-220.wav",
        "GET /api/ratings/a4f1c0",
        r#"POST /api/ratings/a4f1c0 {"rating": 4}"#,
        "GET /watch/tone-262.wav",
        "GET /watch/no-such.wav",
        r#"POST /api/ratings/b3e2d1 {"rating": 9}"#,
        "GET /watch/lost.wav",
    ];
    let wanted = wanted.into_iter().filter_map(|text| text.parse().ok()).collect();
    let plan = Plan { connections: 2, hz: Some(SIMULATED_HZ), ..Plan::new(address, wanted) };
    // It goes on until it is aborted.
    let summary = Drive::new(plan).run().await;
    warn!(unanswered = summary.unanswered(), "the simulated load has ended");
}

fn save(log: &AccessLog, path: Option<&Path>) -> Result<(), AppError> {
    let Some(path) = path else { return Ok(()) };
    log.save(path).map_err(|error| AppError::failure(format!("cannot write {}: {error}", path.display())))
}

/// Prints what to open in a browser.
fn announce(address: SocketAddr, metrics: &Metrics) {
    let switch = if metrics.is_enabled() { "on" } else { "off" };
    let mut lines = format!("media_server, metrics {switch}\n");
    for (title, path) in PAGES {
        lines += &format!("  {title:<18} http://{address}{path}\n");
    }
    say(&lines);
}

/// Prints to stdout; a reader that went away must not end the service.
fn say(text: &str) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{text}").and_then(|()| out.flush());
}
