//! What is in a file, and how an older one becomes a present one.

use rusqlite::{Connection, Result, TransactionBehavior, params};

use super::super::Metric;

/// "METR": says that a file is ours.
const APPLICATION_ID: i32 = 0x4d45_5452;

/// Each brings a file one version further; the first makes it. A step that was released is never changed.
const STEPS: [&str; 1] = [include_str!("schema.sql")];

/// The present version.
pub(super) const VERSION: usize = STEPS.len();

/// Why a file cannot be used as it is.
#[derive(Debug)]
pub(super) enum Unusable {
    /// It belongs to somebody else, or to a later version of this library.
    Foreign(&'static str),
    Sqlite(rusqlite::Error),
}

impl From<rusqlite::Error> for Unusable {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

/// Sets up a connection that writes.
pub(super) fn prepare(connection: &mut Connection) -> Result<(), Unusable> {
    connection.busy_timeout(super::BUSY)?;
    // Before the first page is written. Nothing in a file is trusted, not even its own views.
    connection.execute_batch(
        "PRAGMA auto_vacuum = INCREMENTAL; PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON",
    )?;
    let version = check_owner(connection)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.execute_batch("PRAGMA synchronous = NORMAL; PRAGMA journal_size_limit = 4194304")?;
    for (step, sql) in STEPS.iter().enumerate().skip(version) {
        migrate(connection, step, sql)?;
    }
    check_schema(connection)
}

/// Whether others who open the file find what they should.
pub(super) fn check_from_outside(connection: &Connection) -> Result<(), Unusable> {
    connection.busy_timeout(super::BUSY)?;
    match check_owner(connection)? {
        VERSION => Ok(()),
        _ => Err(Unusable::Foreign("emptied")),
    }
}

/// The version of a file of ours; 0 of an empty one.
fn check_owner(connection: &Connection) -> Result<usize, Unusable> {
    let pragma = |name| connection.pragma_query_value(None, name, |row| row.get::<_, i32>(0));
    let (id, version) = (pragma("application_id")?, pragma("user_version")?);
    let is_empty: bool =
        connection.query_row("SELECT count(*) = 0 FROM sqlite_schema", [], |row| row.get(0))?;
    match usize::try_from(version) {
        Ok(0) if is_empty && id == 0 => Ok(0),
        Ok(1..=VERSION) if id == APPLICATION_ID => Ok(version.unsigned_abs() as usize),
        Ok(_) if id == APPLICATION_ID => Err(Unusable::Foreign("of a later version")),
        _ => Err(Unusable::Foreign("not a store of metrics")),
    }
}

fn migrate(connection: &mut Connection, step: usize, sql: &str) -> Result<()> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    transaction.execute_batch(sql)?;
    if step == 0 {
        for metric in Metric::ALL {
            let row = params![code(metric), metric.as_str(), metric.unit()];
            transaction.execute("INSERT INTO metric (id, name, unit) VALUES (?1, ?2, ?3)", row)?;
        }
        transaction.execute("INSERT INTO forgotten (before) VALUES (0)", [])?;
    }
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    transaction.pragma_update(None, "user_version", i32::try_from(step + 1).unwrap_or(i32::MAX))?;
    transaction.commit()
}

/// Nothing may be there but what the steps make: a trigger of somebody else's would run with every write.
fn check_schema(connection: &Connection) -> Result<(), Unusable> {
    let expected = Connection::open_in_memory()?;
    STEPS.iter().try_for_each(|sql| expected.execute_batch(sql))?;
    if objects(connection)? == objects(&expected)? {
        Ok(())
    } else {
        Err(Unusable::Foreign("not a store of metrics"))
    }
}

fn objects(connection: &Connection) -> Result<Vec<(String, Option<String>)>> {
    // Statistics of SQLite itself, which `ANALYZE` of any client makes, are no harm.
    let sql = "SELECT name, sql FROM sqlite_schema \
               WHERE type <> 'table' OR name NOT IN ('sqlite_stat1', 'sqlite_stat4') ORDER BY name";
    let mut statement = connection.prepare(sql)?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    rows.collect()
}

/// The number of a metric in files.
pub(super) fn code(metric: Metric) -> i64 {
    Metric::ALL.iter().position(|other| *other == metric).map_or(-1, |place| place as i64)
}

/// The metric of that number; `None` when there is none.
pub(super) fn metric(code: i64) -> Option<Metric> {
    Metric::ALL.get(usize::try_from(code).ok()?).copied()
}
