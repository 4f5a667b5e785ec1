//! What came before a restart, read back so that roll-ups are whole.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex};

use super::tables::Tables;
use super::{Point, Refusal, Sink, SinkError, Tags, Tier};
use crate::record::caught;
use crate::sync::lock;

/// Instances whose points of before are read back.
const MAX_INSTANCES: usize = 10_000;

const HOUR_MS: u64 = Tier::Hourly.bucket_ms();
const DAY_MS: u64 = Tier::Daily.bucket_ms();

/// A day is told a minute after its end, with the next flushes: whoever ended before that may not have told it.
const TOLD_AFTER_MS: u64 = 5 * 60_000;

/// A service that is away for no longer than an hour loses no day. Raw points are kept for two days at least, so that
/// yesterday is there.
const RESTART_MS: u64 = HOUR_MS + TOLD_AFTER_MS;

/// How far the points of each instance are read back, day by day.
#[derive(Debug, Default)]
pub(super) struct Recovery {
    instances: HashMap<Instance, BTreeMap<u64, Day>>,
}

type Instance = (Arc<str>, Arc<str>);

/// A day of one instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Day {
    /// The hour to be read next.
    Reading(u64),
    /// What came before is in the tables, or there was nothing.
    Read,
    /// A day that is over and cannot be read: what is still to come is a part of it alone.
    Lost,
}

impl Recovery {
    /// Reads the hours of the day of a point that are not read yet, one after the other, so that only the points of one are
    /// in memory; in the first hour of a day also those of yesterday, whose last roll-ups may not have been told. Who has
    /// seen the day before has seen this one from its beginning.
    ///
    /// # Errors
    /// When an hour is to be asked for again.
    pub(super) fn read_back(
        &mut self,
        point: &Point,
        now_ms: u64,
        sink: &mut dyn Sink,
        tables: &Mutex<Tables>,
    ) -> Result<(), SinkError> {
        let instance = instance(&point.tags);
        if self.instances.len() >= MAX_INSTANCES && !self.instances.contains_key(&instance) {
            return Ok(());
        }
        let (day, today, oldest) =
            (day_of(point), Tier::Daily.bucket_start(now_ms), lock(tables).oldest_day());
        // What is older changes no roll-up, and what is yet to come was written by nobody.
        if day < oldest || day > today {
            return Ok(());
        }
        let days = self.instances.entry(instance).or_default();
        days.retain(|day, _| *day >= oldest);
        if days.contains_key(&day.saturating_sub(DAY_MS)) {
            days.entry(day).or_insert(Day::Read);
        } else if day == today && !days.contains_key(&day) {
            let before = Tier::Daily.bucket_start(now_ms.saturating_sub(RESTART_MS));
            days.entry(before).or_insert(Day::Reading(before));
        }
        days.entry(day).or_insert(Day::Reading(day));
        days.iter_mut().try_for_each(|(day, state)| state.read(*day, (&point.tags, now_ms), sink, tables))
    }

    /// Whether a point belongs to a day that cannot be whole any more.
    pub(super) fn is_lost(&self, point: &Point) -> bool {
        let days = self.instances.get(&instance(&point.tags));
        days.and_then(|days| days.get(&day_of(point))) == Some(&Day::Lost)
    }
}

impl Day {
    /// Reads the hours that are left.
    fn read(
        &mut self,
        day: u64,
        (tags, now_ms): (&Tags, u64),
        sink: &mut dyn Sink,
        tables: &Mutex<Tables>,
    ) -> Result<(), SinkError> {
        while let Self::Reading(hour) = *self {
            if hour >= day + DAY_MS || hour > now_ms {
                *self = Self::Read;
                break;
            }
            match read(sink, tags, hour) {
                Ok(points) => {
                    let mut tables = lock(tables);
                    points.iter().for_each(|point| tables.observe(point));
                    *self = Self::Reading(hour + HOUR_MS);
                }
                Err(error) if error.refusal() == Refusal::Retry => return Err(error),
                Err(error) => {
                    tracing::warn!(error = %error, "points of before the start cannot be read: hours begin now");
                    let is_over = day < Tier::Daily.bucket_start(now_ms);
                    if is_over {
                        lock(tables).take_back_day(day, tags);
                    }
                    *self = if is_over { Self::Lost } else { Self::Read };
                }
            }
        }
        Ok(())
    }
}

fn instance(tags: &Tags) -> Instance {
    (Arc::clone(&tags.service), Arc::clone(&tags.instance))
}

fn day_of(point: &Point) -> u64 {
    Tier::Daily.bucket_start(point.timestamp_ms)
}

fn read(sink: &mut dyn Sink, tags: &Tags, hour: u64) -> Result<Vec<Point>, SinkError> {
    let read = || sink.recover(&tags.service, &tags.instance, hour..hour + HOUR_MS);
    caught(read).unwrap_or_else(|| Err(SinkError::drop("the sink panicked")))
}
