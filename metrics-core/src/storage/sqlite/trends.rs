//! Trends out of the file.

use std::collections::{BTreeSet, HashSet};
use std::path::PathBuf;

use rusqlite::{Connection, Result, params};

use super::super::{Metric, Rollup, Tier, TrendError, TrendQuery, TrendSource};
use super::write::whole;
use super::{BUSY, Generation, place, rollups, schema};
use crate::snapshot::TrendMetrics;

/// Weeks begin up to so long before the days they are merged from.
const WEEK_MS: u64 = 7 * Tier::Daily.bucket_ms();

/// A connection of its own, which never holds the writer up.
pub(super) struct SqliteTrends {
    path: PathBuf,
    generation: Generation,
    open: Option<(u64, Connection)>,
}

impl SqliteTrends {
    pub(super) fn new(path: PathBuf, generation: Generation) -> Self {
        Self { path, generation, open: None }
    }

    /// The file as it is now: another one may be in its place.
    fn connection(&mut self) -> Result<&mut Connection> {
        let generation = self.generation.get();
        if self.open.as_ref().is_none_or(|(of, _)| *of != generation) {
            let connection = place::open_to_read(&self.path)?;
            connection.busy_timeout(BUSY)?;
            connection.execute_batch("PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON")?;
            self.open = Some((generation, connection));
        }
        let connection = self.open.as_mut().map(|(_, connection)| connection);
        connection.ok_or(rusqlite::Error::InvalidQuery)
    }

    fn read(&mut self, query: &TrendQuery) -> Result<Vec<Rollup>> {
        // One transaction: an hour is not seen twice while it is rolled up.
        let transaction = self.connection()?.transaction()?;
        let series = series(&transaction, query)?;
        let mut pending = rollups::pending(&transaction)?;
        pending.retain(|hour| query.includes(query.period.start(*hour)));
        let days: BTreeSet<_> = pending.iter().map(|hour| Tier::Daily.bucket_start(*hour)).collect();
        let of_tier = |tier, (from, to)| of_tier(&transaction, tier, query.metric, &series, (from, to));
        let asked = (query.from_ms, query.to_ms.saturating_add(WEEK_MS));
        let mut found = of_tier(query.tier(), asked)?;
        if query.tier() == Tier::Daily {
            // Days that are not whole in their table are merged from their hours.
            found.retain(|day| !days.contains(&day.start_ms));
            for &day in &days {
                found.extend(of_tier(Tier::Hourly, (day, day + Tier::Daily.bucket_ms()))?);
            }
        }
        found.retain(|rollup| rollup.tier == Tier::Daily || pending.binary_search(&rollup.start_ms).is_err());
        for &hour in &pending {
            let of_hour = rollups::of_pending(&transaction, hour, query.metric, |id| series.contains(&id))?;
            found.push(of_hour);
        }
        Ok(found)
    }
}

/// The numbers of the series that are asked for.
fn series(connection: &Connection, query: &TrendQuery) -> Result<HashSet<i64>> {
    let sql = "SELECT id FROM series WHERE (?1 IS NULL OR service = ?1) AND (?2 IS NULL OR instance = ?2) \
               AND endpoint = ?3";
    let mut statement = connection.prepare_cached(sql)?;
    let asked = params![query.service, query.instance, query.endpoint.as_deref().unwrap_or("")];
    let ids = statement.query_map(asked, |row| row.get(0))?;
    ids.collect()
}

fn of_tier(
    connection: &Connection,
    tier: Tier,
    metric: Metric,
    series: &HashSet<i64>,
    (from_ms, to_ms): (u64, u64),
) -> Result<Vec<Rollup>> {
    let sql = format!(
        "SELECT {} FROM {} AS r WHERE series = ?1 AND metric = ?2 AND start >= ?3 AND start < ?4",
        rollups::COLUMNS,
        tier.as_str()
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let mut found = Vec::new();
    for id in series {
        let key = params![id, schema::code(metric), whole(from_ms), whole(to_ms)];
        let rows = statement.query_map(key, |row| rollups::read(row, tier))?;
        for row in rows {
            found.push(row?);
        }
    }
    Ok(found)
}

impl TrendSource for SqliteTrends {
    fn trend(&mut self, query: &TrendQuery) -> Result<TrendMetrics, TrendError> {
        match self.read(query) {
            Ok(rollups) => Ok(query.answer(rollups)),
            Err(error) => {
                self.open = None;
                Err(TrendError::new(error.to_string()))
            }
        }
    }
}
