//! THREAT 68: whatever is found at the place of a file, storage works or says why not, and overwrites nothing.

#![allow(clippy::unwrap_used, reason = "a test may panic")]
#![allow(dead_code, reason = "the helper offers more than this test needs")]

#[path = "support/writer.rs"]
mod writer;

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::time::Duration;

use metrics_layer::core::TrendPeriod;
use metrics_layer::core::storage::{Metric, Retention, Store, StoreBuilder, Tier, TrendQuery};
use rusqlite::Connection;

use writer::{FLUSH_MS, POINTS, START_MS, Writer, points, store_at};

const SOON: Duration = Duration::from_secs(60);

#[test]
fn a_writer() {
    writer::run();
}

/// A file with some days of points, hours and days, and what its log has.
fn usual(path: &Path, flushes: u64) {
    let (store, time) = store_at(path, START_MS);
    for flush in 0..flushes {
        time.advance(Duration::from_millis(FLUSH_MS));
        store.push(points(flush));
        assert!(store.flush(SOON));
    }
    store.shutdown();
}

/// Stores one flush more at that place, and reads; says what was put aside.
fn use_it(path: &Path) -> Option<PathBuf> {
    let (store, _time) = store_at(path, START_MS + 1_000 * FLUSH_MS);
    store.push(points(1_000));
    assert!(store.flush(SOON));
    let query = TrendQuery::new(Metric::QueueSize, TrendPeriod::Hourly);
    let trend = store.trend(query).wait(SOON).unwrap();
    assert!(trend.buckets.iter().any(|bucket| bucket.sample_count == POINTS), "{trend:?}");
    store.shutdown();
    let own = store.metrics();
    assert_eq!((own.panics, own.points_written, own.degraded), (0, POINTS, false), "{own:?}");
    let aside = aside(path);
    assert_eq!(aside.is_some(), !own.notice.is_empty(), "{own:?}");
    aside
}

fn aside(path: &Path) -> Option<PathBuf> {
    let entries = fs::read_dir(path.parent().unwrap()).unwrap().map(|entry| entry.unwrap().path());
    let is_aside = |path: &PathBuf| {
        let name = path.file_name().unwrap().to_str().unwrap();
        name.contains(".aside-") && !name.ends_with("-wal") && !name.ends_with("-shm")
    };
    entries.into_iter().find(is_aside)
}

#[test]
fn five_hundred_damaged_files_are_no_harm() {
    damage(500);
}

#[test]
#[ignore = "takes minutes; ci/verify.sh runs it"]
fn ten_thousand_damaged_files_are_no_harm() {
    damage(10_000);
}

fn damage(times: u64) {
    // In memory where there is such a folder: it is about what is read, not about the disk.
    let in_memory = Path::new("/dev/shm");
    let folder = if in_memory.is_dir() { tempfile::tempdir_in(in_memory) } else { tempfile::tempdir() };
    let folder = folder.unwrap();
    let whole = folder.path().join("whole.db");
    usual(&whole, 60);
    let whole = fs::read(whole).unwrap();
    let mut random = 0x9e37_79b9_7f4a_7c15_u64;
    let mut below = |limit: usize| {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (random >> 33) as usize % limit
    };
    let mut put_aside = 0;
    for n in 0..times {
        let mut bytes = whole.clone();
        match n % 6 {
            // One bit.
            0 => bytes[below(whole.len())] ^= 1 << below(8),
            // Cut off.
            1 => bytes.truncate(below(whole.len())),
            // A page of nothing, or of something else.
            2 => {
                let page = below(whole.len() / 4096) * 4096;
                let other = below(256) as u8;
                bytes[page..page + 4096].fill(other);
            }
            // Some bytes anywhere.
            3 => (0..=below(64)).for_each(|_| bytes[below(whole.len())] = below(256) as u8),
            // The header and the schema alone.
            4 => (0..=below(16)).for_each(|_| bytes[below(4096)] = below(256) as u8),
            // Two pages in each other's place.
            _ => {
                let [a, b] = [(); 2].map(|()| below(whole.len() / 4096) * 4096);
                (0..4096).for_each(|byte| bytes.swap(a + byte, b + byte));
            }
        }
        let place = folder.path().join(format!("{n}"));
        fs::create_dir(&place).unwrap();
        let path = place.join("metrics.db");
        fs::write(&path, &bytes).unwrap();
        if n % 5 == 0 {
            // With a log that belongs to another file.
            fs::write(place.join("metrics.db-wal"), &whole[..below(whole.len())]).unwrap();
        }
        put_aside += u64::from(use_it(&path).is_some());
        fs::remove_dir_all(&place).unwrap();
    }
    println!("{put_aside} of {times} files were put aside");
    assert!(put_aside > times / 2 && put_aside < times, "{put_aside}: some damage is harmless");
}

