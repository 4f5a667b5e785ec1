//! Renderings of what was recorded.

mod report;

pub(crate) use report::report;
