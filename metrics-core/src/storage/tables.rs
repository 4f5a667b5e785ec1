//! Hours and days in memory.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, Mutex};

use super::settings::Settings;
use super::{Metric, Point, Rollup, Tags, Tier, TrendError, TrendQuery, TrendSource};
use crate::snapshot::TrendMetrics;
use crate::sync::lock;

/// Memory of all roll-ups; an ordinary one takes half a kilobyte, so there is room for a month of hours of twenty routes.
const MAX_BYTES: usize = 32 * 1024 * 1024;

/// Beside a sink buckets are kept so long, for points that come late.
const BESIDE_A_SINK_MS: u64 = 2 * Tier::Daily.bucket_ms();

/// A bucket is told so long after its end, when the last point of it has come.
const GRACE_MS: u64 = 60_000;

/// What can be rolled up.
const TIERS: [Tier; 2] = [Tier::Hourly, Tier::Daily];

/// The roll-ups of all that came, as far back as they are kept.
#[derive(Debug)]
pub(super) struct Tables {
    hourly: Table,
    daily: Table,
    max_bytes: usize,
    /// Each series once.
    tags: HashSet<Arc<Tags>>,
}

#[derive(Debug)]
struct Table {
    tier: Tier,
    keep_ms: u64,
    /// Older buckets were forgotten.
    oldest_ms: u64,
    buckets: BTreeMap<u64, Bucket>,
    /// Whether anybody is told of changes.
    tells: bool,
    bytes: usize,
}

#[derive(Debug, Default)]
struct Bucket {
    rollups: HashMap<(Metric, Arc<Tags>), Rollup>,
    /// Those that have changed since they were last told.
    changed: HashSet<(Metric, Arc<Tags>)>,
}

impl Tables {
    pub(super) fn of_memory(settings: &Settings) -> Self {
        Self::new(TIERS.map(|tier| settings.retention.ms(tier)), false)
    }

    pub(super) fn beside_a_sink() -> Self {
        Self::new([BESIDE_A_SINK_MS; 2], true)
    }

    fn new(keep_ms: [u64; 2], tells: bool) -> Self {
        let [hourly_ms, daily_ms] = keep_ms;
        let table =
            |tier, keep_ms| Table { tier, keep_ms, oldest_ms: 0, buckets: BTreeMap::new(), tells, bytes: 0 };
        Self {
            hourly: table(Tier::Hourly, hourly_ms),
            daily: table(Tier::Daily, daily_ms),
            max_bytes: MAX_BYTES,
            tags: HashSet::new(),
        }
    }

    /// Takes in a point. One from before the oldest bucket that is kept changes nothing there.
    pub(super) fn observe(&mut self, point: &Point) {
        let tags = self.shared(&point.tags);
        let is_of_service = point.tags.endpoint.is_none();
        for metric in Metric::ALL.into_iter().filter(|metric| is_of_service || metric.is_of_endpoint()) {
            if let Some(value) = metric.of(point) {
                for table in [&mut self.hourly, &mut self.daily] {
                    table.observe(metric, &tags, point.timestamp_ms, value);
                }
            }
        }
    }

    /// The beginning of the oldest day that is kept.
    pub(super) fn oldest_day(&self) -> u64 {
        self.daily.oldest_ms
    }

    /// Takes back the day of an instance and its routes that this time lies in: only a part of it is known, which must not
    /// take the place of what was told of it.
    pub(super) fn take_back_day(&mut self, unix_ms: u64, tags: &Tags) {
        let is_other =
            |(_, of): &(Metric, Arc<Tags>)| (&of.service, &of.instance) != (&tags.service, &tags.instance);
        if let Some(bucket) = self.daily.buckets.get_mut(&Tier::Daily.bucket_start(unix_ms)) {
            let before = bucket.bytes();
            bucket.rollups.retain(|key, _| is_other(key));
            bucket.changed.retain(is_other);
            self.daily.bytes = self.daily.bytes - before + bucket.bytes();
        }
    }

    fn shared(&mut self, tags: &Tags) -> Arc<Tags> {
        if let Some(tags) = self.tags.get(tags) {
            return Arc::clone(tags);
        }
        let tags = Arc::new(tags.clone());
        self.tags.insert(Arc::clone(&tags));
        tags
    }

    /// Forgets what is too old.
    pub(super) fn forget(&mut self, now_ms: u64) {
        for table in [&mut self.hourly, &mut self.daily] {
            table.forget(now_ms);
        }
        self.tags.retain(|tags| Arc::strong_count(tags) > 1);
    }

    /// Forgets the oldest as long as it is too much.
    pub(super) fn limit(&mut self) {
        while self.hourly.bytes + self.daily.bytes > self.max_bytes {
            // Days are worth more than hours.
            if !self.hourly.drop_oldest() && !self.daily.drop_oldest() {
                break;
            }
        }
    }

    /// Roll-ups of buckets that are over, and have changed since they were told; at most so many.
    pub(super) fn take_changed(&mut self, now_ms: u64, most: usize) -> Vec<Rollup> {
        let mut taken = Vec::new();
        for table in [&mut self.hourly, &mut self.daily] {
            table.take_changed(now_ms, most, &mut taken);
        }
        taken
    }

