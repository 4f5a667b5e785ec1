//! The service from start to end.

use std::io::Write;
use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use tokio::task::JoinSet;
use tracing::info;

use crate::cli::Cli;
use crate::error::AppError;
use crate::extensions::Extensions;
use crate::hog::Hog;
use crate::stop::{Signals, stop};
use crate::{observe, server, traffic};

/// How long open requests may hold up the end.
const LAST_REQUESTS: Duration = Duration::from_secs(3);

/// Runs the service until it is told to stop.
///
/// # Errors
///
/// Something that was asked for cannot be used, or the system refuses something.
pub(crate) async fn run(cli: &Cli) -> Result<(), AppError> {
    let metrics = observe::install(cli)?;
    let mut signals = Signals::listen().map_err(AppError::start)?;
    let listener = server::bind(cli.port).await?;
    let address = listener.local_addr().map_err(AppError::start)?;

    let hog = Hog::new(cli);
    let service =
        server::Service::new(&metrics, Extensions::start(&metrics, cli.seed), hog.clone(), cli.seed);
    let app = observe::mount(server::router(service), &metrics);
    let users = users(cli, &app, address);
    tokio::spawn(hog.watch(metrics.clone()));

    let (stopper, mut stopped) = stop();
    let until = async move { stopped.requested().await };
    let mut server =
        tokio::spawn(async move { axum::serve(listener, app).with_graceful_shutdown(until).await });
    announce(address, cli);
    tokio::select! {
        signal = signals.received() => info!(signal, "stopping"),
        ended = &mut server => return Err(AppError::failure(format!("the server ended by itself: {ended:?}"))),
    }
    drop(users);
    stopper.stop();
    metrics.shutdown();
    let _ = tokio::time::timeout(LAST_REQUESTS, server).await;
    info!("stopped");
    Ok(())
}

/// All who use it; they go when the set is dropped.
fn users(cli: &Cli, app: &Router, address: SocketAddr) -> JoinSet<()> {
    let mut users = JoinSet::new();
    users.spawn(traffic::requests(app.clone(), cli.requests, cli.seed));
    for seed in (cli.seed..).take(cli.clients) {
        users.spawn(traffic::client(address, seed));
    }
    users
}

/// Prints what to open.
fn announce(address: SocketAddr, cli: &Cli) {
    let mut lines = format!("head unit, one collection every {} s\n", cli.interval);
    for (title, path) in server::PAGES {
        lines += &format!("  {title:<14} http://{address}{path}\n");
    }
    let mut out = std::io::stdout().lock();
    // A reader that went away must not end the service.
    let _ = writeln!(out, "{lines}").and_then(|()| out.flush());
}
