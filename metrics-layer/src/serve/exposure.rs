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
    /// The first setting that could not be used.
    problem: Option<ConfigError>,
}

/// The same, checked.
#[derive(Clone, Debug)]
pub(crate) struct Exposure {
    pub(super) access: Access,
    pub(super) health_access: Option<Access>,
    pub(super) table: Table,
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

    pub(crate) fn check(self) -> Result<Exposure, ConfigError> {
        if let Some(problem) = self.problem {
            return Err(problem);
        }
        let table = Table::new(&self.mounts)?;
        Ok(Exposure { access: self.access, health_access: self.health_access, table })
    }
}
