//! A real browser, driven over its DevTools protocol.

mod complaints;
mod devtools;
mod page;
mod process;
mod trace;

use std::path::Path;
use std::time::Duration;

use serde_json::json;

pub(crate) use self::complaints::Complaint;
pub(crate) use self::page::{Page, Scheme};
pub(crate) use self::trace::Trace;

use self::devtools::DevTools;
use self::process::Process;

/// How long anything may take that a busy machine can hold up.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// A headless Chromium.
pub(crate) struct Browser {
    devtools: DevTools,
    _process: Process,
}

impl Browser {
    /// Starts one that draws on the processor.
    pub(crate) async fn start() -> Self {
        Self::with(&["--disable-gpu"]).await
    }

    /// Starts one that has WebGL too, in software.
    pub(crate) async fn with_webgl() -> Self {
        Self::with(&["--use-angle=swiftshader", "--enable-unsafe-swiftshader"]).await
    }

    async fn with(arguments: &[&str]) -> Self {
        let process = Process::start(arguments);
        let devtools = DevTools::connect(&process.address).await;
        Self { devtools, _process: process }
    }

    /// Saves what pages export into a folder.
    pub(crate) async fn download_to(&self, folder: &Path) {
        let params = json!({ "behavior": "allow", "downloadPath": folder });
        self.devtools.call(None, "Browser.setDownloadBehavior", params).await;
    }

    /// An empty page for what is served at `host`, which is `name:port`.
    pub(crate) async fn page(&self, host: &str) -> Page {
        let target = self.devtools.call(None, "Target.createTarget", json!({ "url": "about:blank" })).await;
        let attach = json!({ "targetId": target["targetId"], "flatten": true });
        let attached = self.devtools.call(None, "Target.attachToTarget", attach).await;
        let session = attached["sessionId"].as_str().expect("a session").to_owned();
        Page::new(self.devtools.clone(), session, host).await
    }
}
