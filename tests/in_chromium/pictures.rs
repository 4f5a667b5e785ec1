//! Where pictures of pages go, for people to look at.

use std::path::{Path, PathBuf};

/// `target/pictures/NAME.png`, or beside the tests if they are elsewhere.
pub(crate) fn file(name: &str) -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let target = test.ancestors().nth(3).unwrap_or(Path::new("."));
    target.join("pictures").join(format!("{name}.png"))
}
