//! What can go wrong before anything is recorded: configuration and installation.

use std::fmt;

/// A setting that cannot be used.
///
/// # Examples
/// ```
/// let error = metrics_core::Metrics::builder().broadcast_hz(-1.0).build().unwrap_err();
/// assert_eq!(error.to_string(), "METRICS_BROADCAST_HZ: -1 is not between 0.01 and 10");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    setting: &'static str,
    problem: String,
}

impl ConfigError {
    /// A setting by that name has that problem; for crates that add settings of their own.
    pub fn new(setting: &'static str, problem: impl Into<String>) -> Self {
        Self { setting, problem: problem.into() }
    }

    /// The name of the setting, as its environment variable spells it.
    #[must_use]
    pub fn setting(&self) -> &str {
        self.setting
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.setting, self.problem)
    }
}

impl std::error::Error for ConfigError {}

/// Why [`Builder::build`](crate::Builder::build) or [`Builder::install`](crate::Builder::install) failed.
#[derive(Debug)]
pub struct StartError {
    kind: StartErrorKind,
}

#[derive(Debug)]
enum StartErrorKind {
    Config(ConfigError),
    AlreadyInstalled,
    Thread(std::io::Error),
}

impl StartError {
    pub(crate) fn already_installed() -> Self {
        Self { kind: StartErrorKind::AlreadyInstalled }
    }

    pub(crate) fn thread(error: std::io::Error) -> Self {
        Self { kind: StartErrorKind::Thread(error) }
    }

    /// The setting that cannot be used, if that is why.
    #[must_use]
    pub fn config(&self) -> Option<&ConfigError> {
        match &self.kind {
            StartErrorKind::Config(error) => Some(error),
            StartErrorKind::AlreadyInstalled | StartErrorKind::Thread(_) => None,
        }
    }

    /// Whether another collector was installed first; it stays installed.
    #[must_use]
    pub fn is_already_installed(&self) -> bool {
        matches!(self.kind, StartErrorKind::AlreadyInstalled)
    }
}

impl From<ConfigError> for StartError {
    fn from(error: ConfigError) -> Self {
        Self { kind: StartErrorKind::Config(error) }
    }
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            StartErrorKind::Config(error) => error.fmt(f),
            StartErrorKind::AlreadyInstalled => f.write_str("another collector is already installed"),
            StartErrorKind::Thread(_) => f.write_str("the sampler thread cannot be started"),
        }
    }
}

impl std::error::Error for StartError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.kind {
            StartErrorKind::Config(_) | StartErrorKind::AlreadyInstalled => None,
            StartErrorKind::Thread(error) => Some(error),
        }
    }
}
