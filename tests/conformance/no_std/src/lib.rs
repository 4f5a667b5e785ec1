//! Functions of a crate that has `core` alone in scope.

#![no_std]
#![no_implicit_prelude]
#![deny(warnings, missing_docs)]
#![forbid(unsafe_code)]

use ::metrics_core::timed;

/// Adds.
#[timed]
pub fn add(left: u8, right: u8) -> u8 {
    left + right
}

/// Adds later.
#[timed]
pub async fn later(left: u8, right: u8) -> u8 {
    left + right
}

/// Holds functions.
#[derive(::core::fmt::Debug)]
pub struct Adder(u8);

#[timed]
impl Adder {
    /// Makes one.
    pub const fn new(by: u8) -> Self {
        Self(by)
    }

    /// Adds.
    pub fn add(&self, to: u8) -> u8 {
        add(self.0, to)
    }
}
