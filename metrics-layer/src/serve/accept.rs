//! What a client says it takes: `Accept` and `Accept-Encoding` (RFC 9110, section 12.5).

use http::HeaderMap;
use http::header::{ACCEPT, AsHeaderName};

/// One element of a header: `text/*;level=1;q=0.5`.
struct Range<'a> {
    /// `text/*`
    name: &'a str,
    /// `level=1`
    params: Vec<Param<'a>>,
    /// Thousandths.
    quality: u16,
}

/// A name and a value, which may be in quotes (RFC 9110, section 5.6.6).
type Param<'a> = (&'a str, &'a str);

/// The offer that the client likes best, the first of equals; `None` when it takes none of them.
///
/// Offers are media types in lower case, with their parameters.
pub(super) fn choose(headers: &HeaderMap, offers: &[&'static str]) -> Option<&'static str> {
    let ranges = ranges(headers, ACCEPT);
    if !headers.contains_key(ACCEPT) {
        return offers.first().copied();
    }
    let mut best = None;
    for offer in offers {
        let quality = quality(&ranges, offer);
        if quality > best.map_or(0, |(_, most)| most) {
            best = Some((*offer, quality));
        }
    }
    best.map(|(offer, _)| offer)
}

/// Whether the client asks for gzip.
#[cfg(feature = "gzip")]
pub(super) fn takes_gzip(headers: &HeaderMap) -> bool {
    let ranges = ranges(headers, http::header::ACCEPT_ENCODING);
    let named = |name: &str| ranges.iter().find(|range| range.name.eq_ignore_ascii_case(name));
    named("gzip").or_else(|| named("*")).is_some_and(|range| range.quality > 0)
}

/// What the most exact of the ranges that match says.
fn quality(ranges: &[Range<'_>], offer: &str) -> u16 {
    let matching = ranges.iter().filter_map(|range| Some((range.exactness(offer)?, range.quality)));
    matching.max_by_key(|(exactness, _)| *exactness).map_or(0, |(_, quality)| quality)
}

/// The elements that can be read; others match nothing.
fn ranges(headers: &HeaderMap, name: impl AsHeaderName) -> Vec<Range<'_>> {
    let values = headers.get_all(name).into_iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).filter_map(Range::parse).collect()
}

impl<'a> Range<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        let mut parts = text.split(';').map(str::trim);
        let name = parts.next().filter(|name| !name.is_empty())?;
        let mut range = Self { name, params: Vec::new(), quality: 1_000 };
        for (name, value) in parts.filter(|part| !part.is_empty()).map(param) {
            if name.eq_ignore_ascii_case("q") {
                range.quality = thousandths(value)?;
            } else if !every_offer_is(name, value) {
                range.params.push((name, value));
            }
        }
        Some(range)
    }

    /// `None` when it does not match the offer; the more, the more exactly it does.
    fn exactness(&self, offer: &str) -> Option<usize> {
        let mut parts = offer.split(';').map(str::trim);
        let media = parts.next().unwrap_or_default();
        let offered: Vec<_> = parts.map(param).collect();
        let has = |(name, value): &Param<'_>| {
            offered
                .iter()
                .any(|(other, of)| other.eq_ignore_ascii_case(name) && of.eq_ignore_ascii_case(value))
        };
        if self.name.eq_ignore_ascii_case(media) {
            return self.params.iter().all(has).then_some(2 + self.params.len());
        }
        match self.name.split_once('/')? {
            ("*", "*") => Some(0),
            (kind, "*") => media.split_once('/')?.0.eq_ignore_ascii_case(kind).then_some(1),
            _ => None,
        }
    }
}

fn param(text: &str) -> Param<'_> {
    let (name, value) = text.split_once('=').unwrap_or((text, ""));
    let quoted = value.strip_prefix('"').and_then(|value| value.strip_suffix('"'));
    (name, quoted.unwrap_or(value))
}

/// Whether that is true of all that is offered, whether or not it says so. All text is UTF-8, and no name in it needs one
/// of the ways to escape that Prometheus 3 asks for with each of its formats.
fn every_offer_is(name: &str, value: &str) -> bool {
    name.eq_ignore_ascii_case("escaping")
        || name.eq_ignore_ascii_case("charset") && value.eq_ignore_ascii_case("utf-8")
}

