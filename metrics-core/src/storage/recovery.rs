//! What came before a restart, read back so that roll-ups are whole.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use super::tables::Tables;
use super::{Point, Refusal, Sink, SinkError, Tags, Tier};
use crate::record::caught;
use crate::sync::lock;

/// Instances whose points of before are read back.
const MAX_INSTANCES: usize = 10_000;

const HOUR_MS: u64 = Tier::Hourly.bucket_ms();

/// A restart that takes no longer loses no day. Raw points are kept for two days at least, so that yesterday is there.
const RESTART_MS: u64 = HOUR_MS;

/// How far the points of each instance are read back.
#[derive(Debug, Default)]
pub(super) struct Recovery {
    /// The hour to be read next; `None` when nothing is left to be read.
    instances: HashMap<(Arc<str>, Arc<str>), Option<u64>>,
}

impl Recovery {
    /// Reads the hours of today that are not read yet, one after the other, so that only the points of one are in memory;
    /// in the first hour of a day also those of yesterday, whose last roll-ups may not have been told.
    ///
    /// # Errors
    /// When an hour is to be asked for again.
    pub(super) fn read_back(
        &mut self,
        tags: &Tags,
        now_ms: u64,
        sink: &mut dyn Sink,
        tables: &Mutex<Tables>,
    ) -> Result<(), SinkError> {
        let today = Tier::Daily.bucket_start(now_ms);
        let begin = Tier::Daily.bucket_start(now_ms.saturating_sub(RESTART_MS));
        let instance = (Arc::clone(&tags.service), Arc::clone(&tags.instance));
        if self.instances.len() >= MAX_INSTANCES && !self.instances.contains_key(&instance) {
            return Ok(());
        }
        let next = self.instances.entry(instance).or_insert(Some(begin));
        while let Some(hour) = next.filter(|hour| *hour <= now_ms) {
            match read(sink, tags, hour) {
                Ok(points) => {
                    let mut tables = lock(tables);
                    points.iter().for_each(|point| tables.observe(point));
                    *next = Some(hour + HOUR_MS);
                }
                Err(error) if error.refusal() == Refusal::Retry => return Err(error),
                Err(error) => {
                    tracing::warn!(error = %error, "points of before the start cannot be read: hours begin now");
                    if hour < today {
                        lock(tables).take_back_day(hour, tags);
                    }
                    break;
                }
            }
        }
        *next = None;
        Ok(())
    }
}

fn read(sink: &mut dyn Sink, tags: &Tags, hour: u64) -> Result<Vec<Point>, SinkError> {
    let read = || sink.recover(&tags.service, &tags.instance, hour..hour + HOUR_MS);
    caught(read).unwrap_or_else(|| Err(SinkError::drop("the sink panicked")))
}
