//! A page: what is on it, keys that are pressed on it, how it looks.

use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::TryRecvError;

use super::PATIENCE;
use super::complaints::Complaint;
use super::devtools::DevTools;

/// What is reported of pages; all but `Performance` feed the complaints.
const DOMAINS: [&str; 6] = ["Page", "Runtime", "Log", "Network", "Audits", "Performance"];

/// Light or dark, as the user prefers it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scheme {
    Light,
    Dark,
}

/// One tab of a browser.
pub(crate) struct Page {
    devtools: DevTools,
    session: String,
    host: String,
    /// All that was reported since it was looked at last.
    reported: Mutex<broadcast::Receiver<Arc<Value>>>,
}

impl Page {
    pub(super) async fn new(devtools: DevTools, session: String, host: &str) -> Self {
        let reported = Mutex::new(devtools.events(&session));
        let page = Self { devtools, session, host: host.to_owned(), reported };
        for domain in DOMAINS {
            page.call(&format!("{domain}.enable"), json!({})).await;
        }
        page
    }

    /// Calls a method of DevTools on this page.
    pub(crate) async fn call(&self, method: &str, params: Value) -> Value {
        self.devtools.call(Some(&self.session), method, params).await
    }

    /// Has a script run before those of each document to come.
    pub(crate) async fn first_run(&self, script: &str) {
        self.call("Page.addScriptToEvaluateOnNewDocument", json!({ "source": script })).await;
    }

    /// Goes to an address and waits until everything is loaded.
    pub(crate) async fn open(&self, url: &str) {
        let gone = self.call("Page.navigate", json!({ "url": url })).await;
        assert!(gone.get("errorText").is_none(), "{url}: {gone}");
        // Until it has gone there, the page of before answers.
        let there = format!("document.readyState === 'complete' && location.href.startsWith({})", json!(url));
        self.until(&there).await;
    }

    /// The value of an expression, or of the promise that it is.
    pub(crate) async fn evaluate<T: DeserializeOwned>(&self, expression: &str) -> T {
        let params = json!({ "expression": expression, "awaitPromise": true, "returnByValue": true });
        let result = self.call("Runtime.evaluate", params).await;
        assert!(result.get("exceptionDetails").is_none(), "{expression}: {}", result["exceptionDetails"]);
        let value = result["result"].get("value").cloned().unwrap_or_default();
        serde_json::from_value(value).unwrap_or_else(|error| panic!("{expression}: {error}: {result}"))
    }

    /// Waits until an expression, or the promise that it is, is true.
    pub(crate) async fn until(&self, expression: &str) {
        let start = Instant::now();
        let asked = format!("(async () => Boolean(await ({expression})))()");
        let params = json!({ "expression": asked, "awaitPromise": true, "returnByValue": true });
        loop {
            let result =
                self.devtools.try_call(Some(&self.session), "Runtime.evaluate", params.clone()).await;
            // A page that is on its way to another one does not answer.
            let result = result.unwrap_or_default();
            assert!(result.get("exceptionDetails").is_none(), "{expression}: {}", result["exceptionDetails"]);
            if result["result"]["value"] == true {
                return;
            }
            assert!(start.elapsed() < PATIENCE, "never: {expression}\n{}", self.text().await);
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Waits until everything is drawn that was to be.
    pub(crate) async fn drawn(&self) {
        self.evaluate::<()>(
            "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done())))",
        )
        .await;
    }

    /// What there is to read.
    pub(crate) async fn text(&self) -> String {
        self.evaluate("document.body.innerText").await
    }

    /// Presses and releases a key: a character, or a name such as `Enter`, `Tab` or `Escape`.
    pub(crate) async fn press(&self, key: &str) {
        let (text, code) = match key {
            "Enter" => ("\r", 13),
            "Tab" => ("", 9),
            "Escape" => ("", 27),
            "Backspace" => ("", 8),
            "ArrowLeft" => ("", 37),
            "ArrowUp" => ("", 38),
            "ArrowRight" => ("", 39),
            "ArrowDown" => ("", 40),
            character => (character, character.to_uppercase().bytes().next().unwrap_or_default()),
        };
        let kind = if text.is_empty() { "rawKeyDown" } else { "keyDown" };
        let event =
            |kind: &str| json!({ "type": kind, "key": key, "text": text, "windowsVirtualKeyCode": code });
        self.call("Input.dispatchKeyEvent", event(kind)).await;
        self.call(
            "Input.dispatchKeyEvent",
            json!({ "type": "keyUp", "key": key, "windowsVirtualKeyCode": code }),
        )
        .await;
    }

    /// Writes into what has the focus.
    pub(crate) async fn write(&self, text: &str) {
        self.call("Input.insertText", json!({ "text": text })).await;
    }

    /// Takes the size of a window and a preference.
    pub(crate) async fn look(&self, width: u32, height: u32, scheme: Scheme) {
        let size = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        self.call("Emulation.setDeviceMetricsOverride", size).await;
        let scheme = if scheme == Scheme::Dark { "dark" } else { "light" };
        let features = json!([{ "name": "prefers-color-scheme", "value": scheme }]);
        self.call("Emulation.setEmulatedMedia", json!({ "features": features })).await;
    }

    /// Keeps a picture of all of the page.
    pub(crate) async fn photograph(&self, file: &Path) {
        let params = json!({ "format": "png", "captureBeyondViewport": true, "optimizeForSpeed": true });
        let picture = self.call("Page.captureScreenshot", params).await;
        let bytes = BASE64_STANDARD.decode(picture["data"].as_str().expect("a picture")).unwrap();
        fs::create_dir_all(file.parent().expect("a file in a folder")).unwrap();
        fs::write(file, bytes).unwrap();
    }

    /// All that is reported of it from now on.
    pub(super) fn events(&self) -> broadcast::Receiver<Arc<Value>> {
        self.devtools.events(&self.session)
    }

    /// What the page did and must not do, since it was asked last.
    pub(crate) async fn complaints(&self) -> Vec<Complaint> {
        // Once this is answered, the events of what was before are there.
        self.evaluate::<f64>("performance.now()").await;
        let mut reported = self.reported.lock().unwrap();
        let events = std::iter::from_fn(|| match reported.try_recv() {
            Ok(event) => Some(event),
            Err(TryRecvError::Lagged(missed)) => panic!("{missed} events were not looked at"),
            Err(TryRecvError::Empty | TryRecvError::Closed) => None,
        });
        events.filter_map(|event| Complaint::of(&self.host, &event)).collect()
    }

    /// Fails if there is anything to complain about.
    pub(crate) async fn assert_clean(&self) {
        let complaints = self.complaints().await;
        let lines: Vec<_> = complaints.iter().map(ToString::to_string).collect();
        assert!(lines.is_empty(), "{}", lines.join("\n"));
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        self.devtools.forget(&self.session);
    }
}
