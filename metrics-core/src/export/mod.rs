//! Renderings of what was recorded.

mod csv;
mod prometheus;
mod report;

pub(crate) use csv::csv;
pub use prometheus::TextFormat;
pub(crate) use prometheus::{legacy, prometheus};
pub(crate) use report::report;
