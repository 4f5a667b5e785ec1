//! What an engine's answer means for the lines that were sent.

use std::time::Duration;

use http::StatusCode;
use serde::Deserialize;

use crate::client::Answer;

/// Of an answer that explains itself so much is read.
pub(super) const MAX_EXPLANATION_BYTES: usize = 4_096;

/// What became of the lines of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Taken,
    /// All but so many were taken; the engine will never take those.
    TakenBut(usize, String),
    /// There are too many of them.
    TooLarge,
    /// None is taken, now or ever.
    Dropped(String),
    /// The engine is away or busy.
    Later(String, Option<Duration>),
    /// Somebody has to help.
    Held(String),
}

impl Verdict {
    /// The rules of Telegraf's output, and what InfluxDB 1.6 and VictoriaMetrics 1.79 were seen to do.
    pub(super) fn of(answer: &Answer) -> Self {
        let said = said(answer);
        match answer.status {
            StatusCode::NO_CONTENT => Self::Taken,
            // A page of somebody between us and the engine is no success.
            status if status.is_success() && answer.body.is_empty() && answer.is_whole => Self::Taken,
            status if status.is_success() => Self::Later(format!("an unexpected answer: {said}"), None),
            StatusCode::PAYLOAD_TOO_LARGE => Self::TooLarge,
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN | StatusCode::PROXY_AUTHENTICATION_REQUIRED => {
                Self::Held(said)
            }
            status if status.is_redirection() => Self::Held(said),
            StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT => {
                Self::Later(said, answer.retry_after)
            }
            // What InfluxDB 1.x answers with 500 for good.
            status if status.is_server_error() && said.contains("retention policy not found") => {
                Self::Dropped(said)
            }
            status if status.is_server_error() => Self::Later(said, answer.retry_after),
            _ => match dropped(&said) {
                Some(lines) => Self::TakenBut(lines, said),
                None => Self::Dropped(said),
            },
        }
    }
}

/// The status, and what the engine says of it.
fn said(answer: &Answer) -> String {
    #[derive(Deserialize)]
    struct Explanation {
        #[serde(alias = "message")]
        error: String,
    }
    let status = answer.status.as_u16();
    let explained = serde_json::from_slice::<Explanation>(&answer.body);
    let text = explained.map_or_else(|_| String::from_utf8_lossy(&answer.body).into_owned(), |it| it.error);
    let line: String = text.trim().chars().take(200).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if line.is_empty() { format!("status {status}") } else { format!("status {status}: {line}") }
}

/// Of a part that was taken: `partial write: points beyond retention policy dropped=3`.
fn dropped(said: &str) -> Option<usize> {
    let (_, rest) = said.split_once("partial write")?;
    let (_, digits) = rest.rsplit_once("dropped=")?;
    let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
    digits[..end].parse().ok()
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    fn verdict(status: u16, body: &'static str) -> Verdict {
        let body = Bytes::from_static(body.as_bytes());
        Verdict::of(&Answer {
            status: StatusCode::from_u16(status).unwrap(),
            retry_after: Some(Duration::from_secs(7)),
            body,
            is_whole: true,
        })
    }

    /// D-06, THREAT 65.
    #[test]
    fn each_answer_has_its_consequence() {
        use Verdict::{Dropped, Held, Later, Taken, TakenBut, TooLarge};

        let seven = Some(Duration::from_secs(7));
        let beyond = r#"{"error":"partial write: points beyond retention policy dropped=3"}"#;
        let beyond_said = "partial write: points beyond retention policy dropped=3";
        let conflict =
            r#"{"code":"unprocessable entity","message":"partial write: type conflict dropped=1 x"}"#;
        for (status, body, expected) in [
            (204, "", Taken),
            (200, "", Taken),
            (
                200,
                "<html>\nlog in",
                Later("an unexpected answer: status 200: <html> log in".to_owned(), None),
            ),
            (400, beyond, TakenBut(3, format!("status 400: {beyond_said}"))),
            (422, conflict, TakenBut(1, "status 422: partial write: type conflict dropped=1 x".to_owned())),
            (400, r#"{"error":"unable to parse"}"#, Dropped("status 400: unable to parse".to_owned())),
            (
                404,
                r#"{"error":"database not found: \"x\""}"#,
                Dropped("status 404: database not found: \"x\"".to_owned()),
            ),
            (406, "", Dropped("status 406".to_owned())),
            (413, "", TooLarge),
            (401, r#"{"error":"authorization failed"}"#, Held("status 401: authorization failed".to_owned())),
            (403, "no", Held("status 403: no".to_owned())),
            (302, "", Held("status 302".to_owned())),
            (429, "", Later("status 429".to_owned(), seven)),
            (503, "", Later("status 503".to_owned(), seven)),
            (
                500,
                r#"{"error":"retention policy not found: x"}"#,
                Dropped("status 500: retention policy not found: x".to_owned()),
            ),
            (500, r#"{"error":"timeout"}"#, Later("status 500: timeout".to_owned(), seven)),
        ] {
            assert_eq!(verdict(status, body), expected, "{status} {body}");
        }
    }
}
