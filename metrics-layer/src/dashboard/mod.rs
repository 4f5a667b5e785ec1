//! The page: one HTML file, a style sheet and ES modules, embedded as they stand. It is at `/dashboard/performance`, and
//! at `/admin/performance` with the blocks of seed 2 in front; each has all files below itself.
//!
//! There is no build step and no third-party code. The page asks for nothing but its own files, the data
//! endpoints and the live stream, all by relative addresses, so that it works behind any prefix. Its policy
//! forbids everything else, and any text that would become markup.
//!
//! # What tests hold on to
//! | mark | meaning |
//! |---|---|
//! | `body[data-state]`, `connection-status[data-state]` | `connecting`, `live`, `polling`, `paused`, `reconnecting`, `disabled`, `refused`, `unauthorised` |
//! | `metric-gauge[data-metric]` with `[data-value]` | a gauge and what it shows: `requests`, `latency`, `errors`, `throughput`, `slowest-node`, `cpu`, `memory`, `process`, `queue-depth`, `websocket`; in front of the page for administrators `cache-hit-rate`, `uptime`, `queries-per-request` and `watched`, with the name of the route in `[name]` |
//! | `[data-level]` | `healthy`, `degraded`, `critical`, `idle` |
//! | `[data-table]`, `tr[data-key]`, `[data-column]` | a table (`nodes`, `operations`, `routes`, `route-stats`, `slowest`, `last-errors`, `functions`, `topics`, `caches`, `watched`, `queues`, `statuses`, `alerts`, `alert-events`, `sockets`, `jobs`, `page-requests`), a row, its cells; `table[aria-rowcount]` counts all rows and the titles |
//! | `[data-chart][data-points]`, `.sparkline[data-points]` | a drawing and its points: `node-latency`, `node-throughput`, `route-histogram`, `history`, `trend-…` |
//! | `.card[data-node]`, `[data-edge]` | nodes and edges of the drawn graph |
//! | `[data-tool]`, `[data-panel]`, `[data-range]`, `[data-export]` | buttons: `pause`, `theme`, `export`, `help`; panels; `1h`, `24h`, `7d`, `90d`; `csv`, `json` |
//! | `.sourceless` | a panel whose family of paths is not mounted |
//! | the fragment of the address | `node`, `route`, `range`, `theme`, `paused`, `sort-…` and `filter-…` with the name of a table |
//! | measurements `metrics-update`, `metrics-draw` | what a PerformanceObserver hears of each update and each drawing |
//!
//! What the page's own collectors measure (`collectors.js`, which any page may import) is in the store as `rendering`.
//!
//! # Source
//! Section 13 of the requirements; E-05; Threat 48.

use metrics_core::LatencyThresholds;

/// A file that the page loads.
#[derive(Debug)]
pub(crate) struct Asset {
    /// Where it is below each of the two pages.
    pub(crate) at_dashboard: &'static str,
    pub(crate) at_admin: &'static str,
    pub(crate) content_type: &'static str,
    pub(crate) bytes: &'static [u8],
}

/// What the page may do; sent with each of its files.
pub(crate) const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
    connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; \
    frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'";

pub(crate) const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const JAVASCRIPT: &str = "text/javascript; charset=utf-8";
const SVG: &str = "image/svg+xml";

macro_rules! asset {
    ($name:literal, $content_type:expr) => {
        Asset {
            at_dashboard: concat!("/dashboard/performance/", $name),
            at_admin: concat!("/admin/performance/", $name),
            content_type: $content_type,
            bytes: include_bytes!(concat!("assets/", $name)),
        }
    };
}

