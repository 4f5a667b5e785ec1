//! Names of routes, and those that the process has.

use crate::error::ConfigError;
use crate::name::{MAX_NAME_BYTES, PERFORMANCE_BLOCKS};

/// A name, and the route that has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NamedRoute {
    pub(crate) name: String,
    pub(crate) method: String,
    pub(crate) template: String,
}

impl NamedRoute {
    pub(crate) fn new(name: impl Into<String>, method: impl AsRef<str>, template: impl Into<String>) -> Self {
        Self { name: name.into(), method: method.as_ref().to_owned(), template: template.into() }
    }

    fn problem(&self) -> Option<&'static str> {
        let Self { name, method, template } = self;
        let bounded = [name, method, template].into_iter().all(|text| text.len() <= MAX_NAME_BYTES);
        match () {
            () if name.is_empty() => Some("has no name"),
            () if !bounded => Some("is longer than 256 bytes"),
            () if method.is_empty() => Some("has no method"),
            () if !template.starts_with('/') => Some("has a template that does not start with /"),
            () => None,
        }
    }
}

/// Checks what tags the points of this process: one line of text, and not too long.
pub(super) fn check_tag(setting: &'static str, value: &str) -> Result<(), ConfigError> {
    let problem = match value {
        "" => "is empty".to_owned(),
        _ if value.len() > MAX_NAME_BYTES => "is longer than 256 bytes".to_owned(),
        _ if value.chars().any(char::is_control) => format!("{value:?} has a control character"),
        _ => return Ok(()),
    };
    Err(ConfigError::new(setting, problem))
}

/// Checks the watched routes: no name is used twice, or for another part of the document that shows them.
pub(super) fn check_watched(routes: &[NamedRoute]) -> Result<(), ConfigError> {
    let refuse = |name: &str, problem: &str| Err(ConfigError::new("watch", format!("{name:?} {problem}")));
    for (place, route) in routes.iter().enumerate() {
        if let Some(problem) = route.problem() {
            return refuse(&route.name, problem);
        }
        if PERFORMANCE_BLOCKS.contains(&&*route.name) {
            return refuse(&route.name, "is the name of another block");
        }
        if routes[..place].iter().any(|other| other.name == route.name) {
            return refuse(&route.name, "is watched twice");
        }
    }
    Ok(())
}

/// Checks the names of endpoints: a route has one.
pub(super) fn check_endpoints(routes: &[NamedRoute]) -> Result<(), ConfigError> {
    for (place, route) in routes.iter().enumerate() {
        let named_before = || {
            routes[..place]
                .iter()
                .any(|other| (&other.method, &other.template) == (&route.method, &route.template))
        };
        let problem = route.problem().or_else(|| named_before().then_some("names a route that has a name"));
        if let Some(problem) = problem {
            return Err(ConfigError::new("endpoint", format!("{:?} {problem}", route.name)));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn watched_routes_that_make_no_sense_are_refused() {
        let route = |name: &str, method: &str, template: &str| NamedRoute::new(name, method, template);
        let good = route("ratings_post", "POST", "/api/ratings/{media_hash}");
        assert!(check_watched(&[good.clone(), route("ratings", "GET", "/api/ratings/{media_hash}")]).is_ok());
        for (bad, problem) in [
            (route("", "POST", "/x"), r#"watch: "" has no name"#),
            (route("x", "", "/x"), r#"watch: "x" has no method"#),
            (route("x", "GET", "x"), r#"watch: "x" has a template that does not start with /"#),
            (route("endpoints", "GET", "/x"), r#"watch: "endpoints" is the name of another block"#),
            (route("ratings_post", "GET", "/x"), r#"watch: "ratings_post" is watched twice"#),
        ] {
            assert_eq!(check_watched(&[good.clone(), bad]).unwrap_err().to_string(), problem);
        }
        let long = route("x", "GET", &format!("/{}", "x".repeat(MAX_NAME_BYTES)));
        assert_eq!(check_watched(&[long]).unwrap_err().to_string(), r#"watch: "x" is longer than 256 bytes"#);
    }

    #[test]
    fn a_route_has_one_name() {
        let route = |name: &str, method: &str| NamedRoute::new(name, method, "/watch/{filename}");
        assert!(check_endpoints(&[route("main.watch", "GET"), route("main.watch", "HEAD")]).is_ok());
        let error = check_endpoints(&[route("main.watch", "GET"), route("other", "GET")]).unwrap_err();
        assert_eq!(error.to_string(), r#"endpoint: "other" names a route that has a name"#);
    }
}
