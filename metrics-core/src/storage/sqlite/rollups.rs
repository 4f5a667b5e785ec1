//! Points to hours, and hours to days, inside the file.

use std::collections::BTreeMap;
use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension as _, Result, Row, Transaction, TransactionBehavior, params};

use super::super::{Metric, Point, Rollup, Tags, Tier};
use super::schema;
use super::sink::damaged;
use super::write::{ms, whole};
use crate::series::Sketch;

/// An hour is rolled up so long after its end, when the last point of it has come.
const GRACE_MS: u64 = 60_000;

/// The columns of [`read`], in a table that is called `r`.
pub(super) const COLUMNS: &str = "r.metric, r.start, r.count, r.sum, r.min, r.max, r.peak, r.histogram";

/// Rolls up the hours that are over and have points that are not in their roll-ups yet, and the days around them; says
/// how many roll-ups that made. Each hour is a transaction: wherever it is interrupted, the rest stays pending.
pub(super) fn make(connection: &mut Connection, now_ms: u64) -> Result<usize> {
    let mut made = 0;
    for hour in pending(connection)? {
        if hour.saturating_add(Tier::Hourly.bucket_ms() + GRACE_MS) <= now_ms {
            made += make_hour(connection, hour)?;
        }
    }
    Ok(made)
}

/// The hours with points that are not rolled up.
pub(super) fn pending(connection: &Connection) -> Result<Vec<u64>> {
    let mut statement = connection.prepare_cached("SELECT start FROM pending ORDER BY start")?;
    let hours = statement.query_map([], |row| row.get(0).map(ms))?;
    hours.collect()
}

fn make_hour(connection: &mut Connection, hour: u64) -> Result<usize> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let hours = of_points(&transaction, hour)?;
    let mut made = hours.len();
    for ((series, _), rollup) in &hours {
        put(&transaction, *series, rollup)?;
    }
    let day = Tier::Daily.bucket_start(hour);
    for (series, metric) in hours.keys() {
        if let Some(rollup) = of_hours(&transaction, *series, *metric, day)? {
            put(&transaction, *series, &rollup)?;
            made += 1;
        }
    }
    transaction.execute("DELETE FROM pending WHERE start = ?1", [whole(hour)])?;
    transaction.commit()?;
    Ok(made)
}

/// All series and metrics of one hour.
fn of_points(connection: &Connection, hour: u64) -> Result<BTreeMap<(i64, Metric), Rollup>> {
    let mut rollups = BTreeMap::new();
    each_point(connection, hour, |series, point, is_of_service| {
        for metric in rolled_up(is_of_service) {
            if let Some(value) = metric.of(point) {
                let rollup = rollups.entry((series, metric));
                let rollup = rollup.or_insert_with(|| empty(Tier::Hourly, metric, hour));
                rollup.observe(point.timestamp_ms, value);
            }
        }
    })?;
    Ok(rollups)
}

/// One metric of some series in one hour that is not rolled up: `is_wanted` says which, by their numbers.
pub(super) fn of_pending(
    connection: &Connection,
    hour: u64,
    metric: Metric,
    is_wanted: impl Fn(i64) -> bool,
) -> Result<Rollup> {
    let mut rollup = empty(Tier::Hourly, metric, hour);
    each_point(connection, hour, |series, point, _| {
        if let Some(value) = metric.of(point).filter(|_| is_wanted(series)) {
            rollup.observe(point.timestamp_ms, value);
        }
    })?;
    Ok(rollup)
}

fn each_point(connection: &Connection, hour: u64, mut act: impl FnMut(i64, &Point, bool)) -> Result<()> {
    let sql = "SELECT raw.*, series.endpoint = '' FROM raw JOIN series ON series.id = raw.series \
               WHERE ts >= ?1 AND ts < ?2 ORDER BY ts";
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query([whole(hour), whole(hour + Tier::Hourly.bucket_ms())])?;
    let mut point = Point::new(Tags::service("", ""), 0);
    while let Some(row) = rows.next()? {
        read_point(row, &mut point)?;
        act(row.get(1)?, &point, row.get(11)?);
    }
    Ok(())
}

