//! axe-core finds no serious fault.

use std::fs;

use serde_json::Value;

use crate::chromium::{Browser, Page, Scheme};
use crate::setup::street;

const AXE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/node/node_modules/axe-core/axe.min.js");

/// Faults with an impact of `serious` or `critical`, in words.
async fn faults(page: &Page) -> Vec<String> {
    let axe = fs::read_to_string(AXE).expect("npm ci --prefix tests/node");
    page.evaluate::<Value>(&format!("{axe}; null")).await;
    let found: Value = page.evaluate("axe.run(document)").await;
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

async fn check(page: &Page, what: &str) {
    for (scheme, width) in [(Scheme::Light, 390), (Scheme::Dark, 1440)] {
        page.look(width, 900, scheme).await;
        let faults = faults(page).await;
        assert!(faults.is_empty(), "{what}, {scheme:?}, {width}:\n{}", faults.join("\n"));
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs chromium"]
async fn no_page_has_a_serious_fault() {
    let _shared = crate::QUIET.read().await;
    let (service, _folder) = street(&["--hz", "4"]);
    let browser = Browser::with_webgl().await;
    for path in ["dashboard/performance", "viewer", "admin/performance"] {
        let page = browser.page(&service.address).await;
        // The tool makes functions and markup of text, which the pages' policies forbid.
        page.call("Page.setBypassCSP", serde_json::json!({ "enabled": true })).await;
        page.look(1440, 5_000, Scheme::Light).await;
        page.open(&format!("http://{}/{path}", service.address)).await;
        page.until("document.querySelectorAll('td, dd').length > 5").await;
        check(&page, path).await;
        if path == "dashboard/performance" {
            for key in ["?", "e"] {
                page.press(key).await;
                page.until("document.querySelector('dialog[open]')").await;
                check(&page, &format!("the dialog of {key}")).await;
                page.press("Escape").await;
                page.until("!document.querySelector('dialog[open]')").await;
            }
        }
    }

    let page = browser.page(&service.address).await;
    page.open(&format!("http://{}/", service.address)).await;
    page.evaluate::<()>(
        "void document.body.append(document.createElement('img'), document.createElement('button'))",
    )
    .await;
    let planted = faults(&page).await;
    assert!(planted.len() >= 2, "an image and a button without a name are found: {planted:?}");
}
