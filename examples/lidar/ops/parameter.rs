//! Refusing parameters outside their range.

use std::fmt::Display;
use std::ops::RangeInclusive;

use thiserror::Error;

/// A parameter outside its allowed range: the field, the value and the range.
#[derive(Debug, Clone, PartialEq, Error)]
#[error("{field} is {value}, allowed is {allowed}")]
pub(crate) struct ParameterError {
    field: &'static str,
    value: String,
    allowed: String,
}

/// Checks that `value` is within `allowed`; NaN never is.
///
/// # Errors
///
/// The value is outside; the error names `field`.
pub(super) fn check_range<T>(
    field: &'static str,
    value: T,
    allowed: RangeInclusive<T>,
) -> Result<(), ParameterError>
where
    T: PartialOrd + Display + Copy,
{
    if allowed.contains(&value) {
        return Ok(());
    }
    let allowed = format!("{} to {}", allowed.start(), allowed.end());
    Err(ParameterError { field, value: value.to_string(), allowed })
}
