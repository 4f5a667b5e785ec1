//! How the pages look: pictures for people, and what a program can see of it.

use crate::chromium::{Browser, Page, Scheme};
use crate::example::{Service, poll};
use crate::setup::{open, picture, show_rendering, thin_street};

/// A sample a second, so that trends are soon there.
const OFTEN: [(&str, &str); 1] = [("METRICS_COLLECTION_INTERVAL_MS", "1000")];

const SIZES: [(u32, u32); 3] = [(390, 844), (1440, 900), (2560, 1440)];

/// Takes pictures of a page once these tables have rows, with the details of the first row of those that can be chosen from.
async fn photograph(browser: &Browser, service: &Service, path: &str, name: &str, tables: &[&str]) {
    let page = open(browser, &service.address, path, "live").await;
    for table in tables {
        let first = format!("document.querySelector('[data-table=\"{table}\"] tr[data-key] th')");
        page.until(&first).await;
        page.evaluate::<()>(&format!("void {first}.querySelector('button')?.click()")).await;
    }
    // With figures of the page's own.
    show_rendering(&page).await;
    page.until("document.querySelector('[data-table=\"sockets\"] tr[data-key]')").await;
    for (width, height) in SIZES {
        for (scheme, word) in [(Scheme::Light, "light"), (Scheme::Dark, "dark")] {
            page.look(width, height, scheme).await;
            settled(&page).await;
            page.photograph(&picture(&format!("{name}-{width}-{word}"))).await;
            let needed: u32 = page.evaluate("document.documentElement.scrollWidth").await;
            assert!(needed <= width, "{name} needs {needed} of {width} pixels");
        }
    }
    page.assert_clean().await;
}

/// Waits until whatever follows the size has followed: observers hear of it with one frame, and draw before the next.
async fn settled(page: &Page) {
    page.drawn().await;
    page.drawn().await;
}

/// Waits for something to draw a line through.
fn collected(service: &Service) {
    poll("some samples", || {
        let samples = service.get("/metrics").json()["memory"]["sample_count"].as_u64();
        (samples >= Some(4)).then_some(())
    });
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs chromium"]
async fn the_lidars_page_is_photographed_in_every_size_light_and_dark() {
    let _shared = crate::QUIET.read().await;
    let (service, _folder) = thin_street(&OFTEN, &["--hz", "4"]);
    collected(&service);
    let browser = Browser::start().await;
    photograph(&browser, &service, "dashboard/performance", "lidar", &["nodes", "routes"]).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs chromium"]
async fn the_media_servers_pages_are_photographed_in_every_size_light_and_dark() {
    let _shared = crate::QUIET.read().await;
    let service = Service::start_with("media_server", &OFTEN, &["--port", "0", "--simulate-load"]);
    collected(&service);
    let browser = Browser::start().await;
    photograph(&browser, &service, "dashboard/performance", "media-server", &["routes"]).await;
    photograph(&browser, &service, "admin/performance", "admin", &["route-stats", "routes"]).await;
}
