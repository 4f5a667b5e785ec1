//! The page at `/dashboard/performance`: one HTML file, a style sheet and ES modules, embedded as they stand.
//!
//! There is no build step and no third-party code. The page asks for nothing but its own files, the data
//! endpoints and the live stream, all by relative addresses, so that it works behind any prefix. Its policy
//! forbids everything else, and any text that would become markup.
//!
//! # What tests hold on to
//! | mark | meaning |
//! |---|---|
//! | `body[data-state]`, `connection-status[data-state]` | `connecting`, `live`, `polling`, `paused`, `reconnecting`, `disabled`, `refused`, `unauthorised` |
//! | `metric-gauge[data-metric]` with `[data-value]` | a gauge and what it shows: `requests`, `latency`, `errors`, `throughput`, `slowest-node`, `cpu`, `memory`, `process`, `queue-depth`, `websocket` |
//! | `[data-level]` | `healthy`, `degraded`, `critical`, `idle` |
//! | `[data-table]`, `tr[data-key]`, `[data-column]` | a table (`nodes`, `operations`, `routes`, `slowest`, `last-errors`, `functions`, `topics`, `caches`, `watched`, `queues`, `statuses`, `alerts`, `alert-events`, `sockets`, `jobs`), a row, its cells; `table[aria-rowcount]` counts all rows and the titles |
//! | `[data-chart][data-points]`, `.sparkline[data-points]` | a drawing and its points: `node-latency`, `node-throughput`, `route-histogram`, `history`, `trend-…` |
//! | `.card[data-node]`, `[data-edge]` | nodes and edges of the drawn graph |
//! | `[data-tool]`, `[data-panel]`, `[data-range]`, `[data-export]` | buttons: `pause`, `theme`, `export`, `help`; panels; `1h`, `24h`, `7d`, `90d`; `csv`, `json` |
//! | the fragment of the address | `node`, `route`, `range`, `theme`, `paused`, `sort-…` and `filter-…` with the name of a table |
//! | measurements `metrics-update`, `metrics-draw` | what a PerformanceObserver hears of each update and each drawing |
//!
//! What the page's own collectors measure (`collectors.js`, which any page may import) is in the store as `rendering`.
//!
//! # Source
//! Section 13 of the requirements; Threat 48.

/// A file of a page.
#[derive(Debug)]
pub(crate) struct Asset {
    pub(crate) path: &'static str,
    pub(crate) content_type: &'static str,
    pub(crate) bytes: &'static [u8],
}

/// What the page may do; sent with each of its files.
pub(crate) const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
    connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; \
    frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'";

pub(crate) const HTML: &str = "text/html; charset=utf-8";
pub(crate) const CSS: &str = "text/css; charset=utf-8";
pub(crate) const JAVASCRIPT: &str = "text/javascript; charset=utf-8";
const SVG: &str = "image/svg+xml";

/// The beginning of every style sheet of ours, followed by a sheet's own rules.
macro_rules! style_sheet {
    ($own:literal) => {
        concat!(include_str!("../dashboard/assets/base.css"), include_str!($own)).as_bytes()
    };
}
pub(crate) use style_sheet;

impl Asset {
    pub(crate) const fn new(path: &'static str, content_type: &'static str, bytes: &'static [u8]) -> Self {
        Self { path, content_type, bytes }
    }
}

/// A file below the page's own path.
macro_rules! asset {
    ($name:literal, $content_type:expr) => {
        Asset::new(
            concat!("/dashboard/performance/", $name),
            $content_type,
            include_bytes!(concat!("assets/", $name)),
        )
    };
}

/// The page itself; what is sent comes from [`page`].
pub(crate) static PAGE: Asset =
    Asset::new("/dashboard/performance", HTML, include_bytes!("assets/index.html"));

/// Where the page's data is while everything stands at its usual place.
const USUAL_PLACES: &str = r#" data-api="../" data-metrics="../" data-admin="../""#;

/// The page, told where its data is: the name of each family that is there, and what stands before its paths, relative
/// to the page.
pub(crate) fn page<'a>(places: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    // A prefix has no character that means anything in markup.
    let attribute = |(family, place)| format!(" data-{family}=\"{place}\"");
    let attributes: String = places.into_iter().map(attribute).collect();
    include_str!("assets/index.html").replacen(USUAL_PLACES, &attributes, 1)
}

