//! The rows of [`routes`](super::routes) at the places where one handler has them.

use metrics_core::{ConfigError, LatencyThresholds};

use super::Mounts;
use super::mounts::Family;
use super::routes::{Route, SCOPES, rows};
use crate::dashboard::View;

/// The paths of one handler.
#[derive(Clone, Debug)]
pub(crate) struct Table {
    /// In the order of their paths.
    places: Vec<Place>,
    scopes: Vec<String>,
    mounts: Mounts,
}

/// A row and where it is.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    pub(crate) path: String,
    pub(crate) route: Route,
}

/// A family that the page reads.
struct Read {
    family: Family,
    /// In the page.
    name: &'static str,
    /// The one that says most.
    document: &'static str,
}

const READ: [Read; 3] = [
    Read { family: Family::Api, name: "api", document: "api/metrics" },
    Read { family: Family::Metrics, name: "metrics", document: "metrics" },
    Read { family: Family::Admin, name: "admin", document: "admin/performance/json" },
];

/// What is known of a path.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Found<'a> {
    Route(&'a Route),
    /// The handler's, but nothing is there.
    Nothing,
    /// Somebody else's.
    Foreign,
}

impl Table {
    pub(crate) fn new(mounts: &Mounts) -> Result<Self, ConfigError> {
        mounts.check()?;
        let at = |family: Family, path: &str| Some(format!("{}{path}", mounts.prefix(family)?));
        let place = |route: Route| Some(Place { path: at(route.family, route.path)?, route });
        let mut places: Vec<_> = rows().filter_map(place).collect();
        // Of two rows that mounts put at one path, the first is the one there: the sort leaves it before the other.
        places.sort_by(|one, other| one.path.cmp(&other.path));
        places.dedup_by(|later, first| later.path == first.path);
        let mut scopes: Vec<_> = SCOPES.iter().filter_map(|(family, path)| at(*family, path)).collect();
        scopes.sort();
        scopes.dedup();
        Ok(Self { places, scopes, mounts: mounts.clone() })
    }

    /// All families at their usual places.
    pub(crate) fn usual() -> Self {
        Self::new(&Mounts::all()).expect("no prefix is a good prefix")
    }

    pub(crate) fn find(&self, path: &str) -> Found<'_> {
        let first = self.places.partition_point(|place| *place.path < *path);
        match self.places.get(first) {
            Some(place) if place.path == path => Found::Route(&place.route),
            _ if self.scopes.iter().any(|scope| path.starts_with(scope)) => Found::Nothing,
            _ => Found::Foreign,
        }
    }

    pub(crate) fn places(&self) -> &[Place] {
        &self.places
    }

    /// What the page of a family is told.
    pub(crate) fn view(&self, page: Family, thresholds: LatencyThresholds) -> View {
        let from = self.mounts.prefix(page).unwrap_or_default();
        let place = |read: &'static Read| Some((read, relative(from, self.mounts.prefix(read.family)?)));
        let read: Vec<_> = READ.iter().filter_map(place).collect();
        let first = read.iter().find(|(read, _)| read.family == page).or(read.first());
        let json = first.map(|(read, place)| format!("{place}{}", read.document)).unwrap_or_default();
        let places = read.into_iter().map(|(read, place)| (read.name, place)).collect();
        let page = if page == Family::Admin { "admin" } else { "dashboard" };
        View { page, thresholds, places, json }
    }

    /// Every path in axum's notation, those of the scopes too.
    #[cfg(feature = "axum")]
    pub(crate) fn axum_paths(&self) -> impl Iterator<Item = String> {
        let exact = self.places.iter().map(|place| place.path.clone());
        let is_listed = |path: &str| self.places.iter().any(|place| place.path == path);
        let bare = self.scopes.iter().filter(move |scope| !is_listed(scope)).cloned();
        let below = self.scopes.iter().map(|scope| format!("{scope}{{*rest}}"));
        exact.chain(bare).chain(below)
    }
}

