//! From the numbers to the page.

use std::collections::BTreeMap;
use std::fmt::{self, Display};

use metrics_core::{CacheMetrics, LatencyThresholds, Performance, RouteStats, SystemMetrics};

use super::html::{Text, ms, uptime};

/// Everything the page shows.
#[derive(Clone, Debug, Default)]
pub(crate) struct View {
    pub(crate) service: String,
    pub(crate) performance: Performance,
    pub(crate) cache: CacheMetrics,
    pub(crate) caches: BTreeMap<String, CacheMetrics>,
    pub(crate) host: SystemMetrics,
    pub(crate) thresholds: LatencyThresholds,
}

/// The page as HTML. Numbers are rounded here and nowhere else (GAP-10).
pub(crate) fn page(view: &View) -> String {
    view.to_string()
}

impl Display for View {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let service = Text(&self.service);
        write!(
            f,
            r#"<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Performance of {service}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="performance/style.css">
<script type="module" src="performance/refresh.js"></script>
</head>
<body>
<h1>Performance of {service}</h1>
<p class="stale" role="status" hidden>The service does not answer; these numbers are old.</p>
<main>
"#
        )?;
        self.heading(f)?;
        self.cards(f)?;
        self.routes(f)?;
        self.named_caches(f)?;
        f.write_str("</main>\n</body>\n</html>\n")
    }
}

impl View {
    fn heading(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (up, bounds) = (uptime(self.performance.uptime_seconds), self.thresholds);
        writeln!(
            f,
            "<p class=\"note\">Up {up}. A p95 below {} ms is good, above {} ms poor, between them a warning.</p>",
            bounds.warning_ms(),
            bounds.poor_ms()
        )
    }

    fn cards(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { performance, cache, host, .. } = self;
        let database = &performance.database;
        f.write_str("<dl class=\"cards\">\n")?;
        let hits = format!("{} hits, {} misses", cache.hits, cache.misses);
        card(f, "Cache hit rate", &format!("{:.1} %", performance.cache_hit_rate), &hits)?;
        for (name, watched) in &performance.watched {
            let value = format!(
                "{} {}",
                ms(watched.p95_latency_ms),
                self.badge(watched.p95_latency_ms, watched.request_count)
            );
            let detail = format!("mean {} of {} requests", ms(watched.avg_latency_ms), watched.request_count);
            card(f, &format!("{name}, p95"), &value, &detail)?;
        }
        let detail = format!(
            "{} in the last {} requests, at most {} in one",
            database.total_queries, database.count, database.max_per_request
        );
        card(f, "Database queries per request", &format!("{:.2}", database.avg_per_request), &detail)?;
        let memory = format!("host, memory {:.1} %", host.memory_percent);
        card(f, "CPU", &format!("{:.1} %", host.cpu_percent), &memory)?;
        f.write_str("</dl>\n")
    }

    /// The colour of a p95, and its word; of no request, there is none.
    fn badge(&self, p95_ms: f64, requests: u64) -> String {
        if requests == 0 {
            return String::new();
        }
        let status = self.thresholds.status(p95_ms).as_str();
        format!("<span class=\"status {status}\">{status}</span>")
    }

    fn routes(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let titles =
            ["Requests", "Errors", "p50", "p95", "Status", "p99", "Mean", "Shortest", "Longest", "Last"];
        let mut slowest_first: Vec<_> = self.performance.endpoints.values().collect();
        slowest_first.sort_by(|one, other| other.p95_ms.total_cmp(&one.p95_ms));
        let rows = slowest_first.iter().map(|route| self.route(route));
        table(
            f,
            ("Routes over their last 100 requests", "Route"),
            &titles,
            "No request was answered yet.",
            rows,
        )
    }

    fn route(&self, route: &RouteStats) -> String {
        let mut row =
            format!("<th scope=\"row\">{}</th><td>{}</td>", Text(&route.route), route.request_count);
        let class = if route.error_count > 0 { " class=\"failed\"" } else { "" };
        row += &format!("<td{class}>{}</td><td>{}</td>", route.error_count, ms(route.p50_ms));
        row += &format!(
            "<td>{}</td><td>{}</td>",
            ms(route.p95_ms),
            self.badge(route.p95_ms, route.request_count)
        );
        for value in [route.p99_ms, route.avg_ms, route.min_ms, route.max_ms] {
            row += &format!("<td>{}</td>", ms(value));
        }
        row + &format!("<td>{}</td>", Text(&route.last_updated))
    }

    fn named_caches(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.caches.is_empty() {
            return Ok(());
        }
        let rows = self.caches.iter().map(|(name, cache)| {
            format!(
                "<th scope=\"row\">{}</th><td>{:.1} %</td><td>{}</td><td>{}</td>",
                Text(name),
                cache.hit_rate_percent,
                cache.hits,
                cache.misses
            )
        });
        table(f, ("Other caches", "Cache"), &["Hit rate", "Hits", "Misses"], "", rows)
    }
}

