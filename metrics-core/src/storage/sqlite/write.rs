//! Points into the file: one transaction a batch.

use std::collections::HashMap;

use rusqlite::{Connection, Result, Transaction, TransactionBehavior, params};

use super::super::{Point, Tags, Tier};
use super::rollups;
use super::sink::Open;

/// Series that are remembered; what is forgotten is looked up again.
const MAX_REMEMBERED: usize = 10_000;

/// The numbers of series, and the day on which each was seen last.
#[derive(Debug, Default)]
pub(super) struct SeriesIds {
    known: HashMap<Tags, (i64, u64)>,
}

/// Writes all points, or none.
pub(super) fn points(open: &mut Open, points: &[Point]) -> Result<()> {
    let Open { connection, series, .. } = open;
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let written = insert_all(&transaction, series, points).and_then(|()| transaction.commit());
    if written.is_err() {
        // Numbers that were given out in it are gone with it.
        series.known.clear();
    }
    written
}

/// When the newest point is from, Unix milliseconds.
pub(super) fn newest_ms(connection: &Connection) -> Result<Option<u64>> {
    let newest: Option<i64> = connection.query_row("SELECT max(ts) FROM raw", [], |row| row.get(0))?;
    Ok(newest.map(ms))
}

fn insert_all(transaction: &Transaction<'_>, series: &mut SeriesIds, points: &[Point]) -> Result<()> {
    let forgotten: i64 = transaction.query_row("SELECT before FROM forgotten", [], |row| row.get(0))?;
    for point in points {
        let id = series.id(transaction, &point.tags, Tier::Daily.bucket_start(point.timestamp_ms))?;
        if point.timestamp_ms < ms(forgotten) {
            // The other points of its hour are gone: it goes into what they were rolled up to.
            rollups::add(transaction, id, point)?;
        } else {
            insert(transaction, id, point)?;
        }
    }
    Ok(())
}

/// A point of the same series and millisecond is replaced, as every engine does it.
fn insert(transaction: &Transaction<'_>, series: i64, point: &Point) -> Result<()> {
    let sql = "INSERT OR REPLACE INTO raw VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)";
    transaction.prepare_cached(sql)?.execute(params![
        whole(point.timestamp_ms),
        series,
        point.response_time_ms,
        whole(point.requests_per_minute),
        whole(point.events_per_minute),
        point.cpu_usage_percent,
        point.memory_usage_mb,
        point.disk_usage_percent,
        point.error_rate_percent,
        whole(point.queue_size),
        whole(point.active_connections),
    ])?;
    let hour = whole(Tier::Hourly.bucket_start(point.timestamp_ms));
    transaction.prepare_cached("INSERT OR IGNORE INTO pending VALUES (?1)")?.execute([hour])?;
    Ok(())
}

impl SeriesIds {
    fn id(&mut self, transaction: &Transaction<'_>, tags: &Tags, day_ms: u64) -> Result<i64> {
        if let Some((id, _)) = self.known.get(tags).filter(|(_, seen)| *seen >= day_ms) {
            return Ok(*id);
        }
        if self.known.len() >= MAX_REMEMBERED {
            self.known.clear();
        }
        let id = see(transaction, tags, day_ms)?;
        self.known.insert(tags.clone(), (id, day_ms));
        Ok(id)
    }

    /// Some series may be gone.
    pub(super) fn forget(&mut self) {
        self.known.clear();
    }
}

/// The number of a series, which is new or was seen on that day.
fn see(transaction: &Transaction<'_>, tags: &Tags, day_ms: u64) -> Result<i64> {
    let (method, endpoint) = (tags.method.as_deref().unwrap_or(""), tags.endpoint.as_deref().unwrap_or(""));
    let sql = "INSERT INTO series (service, instance, method, endpoint, seen) VALUES (?1, ?2, ?3, ?4, ?5) \
               ON CONFLICT DO UPDATE SET seen = max(seen, excluded.seen) RETURNING id";
    let row = params![&*tags.service, &*tags.instance, method, endpoint, whole(day_ms)];
    transaction.prepare_cached(sql)?.query_row(row, |row| row.get(0))
}

/// SQLite's integers have a sign.
pub(super) fn whole(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

/// A time, which is never before the epoch.
pub(super) fn ms(value: i64) -> u64 {
    u64::try_from(value).unwrap_or(0)
}
