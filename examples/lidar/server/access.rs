//! Requests from the machine itself only, also when a browser is made to send them.
//!
//! The listener is on the loopback interface, but a page of another site can still reach it from the
//! user's browser, by name (DNS rebinding) or across origins. So the name that is asked for and the
//! page that asks have to be local as well.

use std::net::IpAddr;

use axum::extract::Request;
use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderName, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::answer::Refusal;

/// Answers 403 unless `Host`, and `Origin` if there is one, name this machine.
pub(super) async fn loopback_only(request: Request, next: Next) -> Response {
    if !is_host_local(request.headers(), request.uri()) {
        return refuse("the Host header does not name this machine");
    }
    if !is_origin_local(request.headers()) {
        return refuse("the Origin header does not name this machine");
    }
    next.run(request).await
}

fn refuse(detail: &str) -> Response {
    Refusal::new(StatusCode::FORBIDDEN, detail).into_response()
}

fn is_host_local(headers: &HeaderMap, uri: &Uri) -> bool {
    match only(headers, header::HOST) {
        Some(Ok(host)) => host.parse().is_ok_and(|authority| is_local(&authority)),
        Some(Err(())) => false,
        // HTTP/2 has it in the URI.
        None => uri.authority().is_some_and(is_local),
    }
}

fn is_origin_local(headers: &HeaderMap) -> bool {
    let local = |origin: &str| {
        let uri: Option<Uri> = origin.parse().ok();
        uri.is_some_and(|uri| {
            matches!(uri.scheme_str(), Some("http" | "https")) && uri.authority().is_some_and(is_local)
        })
    };
    match only(headers, header::ORIGIN) {
        Some(Ok(origin)) => local(origin),
        Some(Err(())) => false,
        // Not from a page of another site: browsers would say so.
        None => true,
    }
}

/// The header's value if it is there, an error if it is there more than once or is no text.
fn only(headers: &HeaderMap, name: HeaderName) -> Option<Result<&str, ()>> {
    let mut values = headers.get_all(name).iter();
    let first = values.next()?;
    match (first.to_str(), values.next()) {
        (Ok(value), None) => Some(Ok(value)),
        _ => Some(Err(())),
    }
}

fn is_local(authority: &Authority) -> bool {
    if authority.as_str().contains('@') {
        return false;
    }
    let host = authority.host();
    let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    host.eq_ignore_ascii_case("localhost") || bare.parse().is_ok_and(|ip: IpAddr| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(HeaderName, &'static str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(name, axum::http::HeaderValue::from_static(value));
        }
        headers
    }

    #[test]
    fn only_names_of_this_machine_are_hosts() {
        let is_local = |host| is_host_local(&headers(&[(header::HOST, host)]), &Uri::from_static("/"));
        for host in ["localhost", "LOCALHOST:9001", "127.0.0.1:9001", "127.8.8.8", "[::1]:9001"] {
            assert!(is_local(host), "{host}");
        }
        for host in [
            "",
            "example.org",
            "localhost.example.org",
            "127.0.0.1.example.org:9001",
            "192.168.1.1",
            "user@localhost",
            "0.0.0.0",
        ] {
            assert!(!is_local(host), "{host}");
        }
        let twice = headers(&[(header::HOST, "localhost"), (header::HOST, "example.org")]);
        assert!(!is_host_local(&twice, &Uri::from_static("/")));
        assert!(!is_host_local(&HeaderMap::new(), &Uri::from_static("/")));
        assert!(is_host_local(&HeaderMap::new(), &Uri::from_static("http://localhost:1/")));
    }

    #[test]
    fn pages_of_other_sites_are_refused() {
        let is_local = |origin| is_origin_local(&headers(&[(header::ORIGIN, origin)]));
        assert!(is_origin_local(&HeaderMap::new()));
        for origin in ["http://localhost:9001", "http://127.0.0.1", "https://[::1]:3000"] {
            assert!(is_local(origin), "{origin}");
        }
        for origin in ["null", "http://example.org", "file://", "chrome-extension://localhost", "localhost"] {
            assert!(!is_local(origin), "{origin}");
        }
    }
}
