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
    let folder = TempDir::new().unwrap();
    let scan = scans::write(folder.path(), "street.bin", &scans::kitti(&scans::street()));
    (Service::start("lidar", &[&["--port", "0", "--scan", &scan], arguments].concat()), folder)
}

/// A service of the test's own that only shows `metrics`.
pub(crate) async fn serve(metrics: &Metrics) -> SocketAddr {
    let app = metrics.router();
    let (listener, address) = servers::listen().await;
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    address
}

/// The dashboard of the service at `host`, live, in a window that has room for all panels: those out of sight are not
/// drawn.
pub(crate) async fn dashboard(browser: &Browser, host: &str) -> Page {
    let page = browser.page(host).await;
    page.look(1440, 5_000, Scheme::Light).await;
    page.open(&format!("http://{host}/dashboard/performance")).await;
    page.until(&state("live")).await;
    page
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
