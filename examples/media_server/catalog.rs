//! The metadata of files, read through a cache.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use metrics_layer::core::Cache;
use tokio::sync::OnceCell;

use crate::store::{Metadata, Store, StoreError};

/// Names that are remembered; beyond, the cache starts over. There are as many files as the database has, so that only
/// large ones ever do.
const MAX_NAMES: usize = 10_000;

type Place = Arc<OnceCell<Option<Metadata>>>;

/// Looks metadata up: in memory, else in the database, once however many ask at the same time.
#[derive(Clone, Debug)]
pub(crate) struct Catalog {
    store: Store,
    known: Arc<Mutex<HashMap<String, Place>>>,
    lookups: Cache,
}

impl Catalog {
    /// An empty cache before the store, whose look-ups are counted there.
    pub(crate) fn new(store: Store, lookups: Cache) -> Self {
        Self { store, known: Arc::default(), lookups }
    }

    /// What is known of a file; `None` if it is not in the database.
    ///
    /// # Errors
    ///
    /// The database refuses.
    pub(crate) async fn find(&self, filename: &str) -> Result<Option<Metadata>, StoreError> {
        let place = self.place(filename);
        let mut missed = false;
        let found = place.get_or_try_init(|| {
            missed = true;
            self.store.metadata(filename.to_owned())
        });
        let found = found.await.cloned();
        let is_known = matches!(found, Ok(Some(_)));
        if is_known && !missed {
            self.lookups.record_hit();
        } else {
            self.lookups.record_miss();
        }
        // Names that nobody has are not remembered, for anybody can make them up.
        if !is_known {
            self.lock().remove(filename);
        }
        found
    }

    fn place(&self, filename: &str) -> Place {
        let mut known = self.lock();
        if known.len() >= MAX_NAMES && !known.contains_key(filename) {
            known.clear();
        }
        Arc::clone(known.entry(filename.to_owned()).or_default())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<String, Place>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
