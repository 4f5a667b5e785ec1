//! The pages in a real browser: what they show, how they answer, what they never do.
//!
//! Each test has a window of its own in a Chromium that all share, or a Chromium of its own where it measures the whole of
//! it. It fails on what the console complains about, on breaches of the page's policy, on requests to others and on anything
//! that is sent to the service.

#![allow(clippy::unwrap_used, reason = "a helper of a test fails the test")]
#![allow(dead_code, reason = "the helpers offer more than these tests need")]

use tokio::sync::RwLock;

#[path = "../support/chromium/mod.rs"]
mod chromium;
#[path = "../support/example.rs"]
mod example;
#[path = "../lidar_example/scans.rs"]
mod scans;
#[path = "../support/servers.rs"]
mod servers;

mod a_quiet_machine;
mod accessibility;
mod admin;
mod charts;
mod collectors;
mod fleet;
mod hostile_names;
mod keyboard;
mod live;
mod looks;
mod many;
mod setup;
mod viewer;
mod watchdog;

/// Held for writing by tests that measure time, so that no other one keeps the machine busy.
static QUIET: RwLock<()> = RwLock::const_new(());
