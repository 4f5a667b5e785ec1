//! Everything can be done by keys.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use metrics_layer::Metrics;
use serde_json::Value;
use tempfile::TempDir;

use crate::chromium::{Browser, Page, Scheme};
use crate::example::{Service, poll};
use crate::setup::{column, dashboard, serve, state, thin_street};

const TIME: &str = "document.querySelector('connection-status time').textContent";
const ROWS: &str = "[...document.querySelectorAll('[data-table=\"nodes\"] tr[data-key]')].filter((row) => row.checkVisibility()).length";

async fn lidar(browser: &Browser) -> (Page, Service, TempDir) {
    let (service, folder) = thin_street(&[], &["--hz", "4"]);
    let page = dashboard(browser, &service.address).await;
    page.until(&format!("{ROWS} === 7")).await;
    (page, service, folder)
}

/// Presses Tab until what has the focus fulfils a condition.
async fn tab_to(page: &Page, condition: &str) {
    for _ in 0..200 {
        page.press("Tab").await;
        if page.evaluate::<bool>(&format!("Boolean({condition})")).await {
            return;
        }
    }
    panic!("Tab does not reach {condition}");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs chromium"]
async fn p_holds_what_is_shown_and_lets_it_go_again() {
    let _shared = crate::QUIET.read().await;
    let browser = Browser::start().await;
    let (page, service, _folder) = lidar(&browser).await;
    page.press("p").await;
    page.until(&state("paused")).await;
    page.drawn().await;
    let calls = column("nodes", "calls_total");
    let held: Value = page.evaluate(&calls).await;
    let sent = || service.get("/api/metrics/dag").json()["nodes"][0]["calls_total"].as_u64().unwrap();
    let before = sent();
    poll("ten frames", || (sent() >= before + 10).then_some(()));
    assert_eq!(page.evaluate::<Value>(&calls).await, held, "nothing moves");
    page.press("p").await;
    page.until(&state("live")).await;
    page.until(&format!("JSON.stringify({calls}) !== {}", Value::String(held.to_string()))).await;
    page.assert_clean().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs chromium"]
async fn slash_filters_and_headings_sort() {
    let _shared = crate::QUIET.read().await;
    let browser = Browser::start().await;
    let (page, _service, _folder) = lidar(&browser).await;
    let filter = "document.activeElement.matches('dag-overview-panel .filter')";
    page.press("/").await;
    page.until("document.activeElement.matches('.filter')").await;
    if !page.evaluate::<bool>(filter).await {
        tab_to(&page, filter).await;
    }
    page.write("Crop to").await;
    page.until(&format!("{ROWS} === 1")).await;
    let kept: Value = page.evaluate(&column("nodes", "calls_total")).await;
    assert!(kept.get("crop").is_some(), "{kept}");
    page.evaluate::<()>("document.activeElement.select()").await;
    page.write("nothing of the kind").await;
    page.until(&format!("{ROWS} === 0")).await;
    page.evaluate::<()>("document.activeElement.select()").await;
    page.press("Backspace").await;
    page.until(&format!("{ROWS} === 7")).await;

    tab_to(&page, "document.activeElement.closest('[data-table=\"nodes\"] th[data-column=\"avg_exec_ms\"]')")
        .await;
    let times =
        "[...document.querySelectorAll('[data-table=\"nodes\"] tr[data-key] [data-column=\"avg_exec_ms\"]')]
        .map((cell) => Number(cell.firstElementChild.textContent.replaceAll(',', '')))";
    for order in ["descending", "ascending"] {
        page.press("Enter").await;
        let sorted = format!("document.activeElement.closest('th').ariaSort === '{order}'");
        page.until(&sorted).await;
        let mut times: Vec<f64> = page.evaluate(times).await;
        assert_eq!(times.len(), 7);
        if order == "ascending" {
            times.reverse();
        }
        assert!(times.is_sorted_by(|a, b| a >= b), "{order}: {times:?}");
    }
    page.assert_clean().await;
}

/// The row with the focus, by its key.
const FOCUSED: &str = "document.activeElement.closest('tr[data-key]')?.dataset.key ?? null";

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs chromium"]
async fn arrows_skip_no_row_of_a_table_that_scrolls() {
    let _shared = crate::QUIET.read().await;
    let metrics = Metrics::builder().allow_loopback().build().unwrap();
    for number in 0..100 {
        metrics.registry().node(&format!("{number}")).record(Duration::from_millis(1), 1);
    }
    let browser = Browser::start().await;
    let page = dashboard(&browser, &serve(&metrics).await.to_string()).await;
    page.until("document.querySelector('[data-table=\"nodes\"] tr[data-key]')").await;
    page.evaluate::<()>("document.querySelector('[data-table=\"nodes\"] tr[data-key] button').focus()").await;
    for (key, steps) in [("ArrowDown", 1..60), ("ArrowUp", 60..118)] {
        for step in steps {
            page.press(key).await;
            page.drawn().await;
            let expected = if step < 60 { step } else { 118 - step };
            assert_eq!(page.evaluate::<String>(FOCUSED).await, expected.to_string(), "{key}");
        }
    }
    page.assert_clean().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs chromium"]
async fn the_focus_stays_on_its_row_while_numbers_change() {
    let _shared = crate::QUIET.read().await;
    let metrics = Metrics::builder().allow_loopback().build().unwrap();
    let routes = ["/api/first", "/api/second"].map(|path| metrics.registry().route("GET", path));
    let record = |route: usize, ms: u64| routes[route].record(Duration::from_millis(ms), 200);
    record(0, 20);
    record(1, 10);
    let browser = Browser::start().await;
    let page = dashboard(&browser, &serve(&metrics).await.to_string()).await;
    let rows = "[...document.querySelectorAll('[data-table=\"routes\"] tr[data-key]')]";
    page.until(&format!("{rows}[1]?.dataset.key === 'GET /api/second'")).await;
    tab_to(&page, &format!("({FOCUSED}) === 'GET /api/second'")).await;
    record(1, 500);
    let last = column("routes", "p95_ms");
    page.until(&format!("({last})['GET /api/second'] === '500.00'")).await;
    assert_eq!(page.evaluate::<String>(FOCUSED).await, "GET /api/second");
    // It is in the first place as soon as nobody is about to choose a row.
    page.evaluate::<()>("document.activeElement.blur()").await;
    page.until(&format!("{rows}[0].dataset.key === 'GET /api/second'")).await;
    page.assert_clean().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs chromium"]
async fn t_changes_the_theme_question_mark_helps_and_digits_lead_to_panels() {
    let _shared = crate::QUIET.read().await;
    let browser = Browser::start().await;
    let (page, _service, _folder) = lidar(&browser).await;
    let background = "getComputedStyle(document.body).backgroundColor";
    let mut seen = BTreeSet::new();
    for _ in 0..3 {
        seen.insert(page.evaluate::<String>(background).await);
        let theme: String = page.evaluate("document.documentElement.dataset.theme ?? ''").await;
        page.press("t").await;
        page.until(&format!("(document.documentElement.dataset.theme ?? '') !== '{theme}'")).await;
    }
    assert_eq!(seen.len(), 2, "light and dark: {seen:?}");

    page.press("?").await;
    page.until("document.querySelector('dialog[open]')").await;
    page.press("Escape").await;
    page.until("!document.querySelector('dialog[open]')").await;

    let mut panels = BTreeSet::new();
    for digit in ["1", "2", "3"] {
        page.press(digit).await;
        panels.insert(
            page.evaluate::<String>("document.activeElement.closest('main > *')?.localName ?? ''").await,
        );
    }
    assert!(panels.len() == 3 && !panels.contains(""), "{panels:?}");
    page.assert_clean().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs chromium"]
async fn e_exports_the_table_as_csv_and_everything_as_json() {
    let _shared = crate::QUIET.read().await;
    let browser = Browser::start().await;
    let (page, _service, _folder) = lidar(&browser).await;
    let downloads = TempDir::new().unwrap();
    browser.download_to(downloads.path()).await;
    page.press("p").await;
    page.until(&state("paused")).await;
    page.drawn().await;
    tab_to(&page, "document.activeElement.closest('[data-table=\"nodes\"]')").await;

    let csv = export(&page, downloads.path(), "csv").await;
    let lines: Vec<_> = csv.lines().collect();
    assert_eq!(lines.len(), 1 + 7, "{csv}");
    let calls: Value = page.evaluate(&column("nodes", "calls_total")).await;
    for (id, calls) in calls.as_object().unwrap() {
        let calls = calls.as_str().unwrap().replace(',', "");
        let is_row = |line: &&str| line.split(',').any(|cell| cell == calls);
        assert!(lines.iter().any(is_row), "{id}: no {calls} in {csv}");
    }

    let json: Value = serde_json::from_str(&export(&page, downloads.path(), "json").await).unwrap();
    let nodes = json["nodes"].as_array().expect("the rows of the table");
    assert_eq!(nodes.len(), 7);
    let exported: BTreeSet<_> = nodes.iter().map(|node| node["calls_total"].to_string()).collect();
    let shown = calls.as_object().unwrap().values().map(|calls| calls.as_str().unwrap().replace(',', ""));
    assert_eq!(exported, shown.collect());
    page.assert_clean().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs chromium"]
async fn an_export_has_what_is_out_of_sight_as_it_is_now() {
    let _shared = crate::QUIET.read().await;
    let metrics = Metrics::builder().allow_loopback().build().unwrap();
    let function = metrics.registry().function("f");
    function.record(Duration::from_millis(1));
    let browser = Browser::start().await;
    let page = dashboard(&browser, &serve(&metrics).await.to_string()).await;
    page.until("document.querySelector('[data-table=\"functions\"] tr[data-key=\"f\"]')").await;
    page.look(1440, 400, Scheme::Light).await;
    page.until("!document.querySelector('functions-panel').isSeen").await;
    page.drawn().await;
    function.record(Duration::from_millis(1));
    page.press("e").await;
    page.until("document.querySelector('dialog[open]')").await;
    let exported: String = page
        .evaluate("import('/dashboard/performance/export-dialog.js').then(({ exported }) => exported('json', '').text)")
        .await;
    let exported: Value = serde_json::from_str(&exported).unwrap();
    assert_eq!(exported["functions"][0]["calls_total"], 2);
    page.assert_clean().await;
}

/// The text of the file that is saved.
async fn export(page: &Page, folder: &Path, kind: &str) -> String {
    page.press("e").await;
    page.until("document.querySelector('dialog[open]')").await;
    tab_to(page, &format!("document.activeElement.dataset.export === '{kind}'")).await;
    page.press("Enter").await;
    let saved = |path: PathBuf| path.extension().is_some_and(|extension| extension == kind).then_some(path);
    let path = poll("a file", || {
        fs::read_dir(folder).unwrap().filter_map(Result::ok).find_map(|entry| saved(entry.path()))
    });
    page.press("Escape").await;
    page.until("!document.querySelector('dialog[open]')").await;
    fs::read_to_string(path).unwrap()
}