#[test]
fn a_file_of_somebody_else_is_put_aside_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let not_sqlite = |path: &Path| fs::write(path, "dear diary, ".repeat(1_000)).unwrap();
    let of_another_program = |path: &Path| {
        Connection::open(path)
            .unwrap()
            .execute_batch("CREATE TABLE diary (day TEXT); INSERT INTO diary VALUES ('x')")
            .unwrap();
    };
    let of_a_later_version = |path: &Path| {
        usual(path, 3);
        Connection::open(path).unwrap().pragma_update(None, "user_version", 1_000).unwrap();
    };
    let with_a_trigger = |path: &Path| {
        usual(path, 3);
        let trigger = "CREATE TRIGGER t AFTER INSERT ON raw BEGIN DELETE FROM daily; END";
        Connection::open(path).unwrap().execute_batch(trigger).unwrap();
    };
    let without_a_table = |path: &Path| {
        usual(path, 3);
        Connection::open(path).unwrap().execute_batch("DROP TABLE daily").unwrap();
    };
    let makers: [&dyn Fn(&Path); 5] =
        [&not_sqlite, &of_another_program, &of_a_later_version, &with_a_trigger, &without_a_table];
    for (n, make) in makers.iter().enumerate() {
        let place = folder.path().join(n.to_string());
        fs::create_dir(&place).unwrap();
        let path = place.join("metrics.db");
        make(&path);
        let before = fs::read(&path).unwrap();
        let aside = use_it(&path).unwrap_or_else(|| panic!("number {n} was used"));
        // Opening one that has a log may move it into the file.
        let after = fs::read(&aside).unwrap();
        assert!(after == before || n > 1, "number {n} was changed");
    }
}

#[test]
fn a_usual_file_and_an_empty_one_are_used() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("metrics.db");
    usual(&path, 20);
    assert_eq!(use_it(&path), None);
    // What SQLite keeps of its own about a file, as after `PRAGMA optimize` of some client.
    Connection::open(&path).unwrap().execute_batch("ANALYZE; VACUUM").unwrap();
    assert_eq!(use_it(&path), None);
    let empty = folder.path().join("empty.db");
    fs::write(&empty, "").unwrap();
    assert_eq!(use_it(&empty), None);
}

