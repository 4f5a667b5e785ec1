//! What extensions are doing.

use std::collections::BTreeMap;
use std::sync::Mutex;

use crate::name::{OVERFLOW, bounded};
use crate::snapshot::ExtensionStatus;
use crate::sync::lock;

/// Extensions by name; what exceeds them shares one entry.
const MAX_EXTENSIONS: usize = 256;

/// The status of each extension.
#[derive(Debug, Default)]
pub(super) struct Extensions {
    statuses: Mutex<BTreeMap<String, ExtensionStatus>>,
}

impl Extensions {
    pub(super) fn set(&self, id: &str, status: ExtensionStatus) {
        let status = match status {
            ExtensionStatus::Other(word) => ExtensionStatus::Other(bounded(&word).to_owned()),
            known => known,
        };
        let mut statuses = lock(&self.statuses);
        let id = bounded(id);
        let has_room = statuses.len() < MAX_EXTENSIONS || statuses.contains_key(id);
        statuses.insert(if has_room { id } else { OVERFLOW }.to_owned(), status);
    }

    pub(super) fn remove(&self, id: &str) -> bool {
        lock(&self.statuses).remove(bounded(id)).is_some()
    }

    pub(super) fn all(&self) -> BTreeMap<String, ExtensionStatus> {
        lock(&self.statuses).clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_exceeds_the_cap_shares_one_entry() {
        let extensions = Extensions::default();
        for id in 0..MAX_EXTENSIONS {
            extensions.set(&id.to_string(), ExtensionStatus::Running);
        }
        extensions.set("one more", ExtensionStatus::Crashed);
        extensions.set("and one", ExtensionStatus::Stopped);
        extensions.set("7", ExtensionStatus::Starting);
        let all = extensions.all();
        assert_eq!(all.len(), MAX_EXTENSIONS + 1);
        assert_eq!((&all[OVERFLOW], &all["7"]), (&ExtensionStatus::Stopped, &ExtensionStatus::Starting));
        assert!(extensions.remove("7") && !extensions.remove("one more"));
    }
}
