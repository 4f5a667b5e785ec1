//! A crate's own tests: which there are, and how each ended.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use crate::catalog::Crate;
use crate::{Result, target_dir};

/// How each test ended, by test binary and name.
pub(crate) struct Outcomes(BTreeMap<String, String>);

// === impl Outcomes ===

impl Outcomes {
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// No test is gone, new, or ends in another way; and there are some.
    pub(crate) fn assert_same(&self, timed: &Self) -> Result<()> {
        if self.0.is_empty() {
            return Err("no test ran".into());
        }
        let names = self.0.keys().chain(timed.0.keys());
        let different = names.filter(|name| self.0.get(*name) != timed.0.get(*name)).collect::<Vec<_>>();
        if different.is_empty() { Ok(()) } else { Err(format!("tests that differ: {different:?}").into()) }
    }
}

/// Runs them all, also after one that fails.
pub(crate) fn run(package: &Path, krate: &Crate, seen: Option<&Path>) -> Result<Outcomes> {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.current_dir(package).args(["test", "--lib", "--bins", "--tests", "--no-fail-fast", "--features"]);
    cargo.arg(krate.features.join(",")).args(["--target-dir"]).arg(target_dir().join("build"));
    if let Some(seen) = seen {
        let _ = fs::remove_file(seen);
        cargo.env("ANNOTATE_SEEN", seen);
    }
    // Warnings of foreign code are not ours to judge.
    cargo.env("RUSTFLAGS", "--cap-lints=warn");
    let output = cargo.output()?;
    let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    if stderr.contains("error: could not compile") {
        return Err(format!("does not build:\n{stderr}").into());
    }
    Ok(Outcomes(outcomes(&stdout)))
}

/// `test NAME ... OUTCOME`, the binaries told apart by their order: cargo runs them one after the other.
fn outcomes(stdout: &str) -> BTreeMap<String, String> {
    let mut binary = 0;
    let mut outcomes = BTreeMap::new();
    for line in stdout.lines() {
        if line.starts_with("running ") {
            binary += 1;
        } else if let Some((name, outcome)) =
            line.strip_prefix("test ").and_then(|test| test.split_once(" ... "))
        {
            outcomes.insert(format!("{binary}: {name}"), outcome.to_owned());
        }
    }
    outcomes
}

/// How many functions were seen by the test binary that saw most, and all their calls.
pub(crate) fn seen(path: &Path) -> Result<(u64, u64)> {
    let text = fs::read_to_string(path).map_err(|_| "no test process told what it saw")?;
    let mut most = (0, 0);
    for line in text.lines() {
        let (functions, calls) = line.split_once(',').ok_or("a half-written line")?;
        most = (most.0.max(functions.parse()?), most.1 + calls.parse::<u64>()?);
    }
    if most.1 == 0 { Err("no call was recorded".into()) } else { Ok(most) }
}

#[cfg(test)]
mod unit {
    use super::*;

    #[test]
    fn outcomes_are_read_and_compared() {
        let read = |text: &str| Outcomes(outcomes(text));
        let bare = read("running 1 test\ntest a::b ... ok\nrunning 1 test\ntest a::b ... FAILED\n");
        assert_eq!(bare.len(), 2);
        assert!(bare.assert_same(&bare).is_ok());
        assert!(bare.assert_same(&read("running 1 test\ntest a::b ... ok\n")).is_err());
        assert!(read("").assert_same(&read("")).is_err());
    }
}