/// Somebody tidies up, or damages the file, while it is used.
#[test]
fn a_file_that_is_changed_while_it_is_used_is_left() {
    let folder = tempfile::tempdir().unwrap();
    let remove = |path: &Path| fs::remove_file(path).unwrap();
    let replace = |path: &Path| {
        let other = path.with_extension("other");
        usual(&other, 3);
        fs::rename(other, path).unwrap();
    };
    let empty = |path: &Path| drop(fs::File::create(path).unwrap());
    let overwrite = |path: &Path| fs::write(path, "dear diary, ".repeat(10_000)).unwrap();
    let makers: [&dyn Fn(&Path); 4] = [&remove, &replace, &empty, &overwrite];
    for (n, change) in makers.iter().enumerate() {
        let place = folder.path().join(n.to_string());
        fs::create_dir(&place).unwrap();
        let path = place.join("metrics.db");
        let (store, time) = store_at(&path, START_MS);
        for flush in 0..200 {
            if flush == 30 {
                change(&path);
            }
            time.advance(Duration::from_millis(FLUSH_MS));
            store.push(points(flush));
            assert!(store.flush(SOON));
        }
        let query = TrendQuery::new(Metric::QueueSize, TrendPeriod::Daily);
        assert!(!store.trend(query).wait(SOON).unwrap().buckets.is_empty());
        store.shutdown();
        let own = store.metrics();
        assert_eq!((own.panics, own.points_dropped, own.degraded), (0, 0, false), "{n}: {own:?}");
        drop(store);
        let file = Connection::open(&path).unwrap();
        let said: String = file.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
        let kept: i64 = file.query_row("SELECT count(*) FROM raw", [], |row| row.get(0)).unwrap();
        assert_eq!(said, "ok", "{n}");
        assert!(kept.unsigned_abs() >= 160 * POINTS, "{n}: {kept}");
    }
}

#[test]
fn what_is_no_file_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::create_dir(at("folder")).unwrap();
    fs::write(at("target"), "mine").unwrap();
    symlink(at("target"), at("link")).unwrap();
    symlink(at("nowhere"), at("dangling")).unwrap();
    symlink(at("elsewhere"), at("locked.db-lock")).unwrap();
    assert!(std::process::Command::new("mkfifo").arg(at("fifo")).status().unwrap().success());
    let places =
        [at("folder"), at("link"), at("dangling"), at("fifo"), at("locked.db"), at("no/such/folder.db")];
    for path in places.into_iter().chain(["".into(), "/".into(), "..".into(), "/dev/null".into()]) {
        let error = Store::sqlite(&path).start().unwrap_err();
        assert!(error.config().is_some() && !error.is_in_use(), "{path:?}: {error}");
    }
    assert_eq!(fs::read(at("target")).unwrap(), b"mine");
    assert!(!at("nowhere").exists() && !at("elsewhere").exists());
}

#[test]
fn a_second_store_is_refused_until_the_first_is_gone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("metrics.db");
    let mut writer = Writer::start(&path);
    assert!(writer.next().is_some());
    let error = Store::sqlite(&path).start().unwrap_err();
    assert!(error.is_in_use() && error.to_string().ends_with("is in use by another store"), "{error}");
    writer.kill();

    let first = Store::sqlite(&path).start().unwrap();
    assert!(Store::sqlite(&path).start().unwrap_err().is_in_use(), "of the same process too");
    drop(first);
    let _second = Store::sqlite(&path).start().unwrap();
}

#[test]
fn settings_are_checked_at_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let refused = |builder: StoreBuilder| builder.start().unwrap_err().to_string();
    let builder = || Store::sqlite(folder.path().join("metrics.db"));
    let secs = Duration::from_secs;
    assert_eq!(
        refused(builder().flush_interval(secs(5))),
        "flush_interval: 5s is not a part of a minute of at least 10 s"
    );
    for interval in [secs(0), secs(7), secs(120), Duration::from_millis(10_500)] {
        assert!(refused(builder().flush_interval(interval)).starts_with("flush_interval: "), "{interval:?}");
    }
    assert_eq!(refused(builder().queue_points(1)), "queue_points: 1 is not between 100 and 1000000");
    let keep = |tier, days: u64| Retention::default().keep(tier, secs(days * 86_400));
    for retention in
        [keep(Tier::Raw, 1), keep(Tier::Raw, 31), keep(Tier::Hourly, 91), keep(Tier::Daily, 40_000)]
    {
        assert!(refused(builder().retention(retention)).starts_with("retention: "), "{retention:?}");
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "nothing was made");
}
