//! Which requests are timed.

use std::fmt;

use metrics_core::ConfigError;

use crate::serve::{Found, Table};

/// The paths that are timed: those that start with a prefix, by default `/api/`, and those that are included, less those
/// that are excluded.
///
/// The raw path decides, never a decoded or normalised one: `/api`, `/apix` and `/API/x` are outside (H-21).
#[derive(Clone)]
pub(super) struct Scope {
    prefix: Box<str>,
    included: Patterns,
    excluded: Patterns,
    /// The paths of the exported handler, when they are out of scope.
    own: Option<Table>,
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
            return Err(ConfigError::new("path_prefix", format!("{prefix:?} does not start with /")));
        }
        Ok(Self { prefix: prefix.into(), ..Self::default() })
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

    #[inline]
    pub(super) fn contains(&self, path: &str) -> bool {
        (path.starts_with(&*self.prefix) || self.included.contain(path)) && !self.excludes(path)
    }

    #[inline]
    fn excludes(&self, path: &str) -> bool {
        let is_own = |table: &Table| !matches!(table.find(path), Found::Foreign);
        self.excluded.contain(path) || self.own.as_ref().is_some_and(is_own)
    }
}

impl Patterns {
    fn insert(&mut self, setting: &'static str, pattern: &str) -> Result<(), ConfigError> {
        self.any = true;
        let inserted = self.router.insert(pattern, ());
        inserted.map_err(|error| ConfigError::new(setting, format!("{pattern:?}: {error}")))
    }

    #[inline]
    fn contain(&self, path: &str) -> bool {
        self.any && self.router.at(path).is_ok()
    }
}

impl fmt::Debug for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scope").field("prefix", &self.prefix).finish_non_exhaustive()
    }
}

impl Default for Scope {
    fn default() -> Self {
        Self {
            prefix: DEFAULT_PREFIX.into(),
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
            assert!(scope.contains(inside), "{inside}");
        }
        for outside in ["", "*", "/", "/api", "/apix", "/API/x", "//api/x", "/x/api/y"] {
            assert!(!scope.contains(outside), "{outside}");
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
            assert!(scope.contains(inside), "{inside}");
        }
        for outside in ["/healthz/x", "/ws", "/api/internal/x", "/api/metrics", "/api/health/performance"] {
            assert!(!scope.contains(outside), "{outside}");
        }
        assert!(scope.exclude("/api/{").unwrap_err().to_string().starts_with(r#"exclude: "/api/{": "#));
    }

    #[test]
    fn a_prefix_starts_with_a_slash() {
        assert!(Scope::new("/").unwrap().contains("/anything"));
        assert_eq!(Scope::new("api").unwrap_err().to_string(), r#"path_prefix: "api" does not start with /"#);
    }
}
