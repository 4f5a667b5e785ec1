//! Renderings of what was recorded.

mod csv;
mod line_protocol;
mod prometheus;
mod report;

pub(crate) use csv::csv;
pub use line_protocol::LineProtocol;
pub use prometheus::TextFormat;
pub(crate) use prometheus::{legacy, prometheus};
pub(crate) use report::report;
