//! Renderings of what was recorded.

mod prometheus;
mod report;

pub use prometheus::TextFormat;
pub(crate) use prometheus::prometheus;
pub(crate) use report::report;
