//! How the pages look: pictures for people, and what a program can see of it.

use crate::chromium::{Browser, Scheme};
use crate::example::Service;
use crate::setup::{dashboard, picture, street};

const SIZES: [(u32, u32); 3] = [(390, 844), (1440, 900), (2560, 1440)];

async fn photograph(service: &Service, name: &str) {
    let browser = Browser::start().await;
    let page = dashboard(&browser, &service.address).await;
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
    let (service, _folder) = street(&["--hz", "4"]);
    photograph(&service, "lidar").await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs chromium"]
async fn the_media_servers_page_is_photographed_in_every_size_light_and_dark() {
    let _shared = crate::QUIET.read().await;
    let service = Service::start("media_server", &["--port", "0", "--simulate-load"]);
    photograph(&service, "media-server").await;
}
