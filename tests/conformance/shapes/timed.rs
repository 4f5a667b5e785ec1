use ::metrics_core::timed;

#[path = "of/mod.rs"]
pub mod of;
