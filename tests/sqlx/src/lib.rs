//! Nothing but its tests: see `tests/queries_of_sqlx.rs`.
