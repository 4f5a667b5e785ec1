//! Media and their ratings, in SQLite.

mod tally;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rusqlite::Connection;
use serde::Serialize;
use thiserror::Error;
use tokio::sync::Semaphore;

use self::tally::Tally;
use crate::access_log::AccessLog;
use crate::files::MEDIA;
use crate::observe;

/// Connections at most; SQLite has one writer at a time anyway.
const CONNECTIONS: usize = 8;

/// How long a statement waits for another connection's transaction.
const LOCK_PATIENCE: Duration = Duration::from_secs(5);

/// The database. Clones share it.
#[derive(Clone, Debug)]
pub(crate) struct Store {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    path: PathBuf,
    permits: Semaphore,
    idle: Mutex<Vec<Connection>>,
}

/// Why the database gave no answer; nothing was written then.
#[derive(Debug, Error)]
pub(crate) enum StoreError {
    #[error("the database refused: {0}")]
    Sqlite(#[from] rusqlite::Error),
    #[error("the service is ending")]
    Ending,
}

/// What is known of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Metadata {
    pub(crate) hash: String,
    pub(crate) filename: String,
    pub(crate) title: String,
}

/// A line of the list of media.
#[derive(Clone, Debug)]
pub(crate) struct Listed {
    pub(crate) metadata: Metadata,
    pub(crate) ratings: Ratings,
}

/// What the ratings of a hash come to.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Ratings {
    pub(crate) media_hash: String,
    pub(crate) count: i64,
    /// 0.0 when there is none.
    pub(crate) average: f64,
}

impl Ratings {
    fn new(media_hash: String, count: i64, sum: i64) -> Self {
        let average = if count > 0 { sum as f64 / count as f64 } else { 0.0 };
        Self { media_hash, count, average }
    }
}

// === impl Store ===

impl Store {
    /// Opens the database, and fills in what a new one lacks.
    ///
    /// # Errors
    ///
    /// It is no database, or cannot be written.
    pub(crate) fn open(path: &Path) -> Result<Self, rusqlite::Error> {
        let connection = connect(path)?;
        connection.execute_batch(include_str!("schema.sql"))?;
        Tally::new(&connection).transaction(|tally| {
            MEDIA.iter().try_for_each(|medium| {
                let values = (medium.hash, medium.filename, medium.title);
                tally.run("INSERT OR IGNORE INTO media VALUES (?, ?, ?)", values)
            })
        })?;
        let shared = Shared {
            path: path.to_owned(),
            permits: Semaphore::new(CONNECTIONS),
            idle: Mutex::new(vec![connection]),
        };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// All media with their ratings: one statement.
    ///
    /// # Errors
    ///
    /// The database refuses.
    pub(crate) async fn list(&self) -> Result<Vec<Listed>, StoreError> {
        const LIST: &str = "SELECT m.media_hash, m.filename, m.title, ifnull(t.count, 0), ifnull(t.sum, 0) \
            FROM media m LEFT JOIN totals t USING (media_hash) ORDER BY m.filename";
        self.work(|tally| {
            tally.rows(LIST, [], |row| {
                let hash: String = row.get(0)?;
                let ratings = Ratings::new(hash.clone(), row.get(3)?, row.get(4)?);
                Ok(Listed { metadata: Metadata { hash, filename: row.get(1)?, title: row.get(2)? }, ratings })
            })
        })
        .await
    }

    /// What is known of a file: one statement.
    ///
    /// # Errors
    ///
    /// The database refuses.
    pub(crate) async fn metadata(&self, filename: String) -> Result<Option<Metadata>, StoreError> {
        const METADATA: &str = "SELECT media_hash, filename, title FROM media WHERE filename = ?";
        self.work(move |tally| {
            let found = tally.rows(METADATA, [filename], |row| {
                Ok(Metadata { hash: row.get(0)?, filename: row.get(1)?, title: row.get(2)? })
            })?;
            Ok(found.into_iter().next())
        })
        .await
    }

    /// What the ratings of a hash come to: one statement.
    ///
    /// # Errors
    ///
    /// The database refuses.
    pub(crate) async fn ratings(&self, hash: String) -> Result<Ratings, StoreError> {
        self.work(move |tally| ratings(tally, hash)).await
    }

    /// Adds a rating, all of it or nothing: five statements. Says what the ratings come to then.
    ///
    /// # Errors
    ///
    /// The database refuses.
    pub(crate) async fn rate(&self, hash: String, rating: u8) -> Result<Ratings, StoreError> {
        const TOTAL: &str = "INSERT INTO totals VALUES (?1, 1, ?2) \
            ON CONFLICT (media_hash) DO UPDATE SET count = count + 1, sum = sum + excluded.sum";
        self.work(move |tally| {
            tally.transaction(|tally| {
                tally.run("INSERT INTO ratings (media_hash, rating) VALUES (?, ?)", (&hash, rating))?;
                tally.run(TOTAL, (&hash, rating))?;
                ratings(tally, hash)
            })
        })
        .await
    }

    /// Runs blocking work on a connection, for the present request.
    async fn work<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Tally<'_>) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        let shared = Arc::clone(&self.shared);
        let _permit = self.shared.permits.acquire().await.map_err(|_| StoreError::Ending)?;
        let on_connection = move || {
            let connection = shared.take()?;
            let mut tally = Tally::new(&connection);
            let (done, ran) = (work(&mut tally), tally.ran());
            shared.lock().push(connection);
            Ok((done?, ran))
        };
        let worked = observe::spawn_blocking(on_connection).await.map_err(|_| StoreError::Ending)?;
        let (value, ran) = worked.map_err(StoreError::Sqlite)?;
        AccessLog::add_statements(ran);
        Ok(value)
    }
}

fn ratings(tally: &mut Tally<'_>, hash: String) -> rusqlite::Result<Ratings> {
    const RATINGS: &str = "SELECT count, sum FROM totals WHERE media_hash = ?";
    let found = tally.rows(RATINGS, [&hash], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let (count, sum) = found.into_iter().next().unwrap_or_default();
    Ok(Ratings::new(hash, count, sum))
}

// === impl Shared ===

impl Shared {
    fn take(&self) -> rusqlite::Result<Connection> {
        let idle = self.lock().pop();
        idle.map_or_else(|| connect(&self.path), Ok)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Connection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A connection whose statements are counted from the first request on.
fn connect(path: &Path) -> rusqlite::Result<Connection> {
    let mut connection = Connection::open(path)?;
    connection.busy_timeout(LOCK_PATIENCE)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    observe::watch_statements(&mut connection)?;
    Ok(connection)
}
