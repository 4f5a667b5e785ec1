//! The service from start to end.

use std::fmt::Display;
use std::io::Write;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use metrics_layer::Metrics;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tracing::{info, warn};

use crate::cli::Cli;
use crate::error::AppError;
use crate::graph::Graph;
use crate::input::Inputs;
use crate::ledger::Ledger;
use crate::observe;
use crate::params::ParamStore;
use crate::pipeline::{Pipeline, Schedule, Shared};
use crate::points::Message;
use crate::queue::Backlog;
use crate::report::Report;
use crate::server::{self, Service};
use crate::stop::{Signals, stop};

/// How long open requests may hold up the end.
const LAST_REQUESTS: Duration = Duration::from_secs(3);

/// Why the service stops.
enum Ending {
    Signal(&'static str),
    AllFrames,
    Server(AppError),
}

/// Runs the service until it is told to stop, or has processed the frames that were asked for.
///
/// # Errors
///
/// Something that was asked for cannot be used, or the system refuses something.
pub(crate) async fn run(cli: &Cli) -> Result<(), AppError> {
    let inputs = Arc::new(Inputs::open(&cli.scans, cli.seed).map_err(AppError::usage)?);
    let backlog = Backlog::default();
    let metrics = observe::install(cli.enable_metrics, backlog.clone())?;
    let mut signals = Signals::listen().map_err(AppError::start)?;
    let listener = server::bind(cli.port).await?;
    let address = listener.local_addr().map_err(AppError::start)?;

    let shared = Shared {
        params: ParamStore::default(),
        ledger: Arc::new(Ledger::default()),
        registry: metrics.registry().clone(),
        backlog,
    };
    let (latest, _) = watch::channel(Message::default());
    let (stopper, stopped) = stop();
    let graph = Graph::new(Arc::clone(&inputs), latest.clone());
    let service = Service::new(inputs, &graph, &shared, latest, stopped.clone());
    let viewers = service.viewers();
    let app = observe::mount(server::router(service), &metrics);
    let mut server = tokio::spawn(server::serve(listener, app, viewers, stopped.clone()));
    announce(address, cli, &metrics);

    let schedule = Schedule { hz: cli.hz, frames: cli.frames };
    let mut pipeline = Pipeline::start(&graph, schedule, &shared, stopped);
    let ending = tokio::select! {
        signal = signals.received() => Ending::Signal(signal),
        () = pipeline.finished() => Ending::AllFrames,
        ended = &mut server => Ending::Server(server_ended(ended)),
    };
    if matches!(ending, Ending::AllFrames) {
        say(&Report::new(&metrics, shared.ledger.book()));
    }
    stopper.stop();
    close(ending, pipeline, server, &metrics).await
}

/// Ends the pipeline, then the server, then the sampler.
async fn close(
    ending: Ending,
    mut pipeline: Pipeline,
    server: JoinHandle<Result<(), AppError>>,
    metrics: &Metrics,
) -> Result<(), AppError> {
    if let Ending::Signal(signal) = ending {
        info!(signal, "stopping");
    }
    pipeline.abandon();
    if tokio::time::timeout(LAST_REQUESTS, pipeline.finished()).await.is_err() {
        warn!("a node is still at work; it is left behind");
    }
    metrics.shutdown();
    if let Ending::Server(error) = ending {
        return Err(error);
    }
    match tokio::time::timeout(LAST_REQUESTS, server).await {
        Ok(Ok(ended)) => ended?,
        Ok(Err(error)) => warn!(%error, "the server ended early"),
        Err(_) => warn!("requests are still open; they are cut off"),
    }
    info!("stopped");
    Ok(())
}

fn server_ended(ended: Result<Result<(), AppError>, tokio::task::JoinError>) -> AppError {
    match ended {
        Ok(Err(error)) => error,
        Ok(Ok(())) => AppError::failure("the server ended by itself".to_owned()),
        Err(error) => AppError::start(error),
    }
}

/// Prints what to open in a browser, the dashboard first.
fn announce(address: SocketAddr, cli: &Cli, metrics: &Metrics) {
    let switch = if metrics.is_enabled() { "on" } else { "off" };
    let mut lines = format!("lidar at {} Hz, metrics {switch}\n", cli.hz);
    for page in server::PAGES {
        lines += &format!("  {:<18} {}://{address}{}\n", page.title, page.scheme, page.path);
    }
    say(&lines);
}

/// Prints to stdout; a reader that went away must not end the service.
fn say(text: &impl Display) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{text}").and_then(|()| out.flush());
}
