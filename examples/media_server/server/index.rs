//! `/`.

use std::fmt::Write as _;

use axum::extract::State;
use axum::response::Html;

use super::Service;
use super::refusal::Refusal;
use crate::store::Listed;

/// All media with their ratings, as a page. Titles are this example's own, so nothing in them is markup.
pub(super) async fn list(State(service): State<Service>) -> Result<Html<String>, Refusal> {
    let mut items = String::new();
    for Listed { metadata, ratings } in service.store.list().await? {
        // Writing to a string cannot fail.
        let _ = writeln!(
            items,
            "<li><a href=\"/watch/{}\">{}</a>: {:.1} of 5, <a href=\"/api/ratings/{}\">{} ratings</a></li>",
            metadata.filename, metadata.title, ratings.average, metadata.hash, ratings.count
        );
    }
    Ok(Html(format!(
        "<!doctype html>\n<html lang=\"en\"><meta charset=\"utf-8\"><title>media_server</title>\n\
         <h1>media_server</h1>\n<ul>\n{items}</ul>\n<p><a href=\"/admin/performance\">performance</a></p>\n</html>\n"
    )))
}
