//! What a builder was told about who may see the metrics, and where.

use metrics_core::ConfigError;

use super::table::Table;
use super::{Access, Mounts};

/// Settings of the handler as they are given, one after the other.
#[derive(Clone, Debug, Default)]
pub(crate) struct Settings {
    access: Access,
    health_access: Option<Access>,
    mounts: Mounts,
    #[cfg(feature = "live")]
    max_live_clients: Option<usize>,
    /// The first setting that could not be used.
    problem: Option<ConfigError>,
}

/// The same, checked.
#[derive(Clone, Debug)]
pub(crate) struct Exposure {
    pub(super) access: Access,
    pub(super) health_access: Option<Access>,
    pub(crate) table: Table,
    #[cfg(feature = "live")]
    pub(crate) max_live_clients: usize,
}

impl Settings {
    pub(crate) fn access(&mut self, change: impl FnOnce(Access) -> Result<Access, ConfigError>) {
        match change(self.access.clone()) {
            Ok(access) => self.access = access,
            Err(problem) => self.problem = self.problem.take().or(Some(problem)),
        }
    }

    pub(crate) fn health_access(&mut self, access: Access) {
        self.health_access = Some(access);
    }

    pub(crate) fn mounts(&mut self, mounts: Mounts) {
        self.mounts = mounts;
    }

    #[cfg(feature = "live")]
    pub(crate) fn max_live_clients(&mut self, clients: usize) {
        self.max_live_clients = Some(clients);
    }

    pub(crate) fn check(self) -> Result<Exposure, ConfigError> {
        if let Some(problem) = self.problem {
            return Err(problem);
        }
        let table = Table::new(&self.mounts)?;
        Ok(Exposure {
            access: self.access,
            health_access: self.health_access,
            table,
            #[cfg(feature = "live")]
            max_live_clients: self.max_live_clients.unwrap_or(crate::live::MAX_CLIENTS),
        })
    }
}

impl Exposure {
    /// In a release build nothing but health answers, which must not be a riddle.
    pub(super) fn warn_if_closed(&self) {
        if !self.access.is_decided() && !cfg!(debug_assertions) {
            tracing::warn!(
                "metrics are shown to nobody: choose allow_loopback(), token(), guard() or allow_unauthenticated()"
            );
        }
    }
}
