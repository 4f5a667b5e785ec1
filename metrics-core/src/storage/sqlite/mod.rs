//! Points in an SQLite file.

mod forget;
mod place;
mod rollups;
mod schema;
mod sink;
mod trends;
mod write;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use place::Place;
use sink::SqliteSink;
use trends::SqliteTrends;

use super::settings::FLUSH_INTERVAL;
use super::store::Backend;
use super::{Store, StoreBuilder};

/// A reader and the writer wait so long for each other, which they never have to for more than a moment.
const BUSY: Duration = Duration::from_secs(2);

impl Store {
    /// Points in an SQLite file, for 7 days, hours for 30 and days for 90.
    ///
    /// The file is made when it is not there. One that is damaged, belongs to something else, or was written by a later
    /// version is renamed (`….aside-` and the time) and reported in health, never overwritten. While it cannot be
    /// written, because the disk is full or broken, points wait in memory.
    ///
    /// One store has the file at a time: a second one, of any process, is refused. Others may read it (`sqlite3 -readonly`)
    /// through the views `points`, `hours` and `days`.
    ///
    /// The [start](StoreBuilder::start) fails when the path leads to something that is no regular file (links are not
    /// followed), or the file is in use.
    ///
    /// # Cost
    /// One transaction a flush, on the storage thread. How large a file gets is in `docs/storage.md`.
    ///
    /// # Examples
    /// ```
    /// use metrics_core::{Metrics, storage::Store};
    /// # let folder = std::env::temp_dir().join(format!("metrics-doc-{}", std::process::id()));
    /// # std::fs::create_dir_all(&folder)?;
    ///
    /// let store = Store::sqlite(folder.join("metrics.db")).start()?;
    /// let metrics = Metrics::builder().service("api").store(store).build()?;
    /// assert!(Store::sqlite(folder.join("metrics.db")).start().unwrap_err().is_in_use());
    /// # drop(metrics);
    /// # std::fs::remove_dir_all(&folder)?;
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Source
    /// D-03..D-07, THREATs 66 and 68.
    #[cfg_attr(docsrs, doc(cfg(feature = "sqlite")))]
    pub fn sqlite(path: impl AsRef<Path>) -> StoreBuilder {
        let path = path.as_ref().to_owned();
        StoreBuilder::new(FLUSH_INTERVAL, move |settings| {
            let place = Place::take(&path)?;
            let generation = Generation::default();
            let trends = SqliteTrends::new(place.path().to_owned(), generation.clone());
            let sink = SqliteSink::new(place, generation, settings);
            Ok(Backend {
                kind: sink::NAME,
                sink: Some(Box::new(sink)),
                tables: None,
                source: Some(Box::new(trends)),
            })
        })
    }
}

/// How often the file was replaced, so that readers notice.
#[derive(Clone, Debug, Default)]
struct Generation(Arc<AtomicU64>);

impl Generation {
    fn get(&self) -> u64 {
        self.0.load(Ordering::Acquire)
    }

    fn advance(&self) {
        self.0.fetch_add(1, Ordering::Release);
    }
}
