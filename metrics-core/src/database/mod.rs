//! Database queries counted where they are made, without touching the code that makes them.
//!
//! Both adapters call [`record_db_query`](crate::record_db_query) for the request for which the calling thread
//! [works](crate::context); what no request asked for is counted for nobody.
//!
//! | database access | adapter | feature |
//! |---|---|---|
//! | `sqlx`, and others that tell their queries as `tracing` events | [`QueryEvents`] | `query-events` |
//! | `rusqlite` | [`count_statements`] | `rusqlite` |
//!
//! # Source
//! B-01, I-16.

#[cfg(feature = "query-events")]
mod events;
#[cfg(feature = "rusqlite")]
mod statements;

#[cfg(feature = "query-events")]
#[cfg_attr(docsrs, doc(cfg(feature = "query-events")))]
pub use events::QueryEvents;
#[cfg(feature = "rusqlite")]
#[cfg_attr(docsrs, doc(cfg(feature = "rusqlite")))]
pub use statements::count_statements;
