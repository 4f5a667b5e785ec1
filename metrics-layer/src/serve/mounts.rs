//! Where the handler's paths are.

use std::borrow::Cow;

use metrics_core::ConfigError;

/// Which of the handler's four families of paths it answers, and where (CON-20).
///
/// | family | paths at their usual place |
/// |---|---|
/// | [`api`](Self::api) | `/api/metrics`, all below it, `/api/health/performance`, `/ws/system_metrics` |
/// | [`metrics`](Self::metrics) | `/metrics` and all below |
/// | [`admin`](Self::admin) | `/admin/performance` and all below it, `/admin/performance.json`, all below `/api/admin/performance/` |
/// | [`dashboard`](Self::dashboard) | `/dashboard/performance` and its files |
///
/// # Examples
/// The page and its data on the application's port, behind a prefix; the rest elsewhere or nowhere:
/// ```
/// use metrics_layer::Metrics;
/// use metrics_layer::serve::{Mount, Mounts};
///
/// let inside = Mounts::none().api(Mount::at("/internal")).dashboard(Mount::at("/internal"));
/// let metrics = Metrics::builder().mounts(inside).build()?;
/// assert!(metrics.handler().owns("/internal/api/metrics"));
/// assert!(!metrics.handler().owns("/api/metrics"));
/// # Ok::<_, metrics_layer::StartError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Mounts {
    places: [Mount; 4],
}

/// Where one family of paths is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mount {
    /// Before each path; `None` when it is nowhere.
    prefix: Option<Cow<'static, str>>,
}

/// Paths that are mounted together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Family {
    Api,
    Metrics,
    Admin,
    Dashboard,
}

impl Mounts {
    /// All of them at their usual places; the default.
    #[must_use]
    pub fn all() -> Self {
        Self { places: [const { Mount::on() }; 4] }
    }

    /// None of them, to begin with.
    #[must_use]
    pub fn none() -> Self {
        Self { places: [const { Mount::off() }; 4] }
    }

    /// Where the data, health and the live stream are.
    #[must_use]
    pub fn api(self, mount: Mount) -> Self {
        self.set(Family::Api, mount)
    }

    /// Where the documents for monitoring systems are.
    #[must_use]
    pub fn metrics(self, mount: Mount) -> Self {
        self.set(Family::Metrics, mount)
    }

    /// Where the page for administrators and its documents are.
    #[must_use]
    pub fn admin(self, mount: Mount) -> Self {
        self.set(Family::Admin, mount)
    }

    /// Where the page is.
    #[must_use]
    pub fn dashboard(self, mount: Mount) -> Self {
        self.set(Family::Dashboard, mount)
    }

    fn set(mut self, family: Family, mount: Mount) -> Self {
        self.places[family as usize] = mount;
        self
    }

    /// What stands before the paths of a family; `None` when it is off.
    pub(crate) fn prefix(&self, family: Family) -> Option<&str> {
        self.places[family as usize].prefix.as_deref()
    }

    pub(crate) fn check(&self) -> Result<(), ConfigError> {
        let mut prefixes = self.places.iter().filter_map(|place| place.prefix.as_deref());
        prefixes.find(|prefix| !is_prefix(prefix)).map_or(Ok(()), |prefix| {
            let problem = format!(
                "{prefix:?} is not like \"/a/b\": letters, digits and \"-._~\" between slashes, none at the end"
            );
            Err(ConfigError::new("mounts", problem))
        })
    }
}

impl Default for Mounts {
    fn default() -> Self {
        Self::all()
    }
}

impl Mount {
    /// At its usual place.
    #[must_use]
    pub const fn on() -> Self {
        Self { prefix: Some(Cow::Borrowed("")) }
    }

    /// Nowhere: its paths are not the handler's.
    #[must_use]
    pub const fn off() -> Self {
        Self { prefix: None }
    }

    /// Behind a prefix such as `/internal`; checked where the [`Mounts`] are used.
    #[must_use]
    pub fn at(prefix: impl Into<Cow<'static, str>>) -> Self {
        Self { prefix: Some(prefix.into()) }
    }
}

/// Whether it is empty, or path segments that routers and browsers take as they stand.
fn is_prefix(text: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let is_segment = |segment: &str| !matches!(segment, "" | "." | "..") && segment.bytes().all(is_plain);
    text.is_empty() || text.strip_prefix('/').is_some_and(|rest| rest.split('/').all(is_segment))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_is_plain_segments() {
        for good in ["", "/a", "/internal/perf", "/v1.2/~x_-y"] {
            assert!(Mounts::none().api(Mount::at(good)).check().is_ok(), "{good}");
        }
        for bad in
            ["/", "a", "a/", "/a/", "//a", "/a//b", "/a/../b", "/.", "/{id}", "/a b", "/%41", "/ä", "/a?b"]
        {
            let error = Mounts::all().admin(Mount::at(bad)).check().unwrap_err();
            assert!(error.to_string().starts_with(&format!("mounts: {bad:?} is not like")), "{error}");
        }
    }
}
