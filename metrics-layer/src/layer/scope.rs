//! Which requests are timed.

use metrics_core::ConfigError;

/// The paths that are timed: those that start with a prefix, by default `/api/`.
///
/// The raw path decides, never a decoded or normalised one: `/api`, `/apix` and `/API/x` are outside (H-21).
#[derive(Clone, Debug)]
pub(super) struct Scope {
    prefix: Box<str>,
}

const DEFAULT_PREFIX: &str = "/api/";

impl Scope {
    pub(super) fn new(prefix: &str) -> Result<Self, ConfigError> {
        if !prefix.starts_with('/') {
            return Err(ConfigError::new("path_prefix", format!("{prefix:?} does not start with /")));
        }
        Ok(Self { prefix: prefix.into() })
    }

    #[inline]
    pub(super) fn contains(&self, path: &str) -> bool {
        path.starts_with(&*self.prefix)
    }
}

impl Default for Scope {
    fn default() -> Self {
        Self { prefix: DEFAULT_PREFIX.into() }
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
    fn a_prefix_starts_with_a_slash() {
        assert!(Scope::new("/").unwrap().contains("/anything"));
        assert_eq!(Scope::new("api").unwrap_err().to_string(), r#"path_prefix: "api" does not start with /"#);
    }
}
