//! Threats 49 and 50, and the tricks of their kind.

use http::header::{HOST, ORIGIN};
use http::{HeaderValue, Request, Version};

use super::*;

const OK: Result<(), &str> = Ok(());
const HOST_REFUSED: Result<(), &str> = Err("host not allowed");
const ORIGIN_REFUSED: Result<(), &str> = Err("origin not allowed");

fn check(access: &Access, hosts: &[&[u8]], origins: &[&[u8]]) -> Result<(), &'static str> {
    let mut request = Request::new(());
    for host in hosts {
        let value = HeaderValue::from_bytes(host).unwrap();
        request.headers_mut().append(HOST, value);
    }
    for origin in origins {
        let value = HeaderValue::from_bytes(origin).unwrap();
        request.headers_mut().append(ORIGIN, value);
    }
    access.check(&request.into_parts().0).map_err(Refusal::detail)
}

/// Chosen, so that release builds answer too.
fn loopback() -> Access {
    Access::default().allow_loopback()
}

#[test]
fn hosts() {
    let access = loopback().allow_host("Metrics.example.com").unwrap();
    let access = access.allow_host("192.168.1.5").unwrap();
    let access = access.allow_host("[fe80::1]").unwrap();
    let table: &[(&str, Result<(), &'static str>)] = &[
        ("localhost", OK),
        ("localhost:9001", OK),
        ("LOCALHOST:9001", OK),
        ("LocalHost", OK),
        ("127.0.0.1", OK),
        ("127.0.0.1:65535", OK),
        ("127.255.255.254:1", OK),
        ("[::1]", OK),
        ("[::1]:9001", OK),
        ("[0:0:0:0:0:0:0:1]:9001", OK),
        ("metrics.example.com", OK),
        ("METRICS.EXAMPLE.COM:8443", OK),
        ("192.168.1.5:9001", OK),
        ("[fe80::1]:9001", OK),
        ("[FE80:0::1]", OK),
        ("evil.example", HOST_REFUSED),
        ("evil.example:9001", HOST_REFUSED),
        ("x.metrics.example.com", HOST_REFUSED),
        ("metrics.example.com.", HOST_REFUSED),
        ("metrics.example.com.evil.example", HOST_REFUSED),
        ("localhost.", HOST_REFUSED),
        ("localhost.:9001", HOST_REFUSED),
        ("app.localhost", HOST_REFUSED),
        ("localhost.evil.example", HOST_REFUSED),
        ("notlocalhost", HOST_REFUSED),
        ("127.0.0.1.evil.example", HOST_REFUSED),
        ("127.0.0.1.", HOST_REFUSED),
        ("127.1", HOST_REFUSED),
        ("127.0.0.01", HOST_REFUSED),
        ("2130706433", HOST_REFUSED),
        ("0x7f.0.0.1", HOST_REFUSED),
        ("0.0.0.0", HOST_REFUSED),
        ("128.0.0.1", HOST_REFUSED),
        ("192.168.1.6", HOST_REFUSED),
        ("::1", HOST_REFUSED),
        ("[::1", HOST_REFUSED),
        ("[::1]x", HOST_REFUSED),
        ("[::1%25lo]", HOST_REFUSED),
        ("[::1%lo]:9001", HOST_REFUSED),
        ("[::]", HOST_REFUSED),
        ("[::2]", HOST_REFUSED),
        ("[::ffff:127.0.0.1]", HOST_REFUSED),
        ("[127.0.0.1]", HOST_REFUSED),
        ("[localhost]", HOST_REFUSED),
        ("evil.example[::1]", HOST_REFUSED),
        ("evil.example:[::1]:1", HOST_REFUSED),
        ("localhost@evil.example", HOST_REFUSED),
        ("evil.example@localhost", HOST_REFUSED),
        ("user:pass@localhost:9001", HOST_REFUSED),
        ("localhost:9001@evil.example", HOST_REFUSED),
        ("localhost:", HOST_REFUSED),
        ("localhost:+80", HOST_REFUSED),
        ("localhost:65536", HOST_REFUSED),
        ("localhost:000080", HOST_REFUSED),
        ("localhost:80:80", HOST_REFUSED),
        ("localhost:80, evil.example", HOST_REFUSED),
        ("localhost,evil.example", HOST_REFUSED),
        ("localhost evil.example", HOST_REFUSED),
        ("localhost\tx", HOST_REFUSED),
        ("localhost/evil", HOST_REFUSED),
        ("localhost\\.evil.example", HOST_REFUSED),
        ("localhost#", HOST_REFUSED),
        ("localhost?", HOST_REFUSED),
        ("http://localhost", HOST_REFUSED),
        ("*", HOST_REFUSED),
        (".", HOST_REFUSED),
        (".localhost", HOST_REFUSED),
        ("", HOST_REFUSED),
        (":9001", HOST_REFUSED),
    ];
    for (host, expected) in table {
        assert_eq!(check(&access, &[host.as_bytes()], &[]), *expected, "{host:?}");
    }
    assert_eq!(check(&access, &[b"localhost\xff"], &[]), HOST_REFUSED);
    assert_eq!(check(&access, &["lоcalhost".as_bytes()], &[]), HOST_REFUSED, "a Cyrillic o");
    assert_eq!(check(&access, &[], &[]), HOST_REFUSED, "no Host");
    assert_eq!(check(&access, &[b"localhost", b"localhost"], &[]), HOST_REFUSED, "two");
    assert_eq!(check(&access, &[b"localhost", b"evil.example"], &[]), HOST_REFUSED, "two");
    let long = "a".repeat(64_000);
    assert_eq!(check(&access, &[long.as_bytes()], &[]), HOST_REFUSED, "64 kB");
}

#[test]
fn origins() {
    let access = loopback().allow_host("metrics.example.com").unwrap();
    let table: &[(&str, &str, Result<(), &'static str>)] = &[
        ("localhost:9001", "http://localhost:9001", OK),
        ("localhost:9001", "http://localhost:4200", OK),
        ("localhost:9001", "https://localhost", OK),
        ("localhost:9001", "http://127.0.0.1:9001", OK),
        ("[::1]:9001", "http://[::1]:9001", OK),
        ("metrics.example.com", "https://metrics.example.com", OK),
        ("localhost:9001", "https://metrics.example.com", OK),
        // A rebound page: the two are equal, and neither is this machine.
        ("evil.example", "http://evil.example", HOST_REFUSED),
        ("localhost:9001", "http://evil.example", ORIGIN_REFUSED),
        ("localhost:9001", "http://evil.example:9001", ORIGIN_REFUSED),
        ("localhost:9001", "http://localhost.evil.example", ORIGIN_REFUSED),
        ("localhost:9001", "http://evil.localhost", ORIGIN_REFUSED),
        ("localhost:9001", "http://127.0.0.1.evil.example", ORIGIN_REFUSED),
        ("localhost:9001", "http://localhost@evil.example", ORIGIN_REFUSED),
        ("localhost:9001", "http://evil.example@localhost", ORIGIN_REFUSED),
        ("localhost:9001", "http://evil.example/localhost", ORIGIN_REFUSED),
        ("localhost:9001", "http://localhost/", ORIGIN_REFUSED),
        ("localhost:9001", "http://localhost, http://evil.example", ORIGIN_REFUSED),
        ("localhost:9001", "null", ORIGIN_REFUSED),
        ("localhost:9001", "", ORIGIN_REFUSED),
        ("localhost:9001", "http://", ORIGIN_REFUSED),
        ("localhost:9001", "localhost:9001", ORIGIN_REFUSED),
        ("localhost:9001", "file://localhost", ORIGIN_REFUSED),
        ("localhost:9001", "chrome-extension://localhost", ORIGIN_REFUSED),
        ("localhost:9001", "ws://localhost", ORIGIN_REFUSED),
        ("localhost:9001", "*", ORIGIN_REFUSED),
    ];
    for (host, origin, expected) in table {
        let result = check(&access, &[host.as_bytes()], &[origin.as_bytes()]);
        assert_eq!(result, *expected, "Host {host:?}, Origin {origin:?}");
    }
    let two: &[&[u8]] = &[b"http://localhost", b"http://evil.example"];
    assert_eq!(check(&access, &[b"localhost"], two), ORIGIN_REFUSED);
}

#[test]
fn the_authority_of_the_target_counts_too() {
    let check = |version, target: &str, host: Option<&str>| {
        let mut request = Request::builder().version(version).uri(target);
        if let Some(host) = host {
            request = request.header(HOST, host);
        }
        loopback().check(&request.body(()).unwrap().into_parts().0).map_err(Refusal::detail)
    };
    let (h1, h10, h2) = (Version::HTTP_11, Version::HTTP_10, Version::HTTP_2);
    assert_eq!(check(h2, "http://localhost:9001/api/metrics", None), OK);
    assert_eq!(check(h2, "https://[::1]/api/metrics", None), OK);
    assert_eq!(check(h2, "http://localhost/api/metrics", Some("localhost")), OK);
    assert_eq!(check(h2, "http://evil.example/api/metrics", None), HOST_REFUSED);
    assert_eq!(check(h2, "http://evil.example/", Some("localhost")), HOST_REFUSED);
    assert_eq!(check(h2, "http://localhost/", Some("evil.example")), HOST_REFUSED);
    assert_eq!(check(h2, "http://x@localhost/", None), HOST_REFUSED);
    assert_eq!(check(h2, "/api/metrics", None), HOST_REFUSED);
    assert_eq!(check(h1, "http://localhost/", Some("localhost")), OK);
    assert_eq!(check(h1, "http://evil.example/", Some("localhost")), HOST_REFUSED);
    assert_eq!(check(h1, "http://localhost/", None), HOST_REFUSED);
    assert_eq!(check(h10, "/api/metrics", None), HOST_REFUSED);
    assert_eq!(check(h10, "/api/metrics", Some("localhost")), OK);
}

/// Where every name will do, a request that gives two of them says nothing about the page that it comes from.
#[test]
fn of_any_two_names_both_are_the_same() {
    let check = |target: &str, host: &str, origin: &str| {
        let request = Request::builder().version(Version::HTTP_2).uri(target).header(HOST, host);
        let request = request.header(ORIGIN, origin).body(()).unwrap().into_parts().0;
        Access::default().allow_unauthenticated().allow_any_host().check(&request).map_err(Refusal::detail)
    };
    assert_eq!(check("http://a.example/", "a.example:80", "http://a.example"), OK);
    assert_eq!(check("http://a.example/", "b.example", "http://a.example"), HOST_REFUSED);
    assert_eq!(check("http://a.example/", "b.example", "http://b.example"), HOST_REFUSED);
    assert_eq!(check("http://a.example/", "A.EXAMPLE", "http://b.example"), ORIGIN_REFUSED);
}

#[test]
fn only_a_host_alone_can_be_allowed() {
    for name in
        ["", "*", "*.example.com", "example.com:80", "http://example.com", "example.com.", "a b", "[::1"]
    {
        let error = loopback().allow_host(name).unwrap_err();
        assert_eq!(error.to_string(), format!("allow_host: {name:?} is not a host name alone"));
    }
}
