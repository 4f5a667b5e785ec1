//! The file system that is watched.

use std::path::{Path, PathBuf};

use sysinfo::{Disk, DiskRefreshKind, Disks};

use super::percent;

/// Looks that find nothing before the mounted file systems are listed again: half a minute.
const RELIST_AFTER: u32 = 60;

/// The file system that a path lies on.
///
/// # Cost
/// One system call a look; the mounted file systems are listed at the first one. Network file systems are never asked,
/// because they may hang.
#[derive(Debug)]
pub(super) struct WatchedDisk {
    path: PathBuf,
    disks: Option<Disks>,
    missed: u32,
}

impl WatchedDisk {
    pub(super) fn new(path: &Path) -> Self {
        // Links are followed once: what they lead to is watched.
        let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        Self { path, disks: None, missed: RELIST_AFTER }
    }

    /// Space in use, percent of all; what is reserved for the system counts as used.
    pub(super) fn look(&mut self) -> Option<f64> {
        if self.missed >= RELIST_AFTER {
            self.missed = 0;
            self.disks = Disks::new_with_refreshed_list_specifics(DiskRefreshKind::nothing()).ok();
        }
        let used = self.watched().and_then(|disk| {
            disk.refresh_specifics(DiskRefreshKind::nothing().with_storage());
            used_percent(disk)
        });
        self.missed = if used.is_some() { 0 } else { self.missed + 1 };
        used
    }

    /// The one with the longest mount point that the path lies under; of several at one place the last covers the
    /// others.
    fn watched(&mut self) -> Option<&mut Disk> {
        let (disks, path) = (self.disks.as_mut()?, &self.path);
        let under = disks.iter_mut().filter(|disk| path.starts_with(disk.mount_point()));
        under.max_by_key(|disk| disk.mount_point().components().count())
    }
}

fn used_percent(disk: &Disk) -> Option<f64> {
    let (total, available) = (disk.total_space(), disk.available_space());
    (total > 0).then(|| percent(100.0 - available as f64 / total as f64 * 100.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// S-08, as `df` sees it.
    #[test]
    #[cfg(target_os = "linux")]
    fn the_file_system_of_a_path_is_seen() {
        let here = std::env::current_dir().unwrap();
        let seen = WatchedDisk::new(&here).look();
        let df =
            std::process::Command::new("df").args(["--output=size,avail", "-k"]).arg(&here).output().unwrap();
        let text = String::from_utf8(df.stdout).unwrap();
        let numbers: Vec<f64> =
            text.lines().nth(1).unwrap().split_whitespace().map(|number| number.parse().unwrap()).collect();
        let expected = 100.0 - numbers[1] / numbers[0] * 100.0;
        // Others write to it at the same time.
        assert!((seen.unwrap() - expected).abs() < 2.0, "{seen:?} instead of {expected}");
    }

    #[test]
    fn a_path_that_is_nowhere_is_not_known() {
        let mut nowhere = WatchedDisk::new(Path::new("no/such/place"));
        assert_eq!((nowhere.look(), nowhere.look()), (None, None));
    }
}
