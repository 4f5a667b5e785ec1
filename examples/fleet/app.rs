//! The fleet, or a part of it, from start to end.

use std::io::Write;
use std::net::SocketAddr;
use std::thread::JoinHandle;

use metrics_layer::core::storage::Store;
use tokio::net::TcpListener;
use tracing::info;

use crate::cli::{Cli, Name, Role};
use crate::error::AppError;
use crate::member::{Member, bind};
use crate::observe;
use crate::stop::{Signals, Stop, stop};
use crate::view::{self, Fleet, Listed};

/// What services do with a job, in their order.
const SERVICES: [&str; 5] = ["ingest", "enrich", "detect", "archive", "notify"];

/// Runs until it is told to stop.
///
/// # Errors
///
/// Something that was asked for cannot be used, or the system refuses something.
pub(crate) async fn run(cli: &Cli) -> Result<(), AppError> {
    let mut signals = Signals::listen().map_err(AppError::start)?;
    let store = observe::store(cli)?;
    let (stopper, stopped) = stop();
    let (members, listed) = match cli.role {
        Role::All => fleet(cli, &store, &stopped)?,
        Role::Service => service(cli, &store, &stopped)?,
        Role::Dashboard => (Vec::new(), cli.member.iter().cloned().map(Listed::elsewhere).collect()),
    };
    let view = (cli.role != Role::Service).then(|| view(cli, &store, listed.clone(), stopped.clone()));
    let view = view.transpose()?;
    announce(cli, view.as_ref().map(|(address, _)| *address), &listed);
    info!(signal = signals.received().await, "stopping");
    stopper.stop();
    if let Some((_, server)) = view {
        let _ = server.await;
    }
    members.into_iter().for_each(|member| drop(member.join()));
    store.shutdown();
    info!("stopped");
    Ok(())
}

type Members = (Vec<JoinHandle<()>>, Vec<Listed>);

/// All services, each instance on a thread of its own.
fn fleet(cli: &Cli, store: &Store, stopped: &Stop) -> Result<Members, AppError> {
    let (mut members, mut listed) = (Vec::new(), Vec::new());
    let mut next: Vec<SocketAddr> = Vec::new();
    // From the last one on, so that everyone knows who comes next.
    for (index, service) in SERVICES.iter().enumerate().take(cli.services as usize).rev() {
        let (mut addresses, mut of_service) = (Vec::new(), Vec::new());
        for instance in 1..=cli.instances {
            let name = Name { service: (*service).to_owned(), instance: instance.to_string() };
            let listener = bind(0)?;
            let address = listener.local_addr().map_err(AppError::start)?;
            let member = Member {
                metrics: observe::member(&name, store)?,
                listener,
                next: next.clone(),
                rate: if index == 0 { cli.rate / cli.instances } else { 0 },
                seed: cli.seed.wrapping_add(members.len() as u64),
            };
            members.push(member.start(stopped.clone())?);
            addresses.push(address);
            of_service.push(Listed::at(name, address));
        }
        next = addresses;
        listed.splice(0..0, of_service);
    }
    Ok((members, listed))
}

/// One instance of one service.
fn service(cli: &Cli, store: &Store, stopped: &Stop) -> Result<Members, AppError> {
    let name = Name { service: cli.name.clone(), instance: cli.instance.clone() };
    let listener = bind(cli.port)?;
    let address = listener.local_addr().map_err(AppError::start)?;
    let metrics = observe::member(&name, store)?;
    let member = Member { metrics, listener, next: cli.next.clone(), rate: cli.rate, seed: cli.seed };
    Ok((vec![member.start(stopped.clone())?], vec![Listed::at(name, address)]))
}

type Server = tokio::task::JoinHandle<std::io::Result<()>>;

/// The view of the fleet.
fn view(
    cli: &Cli,
    store: &Store,
    listed: Vec<Listed>,
    mut stopped: Stop,
) -> Result<(SocketAddr, Server), AppError> {
    let listener = TcpListener::from_std(bind(cli.port)?).map_err(AppError::start)?;
    let address = listener.local_addr().map_err(AppError::start)?;
    let app = observe::guard(view::router(Fleet::new(store.clone(), listed)));
    let serve = async move {
        axum::serve(listener, app).with_graceful_shutdown(async move { stopped.requested().await }).await
    };
    Ok((address, tokio::spawn(serve)))
}

/// Prints what to open.
fn announce(cli: &Cli, view: Option<SocketAddr>, listed: &[Listed]) {
    let mut lines = format!("fleet, one point every {} s\n", cli.flush);
    if let Some(address) = view {
        lines +=
            &format!("  {:<14} http://{address}/\n  {:<14} http://{address}/api/fleet\n", "fleet", "as JSON");
    }
    for member in listed {
        if let Some(url) = &member.dashboard {
            lines +=
                &format!("  {:<14} {url}\n", format!("{}/{}", member.name.service, member.name.instance));
        }
    }
    let mut out = std::io::stdout().lock();
    // A reader that went away must not end the fleet.
    let _ = writeln!(out, "{lines}").and_then(|()| out.flush());
}