/// Everything but its tags.
fn read_point(row: &Row<'_>, point: &mut Point) -> Result<()> {
    point.timestamp_ms = ms(row.get(0)?);
    point.response_time_ms = row.get(2)?;
    point.requests_per_minute = ms(row.get(3)?);
    point.events_per_minute = ms(row.get(4)?);
    point.cpu_usage_percent = row.get(5)?;
    point.memory_usage_mb = row.get(6)?;
    point.disk_usage_percent = row.get(7)?;
    point.error_rate_percent = row.get(8)?;
    point.queue_size = ms(row.get(9)?);
    point.active_connections = ms(row.get(10)?);
    Ok(())
}

/// The day out of its hours; `None` of none.
fn of_hours(transaction: &Transaction<'_>, series: i64, metric: Metric, day: u64) -> Result<Option<Rollup>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM hourly AS r WHERE series = ?1 AND metric = ?2 AND start >= ?3 AND start < ?4"
    );
    let mut statement = transaction.prepare_cached(&sql)?;
    let end = day + Tier::Daily.bucket_ms();
    let mut rows = statement.query(params![series, schema::code(metric), whole(day), whole(end)])?;
    let mut rollup = empty(Tier::Daily, metric, day);
    while let Some(row) = rows.next()? {
        rollup.merge(&read(row, Tier::Hourly)?);
    }
    Ok((rollup.count > 0).then_some(rollup))
}

/// Adds one point to the roll-ups of its hour and day, whose other points are gone.
pub(super) fn add(transaction: &Transaction<'_>, series: i64, point: &Point) -> Result<()> {
    for metric in rolled_up(point.tags.endpoint.is_none()) {
        let Some(value) = metric.of(point) else { continue };
        for tier in [Tier::Hourly, Tier::Daily] {
            let start = tier.bucket_start(point.timestamp_ms);
            let sql = format!(
                "SELECT {COLUMNS} FROM {} AS r WHERE series = ?1 AND metric = ?2 AND start = ?3",
                tier.as_str()
            );
            let key = params![series, schema::code(metric), whole(start)];
            let mut statement = transaction.prepare_cached(&sql)?;
            let found = statement.query_row(key, |row| read(row, tier)).optional()?;
            let mut rollup = found.unwrap_or_else(|| empty(tier, metric, start));
            rollup.observe(point.timestamp_ms, value);
            put(transaction, series, &rollup)?;
        }
    }
    Ok(())
}

fn put(transaction: &Transaction<'_>, series: i64, rollup: &Rollup) -> Result<()> {
    let sql = format!(
        "INSERT OR REPLACE INTO {} VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        rollup.tier.as_str()
    );
    transaction.prepare_cached(&sql)?.execute(params![
        series,
        schema::code(rollup.metric),
        whole(rollup.start_ms),
        whole(rollup.count),
        rollup.sum,
        rollup.min,
        rollup.max,
        whole(rollup.peak_ms),
        rollup.sketch.to_bytes(),
    ])?;
    Ok(())
}

/// A roll-up out of [`COLUMNS`], without its tags.
pub(super) fn read(row: &Row<'_>, tier: Tier) -> Result<Rollup> {
    let metric = schema::metric(row.get(0)?).ok_or_else(damaged)?;
    let sketch = Sketch::from_bytes(row.get_ref(7)?.as_blob()?).ok_or_else(damaged)?;
    Ok(Rollup {
        count: ms(row.get(2)?),
        sum: row.get(3)?,
        min: row.get(4)?,
        max: row.get(5)?,
        peak_ms: ms(row.get(6)?),
        sketch,
        ..empty(tier, metric, ms(row.get(1)?))
    })
}

/// Whose it is, its row says.
fn empty(tier: Tier, metric: Metric, start_ms: u64) -> Rollup {
    Rollup::new(tier, metric, Arc::new(Tags::service("", "")), start_ms)
}

fn rolled_up(is_of_service: bool) -> impl Iterator<Item = Metric> {
    Metric::ALL.into_iter().filter(move |metric| is_of_service || metric.is_of_endpoint())
}