/// The files that the page loads.
pub(crate) static FILES: &[Asset] = &[
    Asset::new("/dashboard/performance/style.css", CSS, style_sheet!("assets/style.css")),
    asset!("icon.svg", SVG),
    asset!("address.js", JAVASCRIPT),
    asset!("api.js", JAVASCRIPT),
    asset!("app.js", JAVASCRIPT),
    asset!("bars.js", JAVASCRIPT),
    asset!("chart.js", JAVASCRIPT),
    asset!("collectors.js", JAVASCRIPT),
    asset!("columns.js", JAVASCRIPT),
    asset!("connection-status.js", JAVASCRIPT),
    asset!("csv.js", JAVASCRIPT),
    asset!("derived.js", JAVASCRIPT),
    asset!("dialog.js", JAVASCRIPT),
    asset!("dom.js", JAVASCRIPT),
    asset!("export-dialog.js", JAVASCRIPT),
    asset!("facts.js", JAVASCRIPT),
    asset!("feed.js", JAVASCRIPT),
    asset!("format.js", JAVASCRIPT),
    asset!("frame.js", JAVASCRIPT),
    asset!("graph.js", JAVASCRIPT),
    asset!("help-dialog.js", JAVASCRIPT),
    asset!("history-dialog.js", JAVASCRIPT),
    asset!("history.js", JAVASCRIPT),
    asset!("layers.js", JAVASCRIPT),
    asset!("level.js", JAVASCRIPT),
    asset!("metric-gauge.js", JAVASCRIPT),
    asset!("page-tools.js", JAVASCRIPT),
    asset!("panel-links.js", JAVASCRIPT),
    asset!("panel.js", JAVASCRIPT),
    asset!("recent.js", JAVASCRIPT),
    asset!("rendering.js", JAVASCRIPT),
    asset!("service-title.js", JAVASCRIPT),
    asset!("signal.js", JAVASCRIPT),
    asset!("sources.js", JAVASCRIPT),
    asset!("sparkline.js", JAVASCRIPT),
    asset!("store.js", JAVASCRIPT),
    asset!("table.js", JAVASCRIPT),
    asset!("theme.js", JAVASCRIPT),
    asset!("token-form.js", JAVASCRIPT),
    asset!("token.js", JAVASCRIPT),
    asset!("panels/alerts-panel.js", JAVASCRIPT),
    asset!("panels/cache-database-panel.js", JAVASCRIPT),
    asset!("panels/dag-node-detail-panel.js", JAVASCRIPT),
    asset!("panels/dag-overview-panel.js", JAVASCRIPT),
    asset!("panels/endpoints-panel.js", JAVASCRIPT),
    asset!("panels/functions-panel.js", JAVASCRIPT),
    asset!("panels/queues-panel.js", JAVASCRIPT),
    asset!("panels/rendering-panel.js", JAVASCRIPT),
    asset!("panels/route-detail-panel.js", JAVASCRIPT),
    asset!("panels/self-panel.js", JAVASCRIPT),
    asset!("panels/status-panel.js", JAVASCRIPT),
    asset!("panels/system-panel.js", JAVASCRIPT),
    asset!("panels/trends-panel.js", JAVASCRIPT),
    asset!("panels/websocket-panel.js", JAVASCRIPT),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn assets() -> impl Iterator<Item = &'static Asset> {
        std::iter::once(&PAGE).chain(FILES)
    }

    #[test]
    fn the_page_is_told_where_its_data_is() {
        let usual = [("api", "../"), ("metrics", "../"), ("admin", "../")];
        assert_eq!(page(usual).as_bytes(), PAGE.bytes);
        assert!(page([("api", "../../in/")]).contains(r#"<html lang="en" data-api="../../in/">"#));
    }

    #[test]
    fn the_page_names_no_foreign_place_and_makes_no_markup_of_text() {
        for asset in assets() {
            let text = str::from_utf8(asset.bytes).unwrap();
            for bad in
                ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "https:", "//cdn"]
            {
                assert!(!text.contains(bad), "{bad} in {}", asset.path);
            }
        }
    }

    /// The files that a module imports, in whatever notation.
    fn imports(asset: &Asset) -> Vec<String> {
        let text = str::from_utf8(asset.bytes).unwrap();
        let (folder, _) = asset.path.rsplit_once('/').unwrap();
        let statements =
            text.lines().filter(|line| line.starts_with("import ") || line.starts_with("} from "));
        let named = statements.filter_map(|line| line.split('"').nth(1));
        let path = |name: &str| match name.strip_prefix("../") {
            Some(name) => format!("{}/{name}", folder.rsplit_once('/').unwrap().0),
            None => format!("{folder}/{}", name.strip_prefix("./").unwrap()),
        };
        named.map(path).collect()
    }

    #[test]
    fn every_file_is_used_and_every_file_that_is_used_is_embedded() {
        let mut used: BTreeSet<String> = assets().flat_map(imports).collect();
        used.extend(
            ["style.css", "icon.svg", "app.js", "collectors.js"]
                .map(|name| format!("/dashboard/performance/{name}")),
        );
        let embedded: BTreeSet<String> = FILES.iter().map(|file| file.path.to_owned()).collect();
        assert_eq!(used, embedded);
    }
}
