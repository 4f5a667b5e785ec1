//! A place in an engine that takes line protocol.

use metrics_core::storage::{Retention, Sink, Store, StoreBuilder, TrendSource};
use metrics_core::{Clock, ConfigError};

use super::link::Link;
use super::place::{Place, Tiers};
use super::setup::{self, SetupError};
use super::trends::{Engine, InfluxQl, PromQl, Reading};
use super::write::Writing;
use crate::client::Destination;

/// How an engine is asked for what it has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum QueryLanguage {
    /// InfluxQL, at `/query` of InfluxDB 1.x.
    InfluxQl,
    /// PromQL, at `/api/v1/query_range` of VictoriaMetrics.
    PromQl,
}

/// A place in an engine that takes line protocol; see the [module](super) for which ones.
///
/// # Examples
/// ```
/// use metrics_layer::sink::{Destination, Influx};
///
/// let to = Destination::new("http://127.0.0.1:8428")?;
/// let store = Influx::victoria(to).store().start()?;
/// assert_eq!(store.metrics().kind, "line_protocol"); // nothing is sent before there are points
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Influx {
    to: Destination,
    place: Place,
    language: Option<QueryLanguage>,
    clock: Clock,
}

impl Influx {
    /// A database of InfluxDB 1.x, with the retention policies `raw_7d`, `hourly_30d` and `daily_90d`, or of an engine that
    /// takes its protocol (`http://host/v1/influxdb` of GreptimeDB). Name and password go into a header of the
    /// destination: `Basic …`.
    ///
    /// # Errors
    /// When a name is empty.
    pub fn v1(to: Destination, database: impl Into<String>) -> Result<Self, ConfigError> {
        let policies = Tiers::new(["raw_7d", "hourly_30d", "daily_90d"]);
        let place = Place::V1 { database: database.into(), policies };
        Self::of(to, place, Some(QueryLanguage::InfluxQl)).checked()
    }

    /// An organisation of InfluxDB 2.x, with a bucket of that name for points, and `…_hourly` and `…_daily` for roll-ups;
    /// who makes them says how long they keep what. The token goes into a header of the destination: `Token …`.
    ///
    /// # Errors
    /// When a name is empty.
    pub fn v2(to: Destination, organisation: impl Into<String>, bucket: &str) -> Result<Self, ConfigError> {
        let organisation = organisation.into();
        if bucket.is_empty() {
            return Err(ConfigError::new("influx", "a bucket has no name"));
        }
        let buckets = [bucket.to_owned(), format!("{bucket}_hourly"), format!("{bucket}_daily")];
        Self::of(to, Place::V2 { organisation, buckets: Tiers::new(buckets) }, None).checked()
    }

    /// VictoriaMetrics, single or a cluster (`http://host:8480/insert/0/influx` to write; the reading side of a cluster
    /// has another address). It keeps everything for as long as its `-retentionPeriod` says.
    #[must_use]
    pub fn victoria(to: Destination) -> Self {
        Self::of(to, Place::Victoria, Some(QueryLanguage::PromQl))
    }

    fn of(to: Destination, place: Place, language: Option<QueryLanguage>) -> Self {
        Self { to, place, language, clock: Clock::new() }
    }

    /// Other policies, or buckets, for points, hours and days. On VictoriaMetrics the measurement tells tiers apart, and
    /// this changes nothing.
    ///
    /// # Errors
    /// When a name is empty.
    pub fn tiers(
        mut self,
        raw: impl Into<String>,
        hourly: impl Into<String>,
        daily: impl Into<String>,
    ) -> Result<Self, ConfigError> {
        let tiers = Tiers::new([raw.into(), hourly.into(), daily.into()]);
        match &mut self.place {
            Place::V1 { policies: names, .. } | Place::V2 { buckets: names, .. } => *names = tiers,
            Place::Victoria => {}
        }
        self.checked()
    }

    fn checked(self) -> Result<Self, ConfigError> {
        if self.place.names().any(str::is_empty) {
            return Err(ConfigError::new("influx", "a database, policy, organisation or bucket has no name"));
        }
        Ok(self)
    }

    /// Reads trends in this language; with `None` from the roll-ups of the last two days, which are in memory.
    #[must_use]
    pub fn read_by(self, language: Option<QueryLanguage>) -> Self {
        Self { language, ..self }
    }

    /// The time source, by which it is known which hours and days are over; by default the real one.
    #[must_use]
    pub fn clock(self, clock: Clock) -> Self {
        Self { clock, ..self }
    }

    /// Makes the database and its policies on InfluxDB 1.x, each with its tier's retention, or changes those that are
    /// there. Nothing is to be done elsewhere.
    ///
    /// It waits for the answers, on a thread of its own, so that it may be called from anywhere.
    ///
    /// # Errors
    /// When the engine cannot be asked, or says no.
    pub fn setup(&self, retention: &Retention) -> Result<(), SetupError> {
        match &self.place {
            Place::V1 { database, policies } => setup::run(&self.to, database, policies, retention),
            Place::V2 { .. } | Place::Victoria => Ok(()),
        }
    }

    /// A store that writes here.
    pub fn store(self) -> StoreBuilder {
        let source = self.reading().map(|reading| Box::new(reading) as Box<dyn TrendSource>);
        Store::with_sink(self.writing(), source)
    }

    /// What writes here, to be part of a sink of one's own. A call waits for the engine.
    #[must_use]
    pub fn sink(self) -> Box<dyn Sink> {
        Box::new(self.writing())
    }

    fn writing(self) -> Writing {
        let recovered = self.reading();
        Writing::new(Link::new(self.to), self.place, recovered)
    }

    /// What reads here; `None` when nothing does.
    fn reading(&self) -> Option<Reading> {
        let engine: Box<dyn Engine> = match (self.language?, &self.place) {
            (QueryLanguage::PromQl, _) => Box::new(PromQl),
            (QueryLanguage::InfluxQl, Place::V1 { database, policies }) => {
                Box::new(InfluxQl::new(database.clone(), policies.clone()))
            }
            (QueryLanguage::InfluxQl, Place::V2 { .. } | Place::Victoria) => return None,
        };
        Some(Reading::new(Link::new(self.to.clone()), engine, self.clock.clone()))
    }
}