    /// These were told in vain.
    pub(super) fn put_back(&mut self, rollups: &[Rollup]) {
        for rollup in rollups {
            let table = if rollup.tier == Tier::Daily { &mut self.daily } else { &mut self.hourly };
            if let Some(bucket) = table.buckets.get_mut(&rollup.start_ms) {
                bucket.changed.insert((rollup.metric, Arc::clone(&rollup.tags)));
            }
        }
    }

    fn answer(&self, query: &TrendQuery) -> TrendMetrics {
        let table = if query.tier() == Tier::Daily { &self.daily } else { &self.hourly };
        let rollups = table.buckets.values().flat_map(|bucket| bucket.rollups.values());
        query.answer(rollups.filter(|rollup| query.asks_for(rollup)).cloned())
    }
}

impl Table {
    fn observe(&mut self, metric: Metric, tags: &Arc<Tags>, at_ms: u64, value: f64) {
        let start = self.tier.bucket_start(at_ms);
        if start < self.oldest_ms {
            return;
        }
        let bucket = self.buckets.entry(start).or_default();
        let key = (metric, Arc::clone(tags));
        let before = bucket.rollups.get(&key).map_or(0, Rollup::bytes);
        let rollup = bucket.rollups.entry(key.clone());
        let rollup = rollup.or_insert_with(|| Rollup::new(self.tier, metric, Arc::clone(tags), start));
        rollup.observe(at_ms, value);
        self.bytes = self.bytes - before + rollup.bytes();
        if self.tells {
            bucket.changed.insert(key);
        }
    }

    fn forget(&mut self, now_ms: u64) {
        self.oldest_ms = self.tier.bucket_start(now_ms.saturating_sub(self.keep_ms));
        let kept = self.buckets.split_off(&self.oldest_ms);
        let gone = std::mem::replace(&mut self.buckets, kept);
        self.bytes -= gone.values().map(Bucket::bytes).sum::<usize>();
    }

    fn drop_oldest(&mut self) -> bool {
        let gone = self.buckets.pop_first();
        self.bytes -= gone.as_ref().map_or(0, |(_, bucket)| bucket.bytes());
        gone.is_some()
    }

    fn take_changed(&mut self, now_ms: u64, most: usize, taken: &mut Vec<Rollup>) {
        let Some(over) = now_ms.checked_sub(GRACE_MS + self.tier.bucket_ms()) else { return };
        for bucket in self.buckets.range_mut(..=over).map(|(_, bucket)| bucket) {
            let room = most.saturating_sub(taken.len());
            let keys: Vec<_> = bucket.changed.iter().take(room).cloned().collect();
            for key in keys {
                bucket.changed.remove(&key);
                taken.extend(bucket.rollups.get(&key).cloned());
            }
        }
    }
}

impl Bucket {
    fn bytes(&self) -> usize {
        self.rollups.values().map(Rollup::bytes).sum()
    }
}

/// Trends out of memory.
pub(super) struct Reading(pub(super) Arc<Mutex<Tables>>);

impl TrendSource for Reading {
    fn trend(&mut self, query: &TrendQuery) -> Result<TrendMetrics, TrendError> {
        Ok(lock(&self.0).answer(query))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR_MS: u64 = Tier::Hourly.bucket_ms();

    fn point(at_ms: u64, route: u64, value: f64) -> Point {
        let tags = Tags::service("api", "a").endpoint("GET", format!("/{route}"));
        Point { response_time_ms: Some(value), ..Point::new(tags, at_ms) }
    }

    /// Values that share no bucket of a histogram, so that roll-ups are as large as they get.
    fn fill(tables: &mut Tables, hours: u64) {
        for hour in 0..hours {
            for n in 0..60 {
                tables.observe(&point(hour * HOUR_MS + n * 60_000, hour % 3, 1.25_f64.powi(n as i32) / 1e3));
            }
            tables.limit();
        }
    }

    fn counted(tables: &Tables) -> usize {
        [&tables.hourly, &tables.daily]
            .into_iter()
            .flat_map(|table| table.buckets.values())
            .map(Bucket::bytes)
            .sum()
    }

    #[test]
    fn memory_is_bounded_and_the_oldest_hours_go_first() {
        let mut tables = Tables::new([u64::MAX; 2], false);
        tables.max_bytes = 1 << 18;
        fill(&mut tables, 1_000);
        let bytes = tables.hourly.bytes + tables.daily.bytes;
        assert_eq!(bytes, counted(&tables));
        assert!(bytes <= 1 << 18 && bytes > 7 << 15, "{bytes}");
        let hours: Vec<_> = tables.hourly.buckets.keys().map(|start| start / HOUR_MS).collect();
        assert!(hours.len() > 20 && hours.is_sorted() && hours.last() == Some(&999), "{hours:?}");
        assert_eq!(tables.daily.buckets.len() as u64, 1_000_u64.div_ceil(24), "days are worth more");
    }

    #[test]
    fn what_is_forgotten_is_not_counted_any_more() {
        let mut tables = Tables::new([2 * HOUR_MS, 48 * HOUR_MS], true);
        fill(&mut tables, 100);
        tables.forget(100 * HOUR_MS);
        assert_eq!(tables.hourly.buckets.len(), 2);
        assert_eq!(tables.hourly.bytes + tables.daily.bytes, counted(&tables));
        tables.observe(&point(0, 0, 1.0));
        assert_eq!(tables.hourly.buckets.len(), 2, "too late");
        tables.forget(u64::MAX);
        assert_eq!((tables.hourly.bytes, tables.daily.bytes, tables.tags.len()), (0, 0, 0));
    }
}
