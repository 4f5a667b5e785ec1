//! SQLite's own count of what it ran.

use rusqlite::{CachedStatement, Connection, Params, Row, StatementStatus};

/// Runs statements on a connection, and asks SQLite how many it ran.
#[derive(Debug)]
pub(super) struct Tally<'a> {
    connection: &'a Connection,
    ran: u64,
}

impl<'a> Tally<'a> {
    pub(super) fn new(connection: &'a Connection) -> Self {
        Self { connection, ran: 0 }
    }

    /// Statements that SQLite ran so far.
    pub(super) fn ran(&self) -> u64 {
        self.ran
    }

    /// Runs a statement without rows.
    pub(super) fn run(&mut self, sql: &str, params: impl Params) -> rusqlite::Result<()> {
        self.with(sql, |statement| statement.execute(params).map(drop))
    }

    /// All rows of a query.
    pub(super) fn rows<T>(
        &mut self,
        sql: &str,
        params: impl Params,
        read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> rusqlite::Result<Vec<T>> {
        self.with(sql, |statement| statement.query_map(params, read)?.collect())
    }

    /// All or nothing of what `work` writes.
    pub(super) fn transaction<T>(
        &mut self,
        work: impl FnOnce(&mut Self) -> rusqlite::Result<T>,
    ) -> rusqlite::Result<T> {
        self.run("BEGIN IMMEDIATE", [])?;
        let done = work(self).and_then(|value| self.run("COMMIT", []).map(|()| value));
        if done.is_err() {
            self.run("ROLLBACK", [])?;
        }
        done
    }

    fn with<T>(
        &mut self,
        sql: &str,
        work: impl FnOnce(&mut CachedStatement<'_>) -> rusqlite::Result<T>,
    ) -> rusqlite::Result<T> {
        let mut statement = self.connection.prepare_cached(sql)?;
        let done = work(&mut statement);
        self.ran += u64::try_from(statement.reset_status(StatementStatus::Run)).unwrap_or(0);
        done
    }
}
