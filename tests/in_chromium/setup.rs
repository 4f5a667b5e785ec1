//! Services to look at, and pages that look at them.

use std::net::SocketAddr;
use std::path::PathBuf;

use metrics_layer::Metrics;
use tempfile::TempDir;

use crate::chromium::{Browser, Page, Scheme};
use crate::example::Service;
use crate::{scans, servers};

/// The lidar example over a scan that a debug build can process in time; the folder has to outlive it.
pub(crate) fn street(arguments: &[&str]) -> (Service, TempDir) {
    lidar(&scans::street(), &[], arguments)
}

/// The same with a tenth of the points, for pages that draw no cloud: at a few frames a second a debug build is busy for half
/// of the time with the whole of it.
pub(crate) fn thin_street(variables: &[(&str, &str)], arguments: &[&str]) -> (Service, TempDir) {
    let thin: Vec<_> = scans::street().into_iter().step_by(10).collect();
    lidar(&thin, variables, arguments)
}

fn lidar(points: &[[f32; 4]], variables: &[(&str, &str)], arguments: &[&str]) -> (Service, TempDir) {
    let folder = TempDir::new().unwrap();
    let scan = scans::write(folder.path(), "street.bin", &scans::kitti(points));
    let arguments = [&["--port", "0", "--scan", &scan], arguments].concat();
    (Service::start_with("lidar", variables, &arguments), folder)
}

/// A service of the test's own that only shows `metrics`.
pub(crate) async fn serve(metrics: &Metrics) -> SocketAddr {
    let app = metrics.router();
    let (listener, address) = servers::listen().await;
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    address
}

/// The dashboard of the service at `host`, live.
pub(crate) async fn dashboard(browser: &Browser, host: &str) -> Page {
    open(browser, host, "dashboard/performance", "live").await
}

/// Shows what the page measures of itself, which [`open`] hides.
pub(crate) async fn show_rendering(page: &Page) {
    page.evaluate::<()>("void (document.querySelector('rendering-panel').hidden = false)").await;
}

/// A page of the service at `host`, with this connection, in a window that has room for all panels: those out of sight
/// are not drawn. Its own figures are hidden: while they are seen, the browser has to draw every frame.
pub(crate) async fn open(browser: &Browser, host: &str, path: &str, connection: &str) -> Page {
    let page = browser.page(host).await;
    page.look(1440, 5_000, Scheme::Light).await;
    page.open(&format!("http://{host}/{path}")).await;
    page.until(&state(connection)).await;
    page.evaluate::<()>("void (document.querySelector('rendering-panel').hidden = true)").await;
    page
}

/// A number as it is shown, with separators between thousands.
pub(crate) fn number(shown: &str) -> f64 {
    shown.replace(',', "").parse().unwrap_or_else(|_| panic!("{shown:?} is no number"))
}

/// Whether the page says that its connection is so.
pub(crate) fn state(name: &str) -> String {
    format!("document.body?.dataset.state === '{name}'")
}

/// What is shown in a column of a table, by row, of the rows that are in the page.
pub(crate) fn column(table: &str, column: &str) -> String {
    format!(
        "Object.fromEntries([...document.querySelectorAll('[data-table=\"{table}\"] tr[data-key]')].map((row) => [
            row.dataset.key,
            row.querySelector('[data-column=\"{column}\"]')?.firstElementChild.textContent,
        ]))"
    )
}

/// Where pictures of pages go, for people to look at: `target/pictures/NAME.png`.
pub(crate) fn picture(name: &str) -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let target = test.ancestors().nth(3).expect("a folder for what is built");
    target.join("pictures").join(format!("{name}.png"))
}
