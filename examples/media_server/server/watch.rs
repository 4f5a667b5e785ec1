//! `/watch/{filename}`.

use axum::body::Body;
use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use tower::ServiceExt;
use tower_http::services::ServeFile;

use super::Service;
use super::refusal::Refusal;

/// The file, or a range of it (RFC 9110, section 14), if the database knows it.
pub(super) async fn file(
    State(service): State<Service>,
    Path(filename): Path<String>,
    request: Request,
) -> Result<Response, Refusal> {
    let found = service.catalog.find(&filename).await?;
    let metadata = found.ok_or_else(|| Refusal::new(StatusCode::NOT_FOUND, "no such file"))?;
    // The name is the database's own, not the request's.
    let file = ServeFile::new(service.folder.join(&metadata.filename));
    let Ok(response) = file.oneshot(request).await;
    if response.status() == StatusCode::NOT_FOUND {
        tracing::warn!(hash = %metadata.hash, "a file of the database is not on the disk");
        return Err(Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, "the file is lost"));
    }
    Ok(response.map(Body::new).into_response())
}
