//! The README shows the example programs as they are, and its links lead somewhere.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::fs;
use std::path::Path;

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

#[test]
fn the_readme_shows_the_example_programs() {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    for example in ["examples/axum_basic/main.rs", "examples/hyper_basic/main.rs"] {
        let program = fs::read_to_string(root().join(example)).unwrap();
        let shown = format!("<!-- {example} -->\n```rust,no_run\n{program}```\n");
        assert!(readme.contains(&shown), "README.md does not show {example} as it is");
        assert!(program.lines().count() < 60, "{example} is no short example any more");
    }
}

#[test]
fn the_readme_lists_the_paths_that_there_are() {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let list = fs::read_to_string(root().join("metrics-layer/src/serve/endpoints.md")).unwrap();
    assert!(
        readme.contains(&list.replace("| path | answer |", "| path | what |")),
        "README.md should list:\n{list}"
    );
}

#[test]
fn what_the_readme_links_to_is_there() {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let links = readme.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    let local: Vec<_> = links.filter(|link| !link.starts_with("http")).collect();
    assert!(local.len() > 5);
    for link in local {
        assert!(root().join(link).exists(), "{link}");
    }
}
