//! The sink: one connection, opened anew when it fails.

use std::time::{Duration, Instant};

use rusqlite::{Connection, Error, ErrorCode};

use super::super::horizon::Horizon;
use super::super::settings::Settings;
use super::super::{Batch, Retention, Sink, SinkError};
use super::place::{Identity, Place};
use super::schema::Unusable;
use super::write::SeriesIds;
use super::{Generation, forget, place, rollups, schema, write};

/// The word of this store.
pub(super) const NAME: &str = "sqlite";

/// A file is put aside at most so often: whatever is wrong then, it is not the file.
const ASIDE_EVERY: Duration = Duration::from_secs(3600);

/// Writes points into a file, rolls them up there, and forgets them.
pub(super) struct SqliteSink {
    place: Place,
    generation: Generation,
    settings: Settings,
    open: Option<Open>,
    horizon: Option<Horizon>,
    put_aside: Option<Instant>,
    notice: Option<String>,
    is_checked: bool,
}

/// A file that can be used.
pub(super) struct Open {
    identity: Option<Identity>,
    pub(super) connection: Connection,
    pub(super) series: SeriesIds,
}

impl SqliteSink {
    pub(super) fn new(place: Place, generation: Generation, settings: &Settings) -> Self {
        Self {
            place,
            generation,
            settings: settings.clone(),
            open: None,
            horizon: None,
            put_aside: None,
            notice: None,
            is_checked: false,
        }
    }

    /// Does something with the file. One that turns out to be unusable is put aside, and it is done with a fresh one.
    fn with_file<T>(&mut self, mut act: impl FnMut(&mut Open) -> Result<T, Error>) -> Result<T, SinkError> {
        let unusable = match self.opened().and_then(|open| Ok(act(open)?)) {
            Ok(done) => return Ok(done),
            Err(unusable) => unusable,
        };
        // Whatever went wrong, the next one begins with a connection that has seen nothing of it.
        self.open = None;
        let Some(problem) = problem_of_file(&unusable) else { return Err(retry(&unusable)) };
        self.replace_file(&problem)?;
        self.opened().and_then(|open| Ok(act(open)?)).map_err(|unusable| retry(&unusable))
    }

    fn opened(&mut self) -> Result<&mut Open, Unusable> {
        if self.open.is_none() {
            let mut connection = self.place.open()?;
            schema::prepare(&mut connection)?;
            let newest = write::newest_ms(&connection)?;
            self.horizon.get_or_insert_with(|| Horizon::new(self.settings.clock.clone(), newest));
            self.open =
                Some(Open { identity: self.place.identity(), connection, series: SeriesIds::default() });
            self.generation.advance();
        }
        self.open.as_mut().ok_or_else(|| Unusable::Sqlite(Error::InvalidQuery))
    }

    /// Somebody may have removed the file, put another one in its place, or written into it: a connection that is open
    /// would not notice for long.
    fn leave_lost_file(&mut self) -> Result<(), SinkError> {
        let present = self.place.identity();
        let Some(open) = &self.open else { return Ok(()) };
        if open.identity != present {
            tracing::warn!(store = NAME, "the file was removed or replaced");
            self.open = None;
            return Ok(());
        }
        let outside = place::open_to_read(self.place.path());
        let seen = outside.map_err(Unusable::from).and_then(|outside| schema::check_from_outside(&outside));
        match seen.err().as_ref().and_then(problem_of_file) {
            Some(problem) => {
                self.open = None;
                self.replace_file(&problem)
            }
            None => Ok(()),
        }
    }

    fn replace_file(&mut self, problem: &str) -> Result<(), SinkError> {
        if self.put_aside.is_some_and(|last| last.elapsed() < ASIDE_EVERY) {
            return Err(SinkError::retry(format!("the file is {problem}, and so was the one before")));
        }
        let aside = self.place.put_aside().map_err(|error| {
            SinkError::retry(format!("the file is {problem} and cannot be renamed: {error}"))
        })?;
        self.put_aside = Some(Instant::now());
        let notice = format!("a file that was {problem} is now {:?}", aside.display().to_string());
        tracing::error!(store = NAME, "{notice}");
        self.notice = Some(notice);
        self.generation.advance();
        Ok(())
    }
}

impl Sink for SqliteSink {
    fn name(&self) -> &'static str {
        NAME
    }

    fn rolls_up(&self) -> bool {
        true
    }

    fn write(&mut self, batch: Batch<'_>) -> Result<(), SinkError> {
        self.with_file(|open| write::points(open, batch.points))
    }

    fn maintain(&mut self) -> Result<usize, SinkError> {
        self.leave_lost_file()?;
        if !self.is_checked {
            self.with_file(|open| check(&open.connection))?;
            self.is_checked = true;
        }
        self.with_file(|_| Ok(()))?;
        let Some(horizon) = &mut self.horizon else { return Ok(0) };
        let (now_ms, believed_ms) = (horizon.now_ms(), horizon.believed_ms());
        let retention: Retention = self.settings.retention;
        self.with_file(|open| {
            let made = rollups::make(&mut open.connection, now_ms)?;
            if let Some(now_ms) = believed_ms {
                forget::too_old(open, now_ms, &retention)?;
            }
            Ok(made)
        })
    }

    fn notice(&self) -> Option<String> {
        self.notice.clone()
    }
}

/// Looks at every page once; some milliseconds a megabyte.
fn check(connection: &Connection) -> Result<(), Error> {
    let said: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    if said == "ok" { Ok(()) } else { Err(damaged()) }
}

/// As SQLite says it itself where it notices.
pub(super) fn damaged() -> Error {
    Error::SqliteFailure(rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_CORRUPT), None)
}

/// What is wrong with the file itself; `None` when it is the disk, the folder, or somebody who holds it up.
fn problem_of_file(unusable: &Unusable) -> Option<String> {
    let error = match unusable {
        Unusable::Foreign(why) => return Some((*why).to_owned()),
        Unusable::Sqlite(error) => error,
    };
    let is_around_it = matches!(
        error.sqlite_error_code(),
        Some(
            ErrorCode::DiskFull
                | ErrorCode::SystemIoFailure
                | ErrorCode::CannotOpen
                | ErrorCode::DatabaseBusy
                | ErrorCode::DatabaseLocked
                | ErrorCode::ReadOnly
                | ErrorCode::PermissionDenied
                | ErrorCode::OutOfMemory
                | ErrorCode::OperationInterrupted
                | ErrorCode::FileLockingProtocolFailed
                | ErrorCode::NoLargeFileSupport
        )
    );
    (!is_around_it).then(|| "damaged".to_owned())
}

fn retry(unusable: &Unusable) -> SinkError {
    match unusable {
        Unusable::Foreign(why) => SinkError::retry(format!("the file is {why}")),
        Unusable::Sqlite(error) => SinkError::retry(error.to_string()),
    }
}
