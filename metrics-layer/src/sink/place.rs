//! Where lines go, by their tier.

use form_urlencoded::Serializer;
use metrics_core::storage::{Rollup, Tier};

/// As many values as a day has seconds, which are the shortest flush interval.
pub(super) const MAX_OFFSET_MS: u64 = 86_400;

/// A name for each tier.
#[derive(Clone, Debug)]
pub(super) struct Tiers([String; 3]);

impl Tiers {
    pub(super) fn new(names: [impl Into<String>; 3]) -> Self {
        Self(names.map(Into::into))
    }

    pub(super) fn of(&self, tier: Tier) -> &str {
        let [raw, hourly, daily] = &self.0;
        match tier {
            Tier::Raw => raw,
            Tier::Hourly => hourly,
            Tier::Daily => daily,
        }
    }
}

/// The ways in which engines name places.
#[derive(Clone, Debug)]
pub(super) enum Place {
    V1 { database: String, policies: Tiers },
    V2 { organisation: String, buckets: Tiers },
    Victoria,
}

impl Place {
    /// Where a roll-up stands, Unix milliseconds.
    ///
    /// InfluxDB replaces what stands at the same time. VictoriaMetrics keeps both, and of each field shows one or the
    /// other; there a roll-up stands as many milliseconds behind the beginning of its bucket as it has values: one that
    /// is told again has more.
    pub(super) fn time_of(&self, rollup: &Rollup) -> u64 {
        match self {
            Self::V1 { .. } | Self::V2 { .. } => rollup.start_ms,
            Self::Victoria => rollup.start_ms + rollup.count.min(MAX_OFFSET_MS),
        }
    }

    /// All names that it is made of.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        let (first, tiers) = match self {
            Self::V1 { database, policies } => (Some(database), Some(policies)),
            Self::V2 { organisation, buckets } => (Some(organisation), Some(buckets)),
            Self::Victoria => (None, None),
        };
        first.into_iter().chain(tiers.into_iter().flat_map(|tiers| &tiers.0)).map(String::as_str)
    }

    /// The path and query to post lines of a tier to, below the engine's address.
    pub(super) fn path(&self, tier: Tier) -> String {
        let (path, pairs) = match self {
            Self::V1 { database, policies } => {
                ("write", vec![("db", database.as_str()), ("rp", policies.of(tier))])
            }
            Self::V2 { organisation, buckets } => {
                ("api/v2/write", vec![("org", organisation.as_str()), ("bucket", buckets.of(tier))])
            }
            Self::Victoria => ("write", Vec::new()),
        };
        let mut query = Serializer::for_suffix(format!("{path}?"), path.len() + 1);
        query.extend_pairs(pairs).append_pair("precision", "ms").finish()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use metrics_core::storage::{Metric, Tags};

    use super::*;

    #[test]
    fn each_tier_has_a_place_of_its_own() {
        let v1 = Place::V1 { database: "perf & co".to_owned(), policies: Tiers::new(["a", "b", "c"]) };
        assert_eq!(v1.path(Tier::Hourly), "write?db=perf+%26+co&rp=b&precision=ms");
        let v2 = Place::V2 { organisation: "home".to_owned(), buckets: Tiers::new(["a", "b", "c"]) };
        assert_eq!(v2.path(Tier::Daily), "api/v2/write?org=home&bucket=c&precision=ms");
        assert_eq!(Place::Victoria.path(Tier::Raw), "write?precision=ms");
    }

    #[test]
    fn a_rollup_that_is_told_again_stands_behind_the_one_before() {
        let tags = Arc::new(Tags::service("a", "b"));
        let mut hour = Rollup::new(Tier::Hourly, Metric::QueueSize, tags, 3_600_000);
        let v2 = Place::V2 { organisation: String::new(), buckets: Tiers::new(["", "", ""]) };
        for count in 1..3 {
            hour.observe(3_600_000, 1.0);
            assert_eq!((v2.time_of(&hour), Place::Victoria.time_of(&hour)), (3_600_000, 3_600_000 + count));
        }
        hour.count = u64::MAX;
        assert_eq!(Place::Victoria.time_of(&hour), 3_600_000 + MAX_OFFSET_MS);
    }
}
