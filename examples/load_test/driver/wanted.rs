//! What is asked for.

use std::fmt;
use std::str::FromStr;

use bytes::Bytes;
use http::{Method, Uri};

/// A request as it is written on the command line: `GET /path`, or `POST /path BODY`.
#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    pub(crate) method: Method,
    pub(crate) path: Uri,
    pub(crate) body: Bytes,
}

impl FromStr for Wanted {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut parts = text.splitn(3, ' ');
        let (method, path, body) = (parts.next(), parts.next(), parts.next());
        let method: Method = method.unwrap_or_default().parse().map_err(|_| "no method")?;
        let path = path.filter(|path| path.starts_with('/')).ok_or("no path after the method")?;
        let path = path.parse().map_err(|_| "a path that cannot be sent")?;
        Ok(Self { method, path, body: Bytes::copy_from_slice(body.unwrap_or_default().as_bytes()) })
    }
}

impl fmt::Display for Wanted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method, self.path)?;
        if self.body.is_empty() { Ok(()) } else { write!(f, " {}", String::from_utf8_lossy(&self.body)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_read_as_they_are_written() {
        for text in ["GET /", r#"POST /api/ratings/a4f1c0 {"rating": 4}"#] {
            assert_eq!(text.parse::<Wanted>().unwrap().to_string(), text);
        }
        for text in ["", "GET", "GET x", "GET http://elsewhere/", "G{T /", "GET /\u{7f}"] {
            assert!(text.parse::<Wanted>().is_err(), "{text}");
        }
    }
}
