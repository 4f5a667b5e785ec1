//! A published crate as a package of its own, bare and timed.

use std::fs;
use std::path::{Path, PathBuf};

use crate::annotate::{Counts, annotate};
use crate::catalog::Crate;
use crate::{Result, target_dir};

/// As published. Its lock file is left behind: both copies use the newest dependencies, the same ones.
pub(crate) fn bare(source: &Path, to: &Path) -> Result<PathBuf> {
    if to.exists() {
        fs::remove_dir_all(to)?;
    }
    copy(source, to)?;
    let _ = fs::remove_file(to.join("Cargo.lock"));
    let manifest = fs::read_to_string(to.join("Cargo.toml"))?;
    fs::write(to.join("Cargo.toml"), format!("{manifest}\n[workspace]\n"))?;
    Ok(to.to_owned())
}

/// With `#[timed]` on every function.
pub(crate) fn timed(bare: &Path, to: &Path, krate: &Crate) -> Result<(PathBuf, Counts)> {
    if to.exists() {
        fs::remove_dir_all(to)?;
    }
    copy(bare, to)?;
    let mut counts = Counts::default();
    for path in krate.annotated {
        annotate_all(&to.join(path), &mut counts)?;
    }
    let recording = Path::new(env!("CARGO_MANIFEST_DIR")).join("recording");
    let manifest = fs::read_to_string(to.join("Cargo.toml"))?;
    let dependency = format!("\n[dependencies.recording]\npath = {recording:?}\n");
    fs::write(to.join("Cargo.toml"), manifest + &dependency)?;
    Ok((to.to_owned(), counts))
}

fn annotate_all(path: &Path, counts: &mut Counts) -> Result<()> {
    if path.is_dir() {
        for entry in fs::read_dir(path)? {
            annotate_all(&entry?.path(), counts)?;
        }
    } else if path.extension().is_some_and(|extension| extension == "rs") {
        let annotated = annotate(&fs::read_to_string(path)?, counts);
        let annotated = annotated.map_err(|error| format!("{}: {error}", path.display()))?;
        fs::write(path, annotated)?;
    }
    Ok(())
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    debug_assert!(to.starts_with(target_dir()));
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let (from, to) = {
            let entry = entry?;
            (entry.path(), to.join(entry.file_name()))
        };
        if from.is_dir() {
            copy(&from, &to)?;
        } else {
            fs::copy(&from, &to)?;
        }
    }
    Ok(())
}
