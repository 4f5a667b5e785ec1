//! Every shape of function behaves as without the attribute, in every edition.
//!
//! The shapes are in `tests/conformance`, a workspace of its own: each is compiled bare and timed under
//! `deny(warnings)`, and both must show their callers the same. Here they are built, run and counted.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Fewer would not be the suite that was asked for.
const LEAST_SHAPES: usize = 80;

const EDITIONS: [&str; 3] = ["edition2018", "edition2021", "edition2024"];

#[test]
fn every_shape_behaves_as_before_in_every_edition() {
    let output = Command::new(env!("CARGO"))
        .args(["test", "--quiet", "--workspace", "--manifest-path"])
        .arg(workspace().join("Cargo.toml"))
        .arg("--target-dir")
        .arg(target_dir("conformance"))
        .args(["--", "--nocapture", "--test-threads", "1"])
        .env_remove("RUSTFLAGS")
        .output()
        .unwrap();
    let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{stdout}\n{stderr}");
    let seen: BTreeSet<(&str, &str)> = stdout.lines().filter_map(shape).collect();
    let shapes: BTreeSet<&str> = seen.iter().map(|(shape, _)| *shape).collect();
    println!("{} shapes, {} with their editions, as before", shapes.len(), seen.len());
    assert!(shapes.len() >= LEAST_SHAPES, "only {} shapes: {shapes:?}", shapes.len());
    for edition in EDITIONS {
        let in_edition = seen.iter().filter(|(_, with)| *with == edition).count();
        assert!(in_edition >= LEAST_SHAPES, "only {in_edition} shapes in {edition}");
    }
}

/// Where panics abort, a timed function dies as a bare one: by the same signal, with the same last words.
#[test]
fn panics_abort_as_before_where_they_abort() {
    let built = Command::new(env!("CARGO"))
        .args([
            "build",
            "--quiet",
            "--package",
            "abort",
            "--config",
            "profile.dev.panic='abort'",
            "--config",
            "profile.dev.opt-level=0",
            "--manifest-path",
        ])
        .arg(workspace().join("Cargo.toml"))
        .arg("--target-dir")
        .arg(target_dir("conformance-abort"))
        .env_remove("RUSTFLAGS")
        .output()
        .unwrap();
    assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
    let run = |how, name| {
        let program = target_dir("conformance-abort").join("debug/abort");
        let output = Command::new(program).args([how, name]).env_remove("RUST_BACKTRACE").output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        // The first line names the process.
        let words: Vec<_> =
            said.lines().filter(|line| !line.starts_with("thread ")).map(str::to_owned).collect();
        (output.status, words)
    };
    for name in ["function", "outcome", "node", "future", "block"] {
        let (status, words) = run("timed", name);
        assert_eq!((status, words.clone()), run("bare", name), "{name}");
        assert!(
            status.code().is_none() && words.iter().any(|line| line == "on purpose"),
            "{name}: {words:?}"
        );
    }
}

/// `shape NAME as before in EDITION`.
fn shape(line: &str) -> Option<(&str, &str)> {
    line.split_once("shape ")?.1.split_once(" as before in ")
}

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/conformance")
}

/// Beside this test's own build, so that `cargo clean` finds it; not the same, which is locked by cargo. One for each test,
/// and none inside another: cargo makes them under other names and moves them, over what another one has in there.
fn target_dir(name: &str) -> PathBuf {
    let beside = std::env::current_exe().unwrap().ancestors().nth(3).unwrap().join(name);
    assert!(!beside.starts_with(workspace()));
    beside
}
