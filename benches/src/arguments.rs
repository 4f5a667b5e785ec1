//! `--name value` on the command line.

use std::env;
use std::str::FromStr;

/// The value after `--name`, else the default.
///
/// # Panics
/// When the value cannot be read: a benchmark with other settings than asked for misleads.
#[must_use]
pub fn value<T: FromStr>(name: &str, default: T) -> T {
    let mut arguments = env::args().skip_while(|argument| argument.strip_prefix("--") != Some(name));
    match (arguments.next(), arguments.next()) {
        (None, _) => default,
        (Some(_), text) => text
            .and_then(|text| text.replace('_', "").parse().ok())
            .unwrap_or_else(|| panic!("--{name} needs a number")),
    }
}
