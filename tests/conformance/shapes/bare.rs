use ::bare::timed;

#[path = "of/mod.rs"]
pub mod of;
