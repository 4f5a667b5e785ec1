//! `/api/ratings/{media_hash}`.

use std::ops::RangeInclusive;

use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{Path, State};
use serde_json::{Map, Value};

use super::Service;
use super::refusal::Refusal;
use crate::store::Ratings;

const STARS: RangeInclusive<u64> = 1..=5;

/// Lengths of a hash, in bytes.
const HASH_BYTES: RangeInclusive<usize> = 6..=64;

/// `GET`: what all ratings come to; of a hash without ratings, nothing.
pub(super) async fn show(
    State(service): State<Service>,
    Path(hash): Path<String>,
) -> Result<Json<Ratings>, Refusal> {
    let hash = checked_hash(hash)?;
    Ok(Json(service.store.ratings(hash).await?))
}

/// `POST {"rating": 1..5}`: adds a rating, and answers what all come to then.
pub(super) async fn rate(
    State(service): State<Service>,
    Path(hash): Path<String>,
    body: Result<Bytes, BytesRejection>,
) -> Result<Json<Ratings>, Refusal> {
    let hash = checked_hash(hash)?;
    let body = body.map_err(|error| Refusal::new(error.status(), "the body cannot be read"))?;
    let rating = rating_in(&body)?;
    Ok(Json(service.store.rate(hash, rating).await?))
}

fn checked_hash(hash: String) -> Result<String, Refusal> {
    let is_plain = hash.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    if is_plain && HASH_BYTES.contains(&hash.len()) {
        Ok(hash)
    } else {
        Err(Refusal::field("media_hash", "media_hash: 6 to 64 letters a to z and digits"))
    }
}

fn rating_in(body: &[u8]) -> Result<u8, Refusal> {
    let not_an_object = || Refusal::field("body", r#"body: a JSON object such as {"rating": 4}"#);
    let fields: Map<String, Value> = serde_json::from_slice(body).map_err(|_| not_an_object())?;
    if fields.keys().any(|key| key != "rating") {
        return Err(Refusal::field("body", "body: no other field than rating"));
    }
    let rating = fields.get("rating").and_then(Value::as_u64).filter(|rating| STARS.contains(rating));
    let refused = || Refusal::field("rating", "rating: a whole number from 1 to 5");
    rating.and_then(|rating| u8::try_from(rating).ok()).ok_or_else(refused)
}

/// What is refused is a matter of the body alone, so that no database is asked.
#[cfg(test)]
mod tests {
    use axum::http::StatusCode;
    use axum::response::IntoResponse;

    use super::*;

    fn status(result: Result<impl Sized, Refusal>) -> Option<StatusCode> {
        result.err().map(|refusal| refusal.into_response().status())
    }

    #[test]
    fn hashes_are_lower_case_letters_and_digits() {
        for good in ["a4f1c0", "000000", &"z".repeat(64)] {
            assert_eq!(status(checked_hash(good.to_owned())), None, "{good}");
        }
        for bad in ["", "a4f1c", "A4F1C0", "a4f1c0'", "a4f1 c0", "ä4f1c0", "../../etc", &"z".repeat(65)] {
            assert_eq!(status(checked_hash(bad.to_owned())), Some(StatusCode::BAD_REQUEST), "{bad}");
        }
    }

    #[test]
    fn a_rating_is_a_whole_number_of_stars() {
        for stars in 1..=5 {
            let body = format!("{{\"rating\": {stars}}}");
            assert_eq!(rating_in(body.as_bytes()).ok(), Some(stars));
        }
        let bad: [&[u8]; 13] = [
            b"",
            b"4",
            b"null",
            b"[4]",
            b"{}",
            br#"{"rating": 0}"#,
            br#"{"rating": 6}"#,
            br#"{"rating": -1}"#,
            br#"{"rating": 4.5}"#,
            br#"{"rating": "4"}"#,
            br#"{"rating": 4, "user": 1}"#,
            br#"{"rating": 18446744073709551620}"#,
            b"{\"rating\": 4",
        ];
        for body in bad {
            let shown = String::from_utf8_lossy(body);
            assert_eq!(status(rating_in(body)), Some(StatusCode::BAD_REQUEST), "{shown}");
        }
    }
}
