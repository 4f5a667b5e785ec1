//! Series of routes, found without a look at the thread's own memory.

use std::cell::Cell;

use super::id::SeriesId;
use crate::state::StateId;

/// Routes that do not get into each other's way, if their names differ enough. A line takes 56 bytes.
const LINES: usize = 32;

/// The method and the template of a route, in full: two of them are equal exactly if they name the same.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RouteName {
    method: u64,
    /// The first sixteen bytes of the template, and the last sixteen; they overlap in most.
    template: [u64; 4],
    /// Length of the template, and above it that of the method.
    lengths: u64,
}

impl RouteName {
    const NONE: Self = Self { method: 0, template: [0; 4], lengths: u64::MAX };

    /// `None` of a method of more than eight bytes, or a template of less than four or more than 32.
    #[inline(always)]
    pub(crate) fn new(method: &str, template: &str) -> Option<Self> {
        let bytes = template.as_bytes();
        let template = match bytes.len() {
            16..=32 => {
                let (head, tail) = (words(bytes.first_chunk()?), words(bytes.last_chunk()?));
                [head[0], head[1], tail[0], tail[1]]
            }
            8..16 => [word(bytes.first_chunk()?), 0, 0, word(bytes.last_chunk()?)],
            4..8 => [half(bytes.first_chunk()?), 0, 0, half(bytes.last_chunk()?)],
            _ => return None,
        };
        let lengths = bytes.len() as u64 | (method.len() as u64) << 32;
        Some(Self { method: below_nine(method.as_bytes())?, template, lengths })
    }

    #[inline(always)]
    fn place(self) -> usize {
        let [a, b, c, d] = self.template;
        let sum = (a.rotate_left(29) ^ b.rotate_left(17) ^ c.rotate_left(41) ^ d).wrapping_add(self.method);
        // By 2^64 over the golden ratio: every bit of the sum reaches the top bits (Knuth, TAOCP 3, section 6.4).
        (sum.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> (u64::BITS - LINES.ilog2())) as usize
    }
}

impl PartialEq for RouteName {
    /// All words at once, for names that are compared are nearly always equal.
    #[inline(always)]
    fn eq(&self, other: &Self) -> bool {
        let ([a, b, c, d], [e, f, g, h]) = (self.template, other.template);
        let template = (a ^ e) | (b ^ f) | (c ^ g) | (d ^ h);
        (self.method ^ other.method) | (self.lengths ^ other.lengths) | template == 0
    }
}

#[inline(always)]
fn words(bytes: &[u8; 16]) -> [u64; 2] {
    let both = u128::from_le_bytes(*bytes);
    [both as u64, (both >> 64) as u64]
}

#[inline(always)]
fn word(bytes: &[u8; 8]) -> u64 {
    u64::from_le_bytes(*bytes)
}

#[inline(always)]
fn half(bytes: &[u8; 4]) -> u64 {
    u64::from(u32::from_le_bytes(*bytes))
}

/// At most eight bytes, as a number; with their count it tells them.
#[inline(always)]
fn below_nine(bytes: &[u8]) -> Option<u64> {
    match (bytes.first_chunk(), bytes.last_chunk(), bytes) {
        (Some(head), Some(tail), _) => (bytes.len() <= 8).then(|| half(head) | half(tail) << 32),
        (.., &[a, b, c]) => Some(u64::from(a) | u64::from(b) << 8 | u64::from(c) << 16),
        (.., &[a, b]) => Some(u64::from(a) | u64::from(b) << 8),
        (.., &[a]) => Some(u64::from(a)),
        _ => Some(0),
    }
}

/// The routes that a thread has seen last.
pub(crate) struct RouteNames([Cell<(RouteName, SeriesId)>; LINES]);

impl RouteNames {
    pub(super) const fn new() -> Self {
        Self([const { Cell::new((RouteName::NONE, SeriesId::NONE)) }; LINES])
    }

    /// The series of a route in that state.
    #[inline(always)]
    pub(super) fn get(&self, state: StateId, name: RouteName) -> Option<SeriesId> {
        let (known, series) = self.0[name.place()].get();
        (known == name && series.state() == state).then_some(series)
    }

    pub(super) fn remember(&self, name: RouteName, series: SeriesId) {
        self.0[name.place()].set((name, series));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    type Route = (String, String);

    fn route() -> impl Strategy<Value = Route> {
        let method = prop_oneof!["[GP]{0,9}", Just("GET".to_owned()), Just("_OTHER".to_owned())];
        // Many that differ in one place.
        let template = prop_oneof!["[ab]{0,36}", "/api/[ab]{1,2}/\\{id\\}/points/[ab]"];
        (method, template)
    }

    proptest! {
        #[test]
        fn names_are_equal_exactly_if_the_routes_are(one in route(), other in route()) {
            let [a, b] = [&one, &other].map(|(method, template)| RouteName::new(method, template));
            for ((method, template), name) in [(&one, a), (&other, b)] {
                let fits = method.len() <= 8 && (4..=32).contains(&template.len());
                prop_assert_eq!(name.is_some(), fits);
            }
            if let (Some(a), Some(b)) = (a, b) {
                prop_assert_eq!(a == b, one == other);
                prop_assert_ne!(a, RouteName::NONE);
                prop_assert!(a.place() < LINES);
            }
        }
    }

    #[test]
    fn states_tell_routes_apart_and_routes_spread() {
        let names = RouteNames::new();
        let name = RouteName::new("GET", "/api/scans/{id}").unwrap();
        names.remember(name, SeriesId::new(1, 7));
        assert_eq!(names.get(1, name), Some(SeriesId::new(1, 7)));
        assert_eq!(names.get(2, name), None);
        assert_eq!(names.get(1, RouteName::new("PUT", "/api/scans/{id}").unwrap()), None);
        let routes =
            (0..32).map(|n| RouteName::new("GET", &format!("/api/part-{n}/{{id}}")).unwrap().place());
        let places: std::collections::HashSet<_> = routes.collect();
        assert!(places.len() > 15, "{} places of 32 routes", places.len());
    }
}