/// Relative, so that it holds behind any prefix that a router or a proxy takes away. Pages are at
/// `dashboard/performance` and `admin/performance`, one step below their own prefix.
fn relative(page: &str, family: &str) -> String {
    if page == family {
        return "../".to_owned();
    }
    let up = "../".repeat(1 + page.matches('/').count());
    let down = family.strip_prefix('/').map(|family| format!("{family}/")).unwrap_or_default();
    up + &down
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::serve::Mount;

    fn table(mounts: &Mounts) -> Table {
        Table::new(mounts).unwrap()
    }

    #[test]
    fn paths_are_compared_exactly() {
        let table = table(&Mounts::all());
        for path in ["/metrics", "/api/metrics", "/api/health/performance", "/dashboard/performance"] {
            assert!(matches!(table.find(path), Found::Route(_)), "{path}");
        }
        for path in
            ["", "*", "/", "/api", "/api/metricsx", "/API/metrics", "/dashboard", "/ws/system_metrics/"]
        {
            assert!(matches!(table.find(path), Found::Foreign), "{path}");
        }
        for path in ["/api/metrics/", "/api/metrics/x", "/dashboard/performance/..%2fx", "/metrics/x"] {
            assert!(matches!(table.find(path), Found::Nothing), "{path}");
        }
    }

    /// CON-20: each family alone, on or off, here or elsewhere.
    #[test]
    fn families_are_mounted_apart() {
        type Set = fn(Mounts, Mount) -> Mounts;
        let families: [(&str, Set); 4] = [
            ("/api/metrics", Mounts::api),
            ("/metrics/prometheus", Mounts::metrics),
            ("/admin/performance/json", Mounts::admin),
            ("/dashboard/performance/app.js", Mounts::dashboard),
        ];
        for (path, set) in families {
            let is_at = |mounts: &Mounts, path: &str| matches!(table(mounts).find(path), Found::Route(_));
            let off = set(Mounts::all(), Mount::off());
            let alone = set(Mounts::none(), Mount::on());
            let moved = set(Mounts::all(), Mount::at("/in/side"));
            for (other, _) in families {
                let is_this = other == path;
                assert_eq!(is_at(&off, other), !is_this, "{path} off, {other}");
                assert_eq!(is_at(&alone, other), is_this, "{path} alone, {other}");
                assert_eq!(is_at(&moved, other), !is_this, "{path} moved, {other}");
            }
            assert!(is_at(&moved, &format!("/in/side{path}")));
            assert!(matches!(table(&off).find("/api/metrics/x"), Found::Foreign) == (path == "/api/metrics"));
        }
    }

    #[test]
    fn of_two_rows_at_one_path_the_first_answers() {
        let table = table(&Mounts::all().metrics(Mount::at("/api")));
        let Found::Route(route) = table.find("/api/metrics") else { panic!("there are two") };
        assert_eq!(route.family, Family::Api);
        assert!(matches!(table.find("/api/metrics/summary"), Found::Route(_)));
        let there = table.places.iter().filter(|place| place.path == "/api/metrics");
        assert_eq!(there.count(), 1);
    }

    #[test]
    fn the_page_finds_its_data() {
        let between = |page: &'static str, api: &'static str| {
            let mounts = Mounts::all().dashboard(Mount::at(page)).api(Mount::at(api)).admin(Mount::off());
            let view = table(&mounts).view(Family::Dashboard, LatencyThresholds::default());
            let [(_, api), (_, metrics)] = <[_; 2]>::try_from(view.places).unwrap();
            assert_eq!(metrics, relative(page, ""));
            api
        };
        assert_eq!(between("", ""), "../");
        assert_eq!(between("/a/b", "/a/b"), "../");
        assert_eq!(between("/a/b", ""), "../../../");
        assert_eq!(between("", "/in/side"), "../in/side/");
        assert_eq!(between("/a", "/b"), "../../b/");
    }
}
