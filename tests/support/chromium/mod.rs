//! A real browser, driven over its DevTools protocol.

mod complaints;
mod devtools;
mod page;
mod process;
mod trace;

use std::path::Path;
use std::sync::LazyLock;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::runtime::{self, Runtime};
use tokio::sync::OnceCell;

pub(crate) use self::complaints::Complaint;
pub(crate) use self::page::{Page, Scheme};
pub(crate) use self::trace::Trace;

use self::devtools::DevTools;
use self::process::Process;

/// How long anything may take that a busy machine can hold up.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// Draws on the processor.
const PLAIN: &[&str] = &["--disable-gpu"];

/// Has WebGL too, in software.
const WEBGL: &[&str] = &["--use-angle=swiftshader", "--enable-unsafe-swiftshader"];

/// Where shared browsers are listened to; the runtimes of tests end with them.
static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime")
});

/// A headless Chromium that the tests of this process share.
static SHARED: OnceCell<Running> = OnceCell::const_new();
static SHARED_WITH_WEBGL: OnceCell<Running> = OnceCell::const_new();

/// A process, and the connection to it.
struct Running {
    devtools: DevTools,
    process: Process,
}

/// A window of a headless Chromium, with cookies, storage and permissions of its own; dropping it closes its pages.
pub(crate) struct Browser {
    devtools: DevTools,
    context: Value,
    /// Unless it is shared.
    own: Option<Process>,
}

// === impl Running ===

impl Running {
    async fn start(arguments: &[&str]) -> Self {
        let process = Process::start(arguments);
        let devtools = DevTools::connect(&process.address).await;
        Self { devtools, process }
    }

    /// Starts it if nobody did.
    async fn shared(cell: &'static OnceCell<Self>, arguments: &'static [&'static str]) -> DevTools {
        let start = || async { RUNTIME.spawn(Self::start(arguments)).await.expect("a browser") };
        cell.get_or_init(start).await.devtools.clone()
    }
}

// === impl Browser ===

impl Browser {
    /// A window in the browser that tests share.
    pub(crate) async fn start() -> Self {
        Self::of(Running::shared(&SHARED, PLAIN).await, None).await
    }

    /// The same, with WebGL.
    pub(crate) async fn with_webgl() -> Self {
        Self::of(Running::shared(&SHARED_WITH_WEBGL, WEBGL).await, None).await
    }

    /// A browser with no pages but those of one test, for what is measured of the whole of it.
    pub(crate) async fn alone() -> Self {
        let running = Running::start(PLAIN).await;
        Self::of(running.devtools, Some(running.process)).await
    }

    /// The same, with WebGL.
    pub(crate) async fn alone_with_webgl() -> Self {
        let running = Running::start(WEBGL).await;
        Self::of(running.devtools, Some(running.process)).await
    }

    async fn of(devtools: DevTools, own: Option<Process>) -> Self {
        let made = devtools.call(None, "Target.createBrowserContext", json!({})).await;
        Self { devtools, context: made["browserContextId"].clone(), own }
    }

    /// Saves what pages export into a folder.
    pub(crate) async fn download_to(&self, folder: &Path) {
        let params = json!({ "behavior": "allow", "downloadPath": folder, "browserContextId": self.context });
        self.devtools.call(None, "Browser.setDownloadBehavior", params).await;
    }

    /// An empty page for what is served at `host`, which is `name:port`.
    pub(crate) async fn page(&self, host: &str) -> Page {
        let create = json!({ "url": "about:blank", "browserContextId": self.context });
        let target = self.devtools.call(None, "Target.createTarget", create).await;
        let attach = json!({ "targetId": target["targetId"], "flatten": true });
        let attached = self.devtools.call(None, "Target.attachToTarget", attach).await;
        let session = attached["sessionId"].as_str().expect("a session").to_owned();
        let page = Page::new(self.devtools.clone(), session, host).await;
        if self.own.is_none() {
            // Beside the windows of other tests it is to behave as if it were the only one.
            page.call("Emulation.setFocusEmulationEnabled", json!({ "enabled": true })).await;
        }
        page
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        if self.own.is_some() {
            return;
        }
        let (devtools, context) = (self.devtools.clone(), self.context.take());
        RUNTIME.spawn(async move {
            let params = json!({ "browserContextId": context });
            // Nothing is to be done about a browser that is gone.
            drop(devtools.try_call(None, "Target.disposeBrowserContext", params).await);
        });
    }
}
