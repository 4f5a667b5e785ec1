//! Puts `#[timed]` on every function of published crates, and runs their own tests without and with it.
//!
//! Usage: `annotate [NAME]…`, by default every crate of the catalogue. Ends with 1 if any test differs.

mod annotate;
mod catalog;
mod copy;
mod tests;

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use annotate::Counts;
use catalog::{CRATES, Crate};

/// What goes wrong here ends the program, with a word on what it was about.
pub(crate) type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

fn main() -> ExitCode {
    let wanted: Vec<String> = std::env::args().skip(1).collect();
    if let Some(unknown) = wanted.iter().find(|name| CRATES.iter().all(|krate| krate.name != name.as_str())) {
        eprintln!("{unknown} is not in the catalogue");
        return ExitCode::from(2);
    }
    let chosen = |krate: &&Crate| wanted.is_empty() || wanted.iter().any(|name| name == krate.name);
    let mut failed = Vec::new();
    println!(
        "| crate | what it is | functions timed | left out | tests, as before | functions seen | calls |"
    );
    println!("|---|---|---:|---|---:|---:|---:|");
    for krate in CRATES.iter().filter(chosen) {
        match try_crate(krate) {
            Ok(row) => println!("{row}"),
            Err(error) => {
                eprintln!("{} {}: {error}", krate.name, krate.version);
                failed.push(krate.name);
            }
        }
    }
    if failed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// The crate's row of the table.
fn try_crate(krate: &Crate) -> Result<String> {
    let work = target_dir().join(krate.name);
    let source = source_of(krate, &work)?;
    let bare = copy::bare(&source, &work.join("bare"))?;
    let (timed, counts) = copy::timed(&bare, &work.join("timed"), krate)?;
    let before = tests::run(&bare, krate, None)?;
    let seen = work.join("seen.csv");
    let after = tests::run(&timed, krate, Some(&seen))?;
    before.assert_same(&after)?;
    let (functions, calls) = tests::seen(&seen)?;
    Ok(row(krate, &counts, before.len(), functions, calls))
}

fn row(krate: &Crate, counts: &Counts, tests: usize, functions: u64, calls: u64) -> String {
    let Crate { name, version, what, .. } = krate;
    let timed = counts.timed;
    format!(
        "| {name} {version} | {what} | {timed} | {} | {tests} | {functions} | {calls} |",
        counts.left_out()
    )
}

/// Where cargo keeps the crate's source.
fn source_of(krate: &Crate, work: &Path) -> Result<PathBuf> {
    let fetch = work.join("fetch");
    std::fs::create_dir_all(fetch.join("src"))?;
    std::fs::write(fetch.join("src/lib.rs"), "")?;
    let (name, version) = (krate.name, krate.version);
    std::fs::write(
        fetch.join("Cargo.toml"),
        format!(
            "[workspace]\n[package]\nname = \"fetch\"\nedition = \"2024\"\n[dependencies]\n{name} = \"={version}\"\n"
        ),
    )?;
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--manifest-path"])
        .arg(fetch.join("Cargo.toml"))
        .output()?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into());
    }
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout)?;
    let packages = metadata["packages"].as_array().ok_or("cargo metadata without packages")?;
    let package = packages.iter().find(|package| package["name"] == name).ok_or("not fetched")?;
    let manifest = package["manifest_path"].as_str().ok_or("a package without a manifest")?;
    Ok(Path::new(manifest).parent().ok_or("a manifest without a folder")?.to_owned())
}

/// Copies and builds live in the target folder: no foreign source enters the project.
pub(crate) fn target_dir() -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
    target.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("target")).join("annotate")
}
