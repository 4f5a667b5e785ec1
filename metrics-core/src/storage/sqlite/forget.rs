//! What is too old goes.

use rusqlite::{Connection, Result, TransactionBehavior};

use super::super::{Retention, Tier};
use super::sink::Open;
use super::write::{ms, whole};

/// Pages that are given back to the file system at a time: a megabyte.
const PAGES: u32 = 256;

/// Hours of points that are forgotten in one transaction, so that the log stays short.
const HOURS: i64 = 24;

/// Forgets points, hours and days that are older than they are kept: points by whole hours that are rolled up, hours by
/// whole days of which no point is left, so that whatever is rolled up again is whole.
pub(super) fn too_old(open: &mut Open, now_ms: u64, retention: &Retention) -> Result<()> {
    let before = |tier: Tier| now_ms.saturating_sub(retention.ms(tier));
    while forget_points(&mut open.connection, Tier::Hourly.bucket_start(before(Tier::Raw)))? {}
    let transaction = open.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let forgotten = transaction.query_row("SELECT before FROM forgotten", [], |row| row.get(0).map(ms))?;
    let hours = Tier::Daily.bucket_start(before(Tier::Hourly).min(forgotten));
    let days = Tier::Daily.bucket_start(before(Tier::Daily));
    transaction.execute("DELETE FROM hourly WHERE start < ?1", [whole(hours)])?;
    transaction.execute("DELETE FROM daily WHERE start < ?1", [whole(days)])?;
    // Their newest points are older than that.
    let gone = transaction.execute("DELETE FROM series WHERE seen < ?1", [whole(days.min(hours))])?;
    transaction.commit()?;
    if gone > 0 {
        open.series.forget();
    }
    let give_back = format!("PRAGMA incremental_vacuum({PAGES})");
    let mut statement = open.connection.prepare(&give_back)?;
    let mut pages = statement.query([])?;
    while pages.next()?.is_some() {}
    Ok(())
}

/// Forgets a day of points at most; says whether there may be more.
fn forget_points(connection: &mut Connection, before_ms: u64) -> Result<bool> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let oldest: Option<i64> = transaction.query_row("SELECT min(ts) FROM raw", [], |row| row.get(0))?;
    let pending: Option<i64> =
        transaction.query_row("SELECT min(start) FROM pending", [], |row| row.get(0))?;
    let hour = whole(Tier::Hourly.bucket_ms());
    let before = whole(before_ms).min(pending.unwrap_or(i64::MAX));
    let Some(oldest) = oldest.filter(|oldest| *oldest < before) else { return Ok(false) };
    let before = before.min(oldest - oldest.rem_euclid(hour) + HOURS * hour);
    transaction.execute("DELETE FROM raw WHERE ts < ?1", [before])?;
    transaction.execute("UPDATE forgotten SET before = max(before, ?1)", [before])?;
    transaction.commit()?;
    Ok(true)
}
