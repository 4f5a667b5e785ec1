//! The route a request takes, as a template.

use metrics_core::{ConfigError, UNMATCHED};

use super::{routed, scope};

/// Templates registered by hand, for stacks whose router leaves none in the request.
#[derive(Clone, Default)]
pub(super) struct Templates {
    router: matchit::Router<Box<str>>,
}

impl Templates {
    pub(super) fn insert(&mut self, template: &str) -> Result<(), ConfigError> {
        scope::insert(&mut self.router, "route", template, template.into())
    }

    /// The template of a request: the router's own if it left one, else a registered one.
    #[inline]
    pub(super) fn of<'a, B>(&'a self, request: &'a http::Request<B>) -> &'a str {
        routed::template(request).unwrap_or_else(|| self.find(request.uri().path()))
    }

    fn find(&self, path: &str) -> &str {
        self.router.at(path).map_or(UNMATCHED, |found| found.value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn registered_templates_are_found_by_path() {
        let mut templates = Templates::default();
        templates.insert("/api/scans/{id}").unwrap();
        templates.insert("/api/files/{*path}").unwrap();
        assert_eq!(templates.find("/api/scans/7"), "/api/scans/{id}");
        assert_eq!(templates.find("/api/files/a/b"), "/api/files/{*path}");
        assert_eq!(templates.find("/api/scans/7/points"), UNMATCHED);
    }

    #[test]
    fn contradicting_templates_are_refused() {
        let mut templates = Templates::default();
        templates.insert("/api/{a}").unwrap();
        let error = templates.insert("/api/{b}").unwrap_err().to_string();
        assert!(error.starts_with(r#"route: "/api/{b}": "#), "{error}");
    }

    #[test]
    fn templates_that_no_path_has_are_refused() {
        let mut templates = Templates::default();
        for template in ["api/scans/{id}", "GET /api/scans/{id}"] {
            let error = templates.insert(template).unwrap_err().to_string();
            assert_eq!(error, format!("route: {template:?} does not start with /"));
        }
    }
}
