//! Why a store cannot be started.

use std::fmt;
use std::io;

use crate::error::ConfigError;

/// Why [`StoreBuilder::start`](super::StoreBuilder::start) failed.
#[derive(Debug)]
pub struct StoreError {
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    Config(ConfigError),
    #[cfg_attr(not(feature = "sqlite"), expect(dead_code, reason = "only files can be in use"))]
    InUse(String),
    Thread(io::Error),
}

impl StoreError {
    #[cfg(feature = "sqlite")]
    pub(super) fn in_use(path: &std::path::Path) -> Self {
        Self { kind: Kind::InUse(path.display().to_string()) }
    }

    pub(super) fn thread(error: io::Error) -> Self {
        Self { kind: Kind::Thread(error) }
    }

    /// The setting that cannot be used, if that is why.
    #[must_use]
    pub fn config(&self) -> Option<&ConfigError> {
        match &self.kind {
            Kind::Config(error) => Some(error),
            Kind::InUse(_) | Kind::Thread(_) => None,
        }
    }

    /// Whether another store writes to the file, of this process or another one.
    #[must_use]
    pub fn is_in_use(&self) -> bool {
        matches!(self.kind, Kind::InUse(_))
    }
}

impl From<ConfigError> for StoreError {
    fn from(error: ConfigError) -> Self {
        Self { kind: Kind::Config(error) }
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            Kind::Config(error) => error.fmt(f),
            Kind::InUse(path) => write!(f, "{path:?} is in use by another store"),
            Kind::Thread(_) => f.write_str("the storage thread cannot be started"),
        }
    }
}

impl std::error::Error for StoreError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.kind {
            Kind::Config(_) | Kind::InUse(_) => None,
            Kind::Thread(error) => Some(error),
        }
    }
}
