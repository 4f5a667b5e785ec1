//! Which requests are timed.

use std::fmt;

use metrics_core::ConfigError;

use super::routed;
use crate::serve::{Found, Table};

/// The paths that are timed: those that start with a prefix, by default `/api/`, and those that are included, less those
/// that are excluded.
///
/// The raw path decides, never a decoded or normalised one: `/api`, `/apix` and `/API/x` are outside (H-21). Inside of a
/// nested router that is what is left of it, or the whole one.
#[derive(Clone)]
pub(super) struct Scope {
    prefix: Prefix,
    included: Patterns,
    excluded: Patterns,
    /// The paths of the exported handler, when they are out of scope.
    own: Option<Table>,
}

/// What paths begin with.
#[derive(Clone)]
struct Prefix {
    text: Box<str>,
    /// The first bytes of the text, and zeros.
    head: u64,
    /// Ones where `head` is text.
    mask: u64,
}

/// Path patterns in the notation of routes.
#[derive(Clone, Default)]
struct Patterns {
    router: matchit::Router<()>,
    any: bool,
}

const DEFAULT_PREFIX: &str = "/api/";

impl Scope {
    pub(super) fn new(prefix: &str) -> Result<Self, ConfigError> {
        if !prefix.starts_with('/') {
            return Err(no_slash("path_prefix", prefix));
        }
        Ok(Self { prefix: Prefix::new(prefix), ..Self::default() })
    }

    /// The same with another prefix.
    pub(super) fn with_prefix(self, prefix: &str) -> Result<Self, ConfigError> {
        Ok(Self { prefix: Self::new(prefix)?.prefix, ..self })
    }

    pub(super) fn include(&mut self, pattern: &str) -> Result<(), ConfigError> {
        self.included.insert("include", pattern)
    }

    pub(super) fn exclude(&mut self, pattern: &str) -> Result<(), ConfigError> {
        self.excluded.insert("exclude", pattern)
    }

    /// Leaves out every path of a handler, those that it answers with 404 too.
    pub(super) fn exclude_handler(&mut self, table: Table) {
        self.own = Some(table);
    }

    /// `prefix` is what nested routers took off the path.
    #[inline]
    pub(super) fn contains<'a>(&self, path: &str, prefix: impl FnOnce() -> Option<&'a str>) -> bool {
        self.includes(path) && !self.excludes(path)
            || prefix().is_some_and(|prefix| self.contains_below(prefix, routed::left(path)))
    }

    /// What is left of a path may be excluded as well as the whole of it, which is written out only where patterns need it.
    #[inline(never)]
    fn contains_below(&self, prefix: &str, left: &str) -> bool {
        if self.excludes(left) {
            return false;
        }
        let begins = self.prefix.begins_in_two(prefix, left);
        if !self.included.any && !self.excluded.any {
            return begins;
        }
        let whole = format!("{prefix}{left}");
        (begins || self.included.contain(&whole)) && !self.excluded.contain(&whole)
    }

    #[inline]
    fn includes(&self, path: &str) -> bool {
        self.prefix.begins(path) || self.included.contain(path)
    }

    #[inline]
    fn excludes(&self, path: &str) -> bool {
        let is_own = |table: &Table| !matches!(table.find(path), Found::Foreign);
        self.excluded.contain(path) || self.own.as_ref().is_some_and(is_own)
    }
}

impl Prefix {
    fn new(text: &str) -> Self {
        let known = text.len().min(size_of::<u64>());
        let (mut head, mut mask) = ([0; 8], [0; 8]);
        head[..known].copy_from_slice(&text.as_bytes()[..known]);
        mask[..known].fill(u8::MAX);
        Self { text: text.into(), head: u64::from_le_bytes(head), mask: u64::from_le_bytes(mask) }
    }

    /// Decides most paths by their first eight bytes.
    #[inline]
    fn begins(&self, path: &str) -> bool {
        match path.as_bytes().first_chunk() {
            Some(head) if u64::from_le_bytes(*head) & self.mask != self.head => false,
            Some(_) if self.text.len() <= size_of::<u64>() => true,
            _ => path.starts_with(&*self.text),
        }
    }

    /// The same of a path in two parts.
    fn begins_in_two(&self, first: &str, second: &str) -> bool {
        match self.text.strip_prefix(first) {
            Some(rest) => second.starts_with(rest),
            None => first.starts_with(&*self.text),
        }
    }
}

impl Patterns {
    fn insert(&mut self, setting: &'static str, pattern: &str) -> Result<(), ConfigError> {
        insert(&mut self.router, setting, pattern, ())?;
        self.any = true;
        Ok(())
    }

    #[inline(never)]
    fn find(&self, path: &str) -> bool {
        self.router.at(path).is_ok()
    }

    #[inline(always)]
    fn contain(&self, path: &str) -> bool {
        self.any && self.find(path)
    }
}

