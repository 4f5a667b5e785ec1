//! Why the service ends, and with which exit code.

use std::error::Error;
use std::fmt;

/// What the user asked for cannot be done: as for a wrong option.
const USAGE: u8 = 2;

/// Something went wrong with the system.
const FAILURE: u8 = 1;

/// Why the service could not start or go on.
#[derive(Debug)]
pub(crate) struct AppError {
    message: String,
    code: u8,
}

impl AppError {
    /// The options, the environment or a scan is at fault.
    pub(crate) fn usage(error: impl Error) -> Self {
        Self { message: error.to_string(), code: USAGE }
    }

    /// Something of the system is at fault.
    pub(crate) fn start(error: impl Error) -> Self {
        Self::failure(error.to_string())
    }

    /// Something of the system is at fault, in words.
    pub(crate) fn failure(message: String) -> Self {
        Self { message, code: FAILURE }
    }

    /// The exit code of the process.
    pub(crate) fn code(&self) -> u8 {
        self.code
    }
}

impl fmt::Display for AppError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl Error for AppError {}