/// What one page is told that others are not.
#[derive(Clone, Debug)]
pub(crate) struct View {
    /// `dashboard` or `admin`.
    pub(crate) page: &'static str,
    pub(crate) thresholds: LatencyThresholds,
    /// The name of each family that is there, and what stands before its paths, relative to the page.
    pub(crate) places: Vec<(&'static str, String)>,
    /// The document to read without scripts, relative to the page.
    pub(crate) json: String,
}

/// What the page says by itself, which is true while everything stands at its usual place.
const USUAL: &str = r#" data-page="dashboard" data-warning-ms="50" data-poor-ms="200" data-api="../" data-metrics="../" data-admin="../""#;
const USUAL_JSON: &str = r#""../api/metrics""#;

/// The page itself.
pub(crate) fn page(view: &View) -> String {
    let View { page, thresholds, places, json } = view;
    let (warning, poor) = (thresholds.warning_ms(), thresholds.poor_ms());
    // Numbers and prefixes have no character that means anything in markup.
    let mut told = format!(" data-page=\"{page}\" data-warning-ms=\"{warning}\" data-poor-ms=\"{poor}\"");
    for (family, place) in places {
        told += &format!(" data-{family}=\"{place}\"");
    }
    PAGE.replacen(USUAL, &told, 1).replacen(USUAL_JSON, &format!("\"{json}\""), 1)
}

const PAGE: &str = include_str!("assets/index.html");

/// The files that the page loads.
pub(crate) static FILES: &[Asset] = &[
    asset!("style.css", CSS),
    asset!("icon.svg", SVG),
    asset!("address.js", JAVASCRIPT),
    asset!("api.js", JAVASCRIPT),
    asset!("app.js", JAVASCRIPT),
    asset!("bars.js", JAVASCRIPT),
    asset!("blocks.js", JAVASCRIPT),
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
    asset!("gauges.js", JAVASCRIPT),
    asset!("graph.js", JAVASCRIPT),
    asset!("help-dialog.js", JAVASCRIPT),
    asset!("history-dialog.js", JAVASCRIPT),
    asset!("history.js", JAVASCRIPT),
    asset!("kept.js", JAVASCRIPT),
    asset!("layers.js", JAVASCRIPT),
    asset!("layout.js", JAVASCRIPT),
    asset!("level.js", JAVASCRIPT),
    asset!("metric-gauge.js", JAVASCRIPT),
    asset!("origins.js", JAVASCRIPT),
    asset!("page-tools.js", JAVASCRIPT),
    asset!("panel-links.js", JAVASCRIPT),
    asset!("panel.js", JAVASCRIPT),
    asset!("places.js", JAVASCRIPT),
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
    asset!("panels/performance-panel.js", JAVASCRIPT),
    asset!("panels/queues-panel.js", JAVASCRIPT),
    asset!("panels/rendering-panel.js", JAVASCRIPT),
    asset!("panels/route-detail-panel.js", JAVASCRIPT),
    asset!("panels/route-stats-panel.js", JAVASCRIPT),
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

    fn name(file: &Asset) -> &'static str {
        file.at_dashboard.strip_prefix("/dashboard/performance/").unwrap()
    }

    /// The names of all files and their text, with the page's.
    fn texts() -> impl Iterator<Item = (&'static str, &'static str)> {
        let files = FILES.iter().map(|file| (name(file), str::from_utf8(file.bytes).unwrap()));
        files.chain([("index.html", PAGE)])
    }

    #[test]
    fn the_page_is_told_where_its_data_is() {
        let places = ["api", "metrics", "admin"].map(|family| (family, "../".to_owned())).to_vec();
        let thresholds = LatencyThresholds::default();
        let usual = View { page: "dashboard", thresholds, places, json: "../api/metrics".to_owned() };
        assert_eq!(page(&usual), PAGE);
        let places = vec![("admin", "../../in/".to_owned())];
        let other = page(&View { page: "admin", places, json: "performance/json".to_owned(), ..usual });
        let told = r#"<html lang="en" data-page="admin" data-warning-ms="50" data-poor-ms="200" data-admin="../../in/">"#;
        assert!(other.contains(told) && other.contains(r#"<a href="performance/json">"#), "{other}");
    }

    #[test]
    fn the_page_names_no_foreign_place_and_makes_no_markup_of_text() {
        for (name, text) in texts() {
            for bad in
                ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "https:", "//cdn"]
            {
                assert!(!text.contains(bad), "{bad} in {name}");
            }
        }
    }

    /// The files that a module imports, in whatever notation.
    fn imports((file, text): (&str, &str)) -> Vec<String> {
        let folder = file.rsplit_once('/').map_or(String::new(), |(folder, _)| format!("{folder}/"));
        let statements =
            text.lines().filter(|line| line.starts_with("import ") || line.starts_with("} from "));
        let named = statements.filter_map(|line| line.split('"').nth(1));
        let path = |name: &str| match name.strip_prefix("../") {
            Some(name) => name.to_owned(),
            None => format!("{folder}{}", name.strip_prefix("./").unwrap()),
        };
        named.map(path).collect()
    }

    #[test]
    fn every_file_is_used_and_every_file_that_is_used_is_embedded() {
        let mut used: BTreeSet<String> = texts().flat_map(imports).collect();
        used.extend(["style.css", "icon.svg", "app.js", "collectors.js"].map(str::to_owned));
        let embedded: BTreeSet<String> = FILES.iter().map(|file| name(file).to_owned()).collect();
        assert_eq!(used, embedded);
    }
}
