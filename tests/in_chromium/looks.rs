//! How the pages look: pictures for people, and what a program can see of it.

use tempfile::TempDir;

use crate::chromium::{Browser, Scheme};
use crate::example::{Service, poll};
use crate::scans;
use crate::setup::{dashboard, picture};

/// A sample a second, so that trends are soon there.
const OFTEN: [(&str, &str); 1] = [("METRICS_COLLECTION_INTERVAL_MS", "1000")];

const SIZES: [(u32, u32); 3] = [(390, 844), (1440, 900), (2560, 1440)];

async fn photograph(service: &Service, name: &str, tables: &[&str]) {
    poll("some samples", || {
        let samples = service.get("/metrics").json()["memory"]["sample_count"].as_u64();
        (samples >= Some(4)).then_some(())
    });
    let browser = Browser::start().await;
    let page = dashboard(&browser, &service.address).await;
    // With details of the first, and figures of the page's own.
    for table in tables {
        let first = format!("document.querySelector('[data-table=\"{table}\"] th button.name')");
        page.until(&first).await;
        page.evaluate::<()>(&format!("void {first}.click()")).await;
    }
    page.until("document.querySelector('[data-table=\"sockets\"] tr[data-key]')").await;
    for (width, height) in SIZES {
        for (scheme, word) in [(Scheme::Light, "light"), (Scheme::Dark, "dark")] {
            page.look(width, height, scheme).await;
            // Whatever follows the size has followed.
            page.evaluate::<()>(
                "new Promise((done) => setTimeout(() => requestAnimationFrame(() => done()), 300))",
            )
            .await;
            page.photograph(&picture(&format!("{name}-{width}-{word}"))).await;
            let needed: u32 = page.evaluate("document.documentElement.scrollWidth").await;
            assert!(needed <= width, "{name} needs {needed} of {width} pixels");
        }
    }
    page.assert_clean().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs chromium"]
async fn the_lidars_page_is_photographed_in_every_size_light_and_dark() {
    let _shared = crate::QUIET.read().await;
    let folder = TempDir::new().unwrap();
    let scan = scans::write(folder.path(), "street.bin", &scans::kitti(&scans::street()));
    let service = Service::start_with("lidar", &OFTEN, &["--port", "0", "--hz", "4", "--scan", &scan]);
    photograph(&service, "lidar", &["nodes", "routes"]).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs chromium"]
async fn the_media_servers_page_is_photographed_in_every_size_light_and_dark() {
    let _shared = crate::QUIET.read().await;
    let service = Service::start_with("media_server", &OFTEN, &["--port", "0", "--simulate-load"]);
    photograph(&service, "media-server", &["routes"]).await;
}