/// `0`, `1`, or either with up to three decimals, and at most 1.
fn thousandths(text: &str) -> Option<u16> {
    let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
    let is_number = decimals.len() <= 3 && decimals.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number || !matches!(whole, "0" | "1") {
        return None;
    }
    let number: u16 = format!("{whole}{decimals:0<3}").parse().ok()?;
    (number <= 1_000).then_some(number)
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;
    use crate::serve::routes::{JSON, OPEN_METRICS as OPEN, PROMETHEUS as TEXT};

    fn accept(values: &[&'static str]) -> Option<&'static str> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(ACCEPT, HeaderValue::from_static(value));
        }
        choose(&headers, &[JSON, TEXT, OPEN])
    }

    /// THREAT 41, and what Prometheus 2.42 and 3 and browsers really send.
    #[test]
    fn the_most_exact_range_decides_and_the_first_offer_wins_ties() {
        assert_eq!(accept(&[]), Some(JSON));
        for (value, expected) in [
            ("*/*", Some(JSON)),
            ("application/json", Some(JSON)),
            ("APPLICATION/JSON", Some(JSON)),
            ("text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8", Some(JSON)),
            ("application/*;q=0.5, text/plain", Some(TEXT)),
            ("text/*", Some(TEXT)),
            ("application/*;q=0.1, */*;q=0.9", Some(TEXT)),
            ("*/*;q=0.9, application/*;q=0.1", Some(TEXT)),
            ("text/plain;version=0.0.4;q=0.1, text/plain, application/json;q=0.5", Some(JSON)),
            ("text/plain, text/plain;version=0.0.4;q=0.1, application/json;q=0.5", Some(JSON)),
            ("text/plain;version=0.0.4;q=0.5,*/*;q=0.1", Some(TEXT)),
            (
                "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,\
                 text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
                Some(OPEN),
            ),
            ("application/openmetrics-text;version=0.0.1,text/plain;version=0.0.4;q=0.5", Some(TEXT)),
            (
                "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,\
                 application/openmetrics-text;version=0.0.1;escaping=allow-utf-8;q=0.5,\
                 text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,\
                 text/plain;version=0.0.4;escaping=allow-utf-8;q=0.3,*/*;q=0.2",
                Some(OPEN),
            ),
            ("text/plain;version=1.0.0;escaping=underscores,text/plain;version=0.0.4;q=0.3", Some(TEXT)),
            ("text/plain;version=1.0.0;escaping=allow-utf-8", None),
            ("text/plain;version=\"0.0.4\";charset=\"UTF-8\"", Some(TEXT)),
            ("application/json; charset=utf-8", Some(JSON)),
            ("application/json; charset=latin1", None),
            ("application/json;q=0, */*", Some(TEXT)),
            ("application/json;q=0", None),
            ("*/*;q=0", None),
            ("text/html", None),
            ("x", None),
            ("", None),
            ("*/*;q=2", None),
            ("*/*;q=1.001", None),
            ("*/*;q=-1", None),
            ("*/*;q=0.0001", None),
            ("*/*;q=", None),
            (",,;;,*/*;q=0.001", Some(JSON)),
            ("text/plain;version=9", None),
        ] {
            assert_eq!(accept(&[value]), expected, "{value}");
        }
        assert_eq!(accept(&["text/html", "text/plain"]), Some(TEXT), "two headers are one list");
    }

    #[cfg(feature = "gzip")]
    #[test]
    fn gzip_is_sent_to_those_that_name_it() {
        for (value, expected) in [
            ("gzip", true),
            ("deflate, GZIP;q=0.1", true),
            ("*", true),
            ("gzip;q=0", false),
            ("gzip;q=0, *", false),
            ("identity", false),
            ("br", false),
            ("", false),
            ("gzip;q=x", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.append("accept-encoding", HeaderValue::from_static(value));
            assert_eq!(takes_gzip(&headers), expected, "{value}");
        }
        assert!(!takes_gzip(&HeaderMap::new()));
    }
}
