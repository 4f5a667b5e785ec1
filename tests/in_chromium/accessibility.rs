//! axe-core finds no serious fault.

use std::fs;

use serde_json::Value;

use crate::chromium::{Browser, Page, Scheme};
use crate::example::Service;
use crate::setup::{street, thin_street};

const AXE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/node/node_modules/axe-core/axe.min.js");

/// Faults with an impact of `serious` or `critical` in a part of the page, in words.
async fn faults(page: &Page, part: &str) -> Vec<String> {
    let axe = fs::read_to_string(AXE).expect("npm ci --prefix tests/node");
    page.evaluate::<Value>(&format!("{axe}; null")).await;
    let found: Value = page.evaluate(&format!("axe.run({part}, {{ resultTypes: ['violations'] }})")).await;
    let passes = found["passes"].as_array().unwrap().len();
    assert!(passes > 10, "only {passes} rules were applied");
    let serious = |fault: &&Value| matches!(fault["impact"].as_str(), Some("serious" | "critical"));
    let told = |fault: &Value| {
        let places = fault["nodes"].as_array().unwrap();
        let text = format!("{} ({})", fault["help"], fault["id"]);
        places
            .iter()
            .fold(text, |text, place| format!("{text}\n  {}: {}", place["target"], place["failureSummary"]))
    };
    found["violations"].as_array().unwrap().iter().filter(serious).map(told).collect()
}

async fn check(page: &Page, part: &str, what: &str) {
    for (scheme, width) in [(Scheme::Light, 390), (Scheme::Dark, 1440)] {
        page.look(width, 900, scheme).await;
        let faults = faults(page, part).await;
        assert!(faults.is_empty(), "{what}, {scheme:?}, {width}:\n{}", faults.join("\n"));
    }
}

/// A page without its policy: the tool makes functions and markup of text, which that forbids.
async fn open(browser: &Browser, service: &Service, path: &str) -> Page {
    let page = browser.page(&service.address).await;
    page.call("Page.setBypassCSP", serde_json::json!({ "enabled": true })).await;
    page.look(1440, 5_000, Scheme::Light).await;
    page.open(&format!("http://{}/{path}", service.address)).await;
    page.until("document.querySelectorAll('td, dd').length > 5").await;
    page
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs chromium"]
async fn the_dashboard_and_its_dialogs_have_no_serious_fault() {
    let _shared = crate::QUIET.read().await;
    let (service, _folder) = thin_street(&[], &["--hz", "4"]);
    let browser = Browser::start().await;
    let page = open(&browser, &service, "dashboard/performance").await;
    check(&page, "document", "the dashboard").await;
    for key in ["?", "e"] {
        page.press(key).await;
        page.until("document.querySelector('dialog[open]')").await;
        // What is behind it was checked, and cannot be reached.
        check(&page, "document.querySelector('dialog[open]')", &format!("the dialog of {key}")).await;
        page.press("Escape").await;
        page.until("!document.querySelector('dialog[open]')").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs chromium"]
async fn the_page_for_administrators_has_no_serious_fault() {
    let _shared = crate::QUIET.read().await;
    let service = Service::start("media_server", &["--port", "0", "--simulate-load"]);
    let browser = Browser::start().await;
    let page = open(&browser, &service, "admin/performance").await;
    page.until("document.querySelector('[data-metric=\"watched\"][data-level]')").await;
    check(&page, "document", "the page for administrators").await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs chromium"]
async fn the_viewer_has_no_serious_fault_and_planted_ones_are_found() {
    let _shared = crate::QUIET.read().await;
    let (service, _folder) = street(&["--hz", "1"]);
    let browser = Browser::with_webgl().await;
    let page = open(&browser, &service, "viewer").await;
    check(&page, "document", "the viewer").await;

    let page = browser.page(&service.address).await;
    page.open(&format!("http://{}/", service.address)).await;
    page.evaluate::<()>(
        "void document.body.append(document.createElement('img'), document.createElement('button'))",
    )
    .await;
    let planted = faults(&page, "document").await;
    assert!(planted.len() >= 2, "an image and a button without a name are found: {planted:?}");
}

/// How many parts of the page are read out whenever they change.
async fn spoken(page: &Page) -> usize {
    let tree = page.call("Accessibility.getFullAXTree", serde_json::json!({})).await;
    let is_polite = |node: &&Value| {
        let properties = node["properties"].as_array().into_iter().flatten();
        let mut lives = properties.filter(|property| property["name"] == "live");
        node["role"]["value"] == "status" && lives.any(|live| live["value"]["value"] == "polite")
    };
    tree["nodes"].as_array().unwrap().iter().filter(is_polite).count()
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs chromium"]
async fn charts_are_read_out_when_they_are_read_and_not_each_second() {
    let _shared = crate::QUIET.read().await;
    let (service, _folder) = thin_street(&[], &["--hz", "4"]);
    let browser = Browser::start().await;
    let page = open(&browser, &service, "dashboard/performance#node=crop").await;
    let chart = "document.querySelector('[data-chart=\"node-latency\"]')";
    page.until(&format!("Number({chart}.dataset.points) > 2")).await;
    assert_eq!(spoken(&page).await, 1, "how the connection is");
    page.evaluate::<()>(&format!("{chart}.focus()")).await;
    page.press("ArrowLeft").await;
    assert_eq!(spoken(&page).await, 2, "and the point");
}