/// Adds a pattern, unless no path can have it.
pub(super) fn insert<T>(
    router: &mut matchit::Router<T>,
    setting: &'static str,
    pattern: &str,
    value: T,
) -> Result<(), ConfigError> {
    // A path starts with a slash, but for those of CONNECT and `OPTIONS *`.
    if !pattern.starts_with(['/', '{']) && !matches!(pattern, "" | "*") {
        return Err(no_slash(setting, pattern));
    }
    router.insert(pattern, value).map_err(|error| ConfigError::new(setting, format!("{pattern:?}: {error}")))
}

fn no_slash(setting: &'static str, text: &str) -> ConfigError {
    ConfigError::new(setting, format!("{text:?} does not start with /"))
}

impl fmt::Debug for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scope").field("prefix", &self.prefix.text).finish_non_exhaustive()
    }
}

impl Default for Scope {
    fn default() -> Self {
        Self {
            prefix: Prefix::new(DEFAULT_PREFIX),
            included: Patterns::default(),
            excluded: Patterns::default(),
            own: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_paths_under_api_are_timed() {
        let scope = Scope::default();
        for inside in ["/api/", "/api/x", "/api//x", "/api/../x", "/api/%2e"] {
            assert!(scope.contains(inside, || None), "{inside}");
        }
        for outside in ["", "*", "/", "/api", "/apix", "/API/x", "//api/x", "/x/api/y"] {
            assert!(!scope.contains(outside, || None), "{outside}");
        }
    }

    #[test]
    fn patterns_add_to_the_prefix_and_take_away_from_it() {
        let mut scope = Scope::default();
        scope.include("/healthz").unwrap();
        scope.include("/ws/{*rest}").unwrap();
        scope.exclude("/api/internal/{*rest}").unwrap();
        scope.exclude_handler(Table::usual());
        for inside in ["/api/x", "/healthz", "/ws/points", "/api/internal"] {
            assert!(scope.contains(inside, || None), "{inside}");
        }
        for outside in ["/healthz/x", "/ws", "/api/internal/x", "/api/metrics", "/api/health/performance"] {
            assert!(!scope.contains(outside, || None), "{outside}");
        }
        assert!(scope.exclude("/api/{").unwrap_err().to_string().starts_with(r#"exclude: "/api/{": "#));
    }

    #[test]
    fn patterns_that_no_path_has_are_refused() {
        let mut scope = Scope::default();
        for pattern in ["api/secret", ":id", "*rest", "https://example.com/api/secret"] {
            let refused = format!("{pattern:?} does not start with /");
            assert_eq!(scope.include(pattern).unwrap_err().to_string(), format!("include: {refused}"));
            assert_eq!(scope.exclude(pattern).unwrap_err().to_string(), format!("exclude: {refused}"));
        }
        assert!(!scope.included.any && !scope.excluded.any);
        for target in ["", "*"] {
            scope.include(target).unwrap();
            assert!(scope.contains(target, || None), "{target:?}");
        }
    }

    #[test]
    fn inside_of_a_nested_router_the_whole_path_counts_too() {
        let assert_rows = |scope: &Scope, rows: &[(&str, &str, bool)]| {
            for (prefix, left, expected) in rows {
                assert_eq!(scope.contains(left, || Some(*prefix)), *expected, "{prefix} {left}");
            }
        };
        let mut scope = Scope::default();
        assert_rows(
            &scope,
            &[
                ("/api", "/scans/7", true),
                ("/api/v1", "/", true),
                ("/api/{tenant}", "/scans/7", true),
                ("/v1", "/api/scans/7", true),
                ("/api", "/", false),
                ("/v1", "/scans/7", false),
                ("/apix", "/scans/7", false),
            ],
        );
        scope.include("/v1/scans/{id}").unwrap();
        scope.exclude("/api/secret/{*rest}").unwrap();
        scope.exclude("/internal").unwrap();
        assert_rows(
            &scope,
            &[
                ("/api", "/scans/7", true),
                ("/v1", "/scans/7", true),
                ("/v1", "/nodes/7", false),
                ("/api", "/internal", false),
                ("/api", "/secret/7", false),
                ("/api", "/api/secret/7", false),
            ],
        );
    }

    proptest::proptest! {
        #[test]
        fn a_prefix_is_that_of_strings(prefix in "/[a/]{0,12}", path in "/[a/é]{0,14}") {
            let scope = Scope::new(&prefix).unwrap();
            proptest::prop_assert_eq!(scope.contains(&path, || None), path.starts_with(&prefix));
            let below = format!("{prefix}{path}");
            proptest::prop_assert!(scope.contains(&below, || None));
            for (at, _) in path.char_indices() {
                let (first, second) = path.split_at(at);
                proptest::prop_assert_eq!(scope.prefix.begins_in_two(first, second), path.starts_with(&prefix));
            }
        }
    }

    #[test]
    fn a_prefix_starts_with_a_slash() {
        assert!(Scope::new("/").unwrap().contains("/anything", || None));
        assert_eq!(Scope::new("api").unwrap_err().to_string(), r#"path_prefix: "api" does not start with /"#);
    }
}
