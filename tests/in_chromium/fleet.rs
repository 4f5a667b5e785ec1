//! The fleet example's page: every instance has its row, and nothing breaks the page's policy.

use crate::chromium::{Browser, Scheme};
use crate::example::{Service, poll};

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs chromium"]
async fn the_fleet_is_a_table_of_its_instances() {
    let _beside_others = crate::QUIET.read().await;
    let service = Service::start("fleet", &["--port", "0", "--flush", "1", "--services", "2"]);
    let browser = Browser::start().await;
    let page = browser.page(&service.address).await;
    page.look(1280, 800, Scheme::Dark).await;
    page.open(&format!("http://{}/", service.address)).await;
    page.until("document.querySelectorAll('#members tr').length === 4").await;
    // The page asks again by itself; the store may have had nothing at first.
    page.until("!document.getElementById('members').textContent.includes('–')").await;
    let names: Vec<String> = page
        .evaluate(
            "[...document.querySelectorAll('#members td:nth-child(1)')].map((cell) => cell.textContent)",
        )
        .await;
    assert_eq!(names, ["ingest", "ingest", "enrich", "enrich"]);
    let text = page.text().await;
    assert!(text.contains("Store memory: fine"), "{text}");
    page.assert_clean().await;
}

/// An instance that is gone is not shown with the hour in which it was there last.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs chromium"]
async fn an_instance_that_told_nothing_in_this_hour_has_no_numbers() {
    let _beside_others = crate::QUIET.read().await;
    let service = Service::start("fleet", &["--port", "0", "--flush", "1", "--services", "2"]);
    poll("points", || service.get("/api/fleet").body.contains("average").then_some(()));
    let browser = Browser::start().await;
    let page = browser.page(&service.address).await;
    let later = "const now = Date.now; Date.now = () => now() + 3_600_000;";
    page.first_run(later).await;
    page.open(&format!("http://{}/", service.address)).await;
    page.until("document.querySelectorAll('#members tr').length === 4").await;
    let numbers = "[...document.querySelectorAll('#members .number')].map((cell) => cell.textContent)";
    let numbers: Vec<String> = page.evaluate(numbers).await;
    assert!(numbers.iter().all(|number| number == "–"), "{numbers:?}");
    page.assert_clean().await;
}
