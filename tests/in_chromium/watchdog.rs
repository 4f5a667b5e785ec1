//! The checks that all other tests rely on find what they are for.

use crate::chromium::{Browser, Complaint, Page};
use crate::example::Service;

const IMAGE: &str = "new Promise((done) => {
    const image = new Image();
    image.onload = image.onerror = () => done(null);
    image.src = 'http://127.0.0.1:9/tracker.png';
    document.body.append(image);
})";

async fn dashboard(browser: &Browser, service: &Service) -> Page {
    let page = browser.page(&service.address).await;
    page.open(&format!("http://{}/dashboard/performance", service.address)).await;
    page.assert_clean().await;
    page
}

fn is_foreign(complaint: &Complaint) -> bool {
    matches!(complaint, Complaint::Foreign(url) if url == "http://127.0.0.1:9/tracker.png")
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs chromium"]
async fn a_foreign_image_is_stopped_by_the_policy_and_reported() {
    let service = Service::start("media_server", &["--port", "0"]);
    let browser = Browser::start().await;
    let page = dashboard(&browser, &service).await;
    page.evaluate::<()>(IMAGE).await;
    let complaints = page.complaints().await;
    assert!(complaints.iter().any(|one| matches!(one, Complaint::Policy(_))), "{complaints:?}");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs chromium"]
async fn a_foreign_image_is_reported_without_the_policy_too() {
    let service = Service::start("media_server", &["--port", "0"]);
    let browser = Browser::start().await;
    let page = browser.page(&service.address).await;
    page.call("Page.setBypassCSP", serde_json::json!({ "enabled": true })).await;
    page.open(&format!("http://{}/dashboard/performance", service.address)).await;
    page.evaluate::<()>(IMAGE).await;
    let complaints = page.complaints().await;
    assert!(complaints.iter().any(is_foreign), "{complaints:?}");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs chromium"]
async fn exceptions_errors_markup_out_of_text_and_what_is_sent_are_reported() {
    let service = Service::start("media_server", &["--port", "0"]);
    let browser = Browser::start().await;
    let page = dashboard(&browser, &service).await;
    page.evaluate::<()>(
        "void setTimeout(() => { throw new Error('planted') }); new Promise((r) => setTimeout(r, 50))",
    )
    .await;
    let complaints = page.complaints().await;
    let planted = |one: &Complaint| matches!(one, Complaint::Exception(text) if text.contains("planted"));
    assert!(complaints.iter().any(planted), "{complaints:?}");

    page.evaluate::<()>("fetch('/', { method: 'POST', body: 'planted' }).then(() => null)").await;
    let complaints = page.complaints().await;
    let sent = |one: &Complaint| matches!(one, Complaint::Sent(text) if text.starts_with("POST "));
    assert!(complaints.iter().any(sent), "{complaints:?}");

    page.evaluate::<()>("console.error('planted')").await;
    let complaints = page.complaints().await;
    assert!(
        matches!(&complaints[..], [Complaint::Console(text)] if text.contains("planted")),
        "{complaints:?}"
    );

    page.evaluate::<()>("void (() => { try { document.body.innerHTML = '<b>planted</b>' } catch {} })()")
        .await;
    let complaints = page.complaints().await;
    assert!(complaints.iter().any(|one| matches!(one, Complaint::Policy(_))), "{complaints:?}");
}
