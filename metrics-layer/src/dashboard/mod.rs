//! The page at `/dashboard/performance`: one HTML file, a style sheet and ES modules, embedded as they stand.
//!
//! There is no build step and no third-party code. The page asks for nothing but its own files, the data
//! endpoints and the live stream, all by relative addresses, so that it works behind any prefix. Its policy
//! forbids everything else, and any text that would become markup.
//!
//! # Source
//! Section 13 of the requirements; Threat 48.

/// A file of the page.
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

/// A file below the page's own path.
macro_rules! asset {
    ($name:literal, $content_type:expr) => {
        Asset {
            path: concat!("/dashboard/performance/", $name),
            content_type: $content_type,
            bytes: include_bytes!(concat!("assets/", $name)),
        }
    };
}

/// The page itself; what is sent comes from [`page`].
pub(crate) static PAGE: Asset =
    Asset { path: "/dashboard/performance", content_type: HTML, bytes: include_bytes!("assets/index.html") };

/// The page, told where its data is: what stands before `api/`, relative to it.
pub(crate) fn page(api: &str) -> String {
    // A prefix has no character that means anything in markup.
    include_str!("assets/index.html").replace(r#"data-api="../""#, &format!("data-api=\"{api}\""))
}

/// The files that the page loads.
pub(crate) static FILES: &[Asset] = &[
    asset!("style.css", CSS),
    asset!("icon.svg", SVG),
    asset!("app.js", JAVASCRIPT),
    asset!("store.js", JAVASCRIPT),
    asset!("feed.js", JAVASCRIPT),
    asset!("format.js", JAVASCRIPT),
    asset!("panel.js", JAVASCRIPT),
    asset!("table.js", JAVASCRIPT),
    asset!("connection-status.js", JAVASCRIPT),
    asset!("metric-gauge.js", JAVASCRIPT),
    asset!("system-panel.js", JAVASCRIPT),
    asset!("dag-overview-panel.js", JAVASCRIPT),
    asset!("endpoints-panel.js", JAVASCRIPT),
    asset!("websocket-panel.js", JAVASCRIPT),
    asset!("functions-panel.js", JAVASCRIPT),
    asset!("token.js", JAVASCRIPT),
    asset!("token-form.js", JAVASCRIPT),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn assets() -> impl Iterator<Item = &'static Asset> {
        std::iter::once(&PAGE).chain(FILES)
    }

    #[test]
    fn the_page_is_told_where_its_data_is() {
        assert_eq!(page("../").as_bytes(), PAGE.bytes);
        assert!(page("../../in/").contains(r#"<html lang="en" data-api="../../in/">"#));
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

    #[test]
    fn every_file_the_modules_import_is_embedded() {
        for asset in assets() {
            let text = str::from_utf8(asset.bytes).unwrap();
            for import in text.split("\"./").skip(1) {
                let name = import.split('"').next().unwrap();
                let path = format!("/dashboard/performance/{name}");
                assert!(FILES.iter().any(|other| other.path == path), "{path}");
            }
        }
    }
}