/// A number with its name and what it is made of; `value` may have markup.
fn card(f: &mut fmt::Formatter<'_>, name: &str, value: &str, detail: &str) -> fmt::Result {
    let (name, detail) = (Text(name), Text(detail));
    writeln!(
        f,
        "<div><dt>{name}</dt><dd class=\"value\">{value}</dd><dd class=\"detail\">{detail}</dd></div>"
    )
}

/// A table of rows that are markup already.
fn table(
    f: &mut fmt::Formatter<'_>,
    (title, first): (&str, &str),
    titles: &[&str],
    empty: &str,
    rows: impl ExactSizeIterator<Item = String>,
) -> fmt::Result {
    writeln!(f, "<section><h2>{title}</h2>")?;
    if rows.len() == 0 {
        return writeln!(f, "<p class=\"empty\">{empty}</p></section>");
    }
    // A region that scrolls must be reachable by keyboard.
    write!(
        f,
        "<div class=\"scroller\" tabindex=\"0\" role=\"group\" aria-label=\"{title}\"><table><thead><tr>"
    )?;
    write!(f, "<th scope=\"col\">{first}</th>")?;
    titles.iter().try_for_each(|title| write!(f, "<th scope=\"col\">{title}</th>"))?;
    f.write_str("</tr></thead><tbody>\n")?;
    for row in rows {
        writeln!(f, "<tr>{row}</tr>")?;
    }
    f.write_str("</tbody></table></div></section>\n")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use metrics_core::Metrics;

    use super::*;

    fn view(metrics: &Metrics) -> View {
        let registry = metrics.registry();
        View {
            service: "videos <1>".to_owned(),
            performance: registry.performance(),
            cache: registry.cache("").read(),
            caches: registry.caches(),
            ..View::default()
        }
    }

    /// U-08, H-19: percentages, durations, and the words beside the colours.
    #[test]
    fn the_page_has_the_numbers_with_units_and_words() {
        let watched = Metrics::builder().watch("ratings_post", "POST", "/api/ratings/{media_hash}");
        let metrics = watched.build().unwrap();
        let registry = metrics.registry();
        for (route, ms) in
            [("POST /api/ratings/{media_hash}", 42), ("GET /", 50), ("GET /watch/{filename}", 1_201)]
        {
            registry.record_endpoint_latency(route, Duration::from_millis(ms), ms == 50);
        }
        (0..93).for_each(|_| registry.record_cache_hit());
        (0..7).for_each(|_| registry.record_cache_miss());
        registry.cache("<ratings>").record_hit();
        [4, 5].into_iter().for_each(|queries| registry.record_request_queries(queries));
        let page = page(&view(&metrics));
        for part in [
            "<title>Performance of videos &lt;1&gt;</title>",
            "<dt>Cache hit rate</dt><dd class=\"value\">93.0 %</dd><dd class=\"detail\">93 hits, 7 misses</dd>",
            "<dt>ratings_post, p95</dt><dd class=\"value\">42.0 ms <span class=\"status good\">good</span></dd>\
             <dd class=\"detail\">mean 42.0 ms of 1 requests</dd>",
            "<dd class=\"value\">4.50</dd><dd class=\"detail\">9 in the last 2 requests, at most 5 in one</dd>",
            "<th scope=\"row\">GET /</th><td>1</td><td class=\"failed\">1</td><td>50.0 ms</td><td>50.0 ms</td>\
             <td><span class=\"status warning\">warning</span></td>",
            "<td>1.20 s</td><td><span class=\"status poor\">poor</span></td>",
            "<th scope=\"row\">&lt;ratings&gt;</th><td>100.0 %</td><td>1</td><td>0</td>",
        ] {
            assert!(page.contains(part), "{part} is not in\n{page}");
        }
        let place = |text| page.find(text).unwrap();
        assert!(place("GET /watch/{filename}") < place("<th scope=\"row\">GET /</th>"), "the slowest first");
    }

    #[test]
    fn a_page_without_numbers_says_so() {
        let page = page(&view(&Metrics::builder().build().unwrap()));
        assert!(page.contains("No request was answered yet.") && page.contains("0.0 %"));
        assert!(!page.contains("Other caches") && !page.contains("class=\"status"));
    }

    /// THREAT 48: nothing inline, nothing foreign.
    #[test]
    fn the_page_keeps_its_policy() {
        let page = page(&View::default());
        for bad in ["style=", "<style", "onload", "http:", "https:", "javascript:"] {
            assert!(!page.contains(bad), "{bad}");
        }
        assert!(
            page.matches("<script").count() == 1 && page.contains("src=\"performance/refresh.js\"></script>")
        );
    }
}
