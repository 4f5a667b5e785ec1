//! Statements that rusqlite runs.

use rusqlite::Connection;
use rusqlite::trace::{TraceEvent, TraceEventCodes};

use crate::context::record_db_query;

/// Counts every statement that the connection runs from now on, by SQLite's own profile callback: once for each run, when
/// it ends; `BEGIN` and `COMMIT` are statements too, those of triggers are not.
///
/// A connection has one such callback; it replaces the application's. SQLite calls it on the thread that runs the
/// statement, so work on another thread has to take the [context](crate::context) along.
///
/// # Errors
/// When the connection is not usable.
///
/// # Cost
/// A call of the callback, and [`record_db_query`].
///
/// # Examples
/// ```
/// use metrics_core::database::count_statements;
///
/// let mut connection = rusqlite::Connection::open_in_memory()?;
/// count_statements(&mut connection)?;
///
/// # let (registry, _time) = metrics_core::Registry::mock();
/// let request = registry.begin_request("GET", "/api/ratings/{media_hash}");
/// let at_work = request.context().enter(); // as the layer does
/// connection.execute("CREATE TABLE ratings (rating INTEGER)", ())?;
/// (1..=5).try_for_each(|rating| connection.execute("INSERT INTO ratings VALUES (?)", [rating]).map(drop))?;
/// drop(at_work);
/// request.answered_in_full(200);
/// assert_eq!(registry.database().total_queries, 6);
/// # Ok::<_, rusqlite::Error>(())
/// ```
pub fn count_statements(connection: &mut Connection) -> rusqlite::Result<()> {
    let count = |_: TraceEvent<'_>| record_db_query();
    connection.trace_v2(TraceEventCodes::SQLITE_TRACE_PROFILE, Some(count))
}
