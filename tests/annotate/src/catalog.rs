//! The crates, of different character, that ship their tests.

/// A published crate.
pub(crate) struct Crate {
    pub(crate) name: &'static str,
    pub(crate) version: &'static str,
    pub(crate) what: &'static str,
    pub(crate) features: &'static [&'static str],
    /// Folders and files whose functions are timed.
    pub(crate) annotated: &'static [&'static str],
}

/// Small ones first: `ci/test.sh` takes the first two.
pub(crate) const CRATES: [Crate; 8] = [
    Crate::of("semver", "1.0.28", "parser"),
    Crate::of("slab", "0.4.12", "data structure, no_std"),
    Crate {
        annotated: &["src", "tests/test.rs", "tests/executor"],
        ..Crate::of("async-trait", "0.1.92", "functions as `#[async_trait]` rewrites them")
    },
    Crate::of("itertools", "0.14.0", "iterator adaptors: heavy generics"),
    Crate::of("indexmap", "2.14.2", "data structure"),
    Crate::of("petgraph", "0.8.3", "data structures and algorithms, heavy generics"),
    Crate::of("mini-redis", "0.4.1", "async client and server"),
    Crate { features: &["full"], ..Crate::of("tower", "0.5.3", "Tower middleware") },
];

impl Crate {
    const fn of(name: &'static str, version: &'static str, what: &'static str) -> Self {
        Self { name, version, what, features: &[], annotated: &["src"] }
    }
}
