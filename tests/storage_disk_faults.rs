//! THREAT 66, D-06: a disk that is full, broken or gone costs nothing but what memory cannot hold, and storage recovers.
//! And CON-01: without a store nothing is opened.

#![allow(clippy::unwrap_used, reason = "a test may panic")]
#![allow(dead_code, reason = "the helper offers more than this test needs")]

#[path = "support/writer.rs"]
mod writer;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use rusqlite::Connection;

use writer::{FLUSH_MS, POINTS, START_MS, Said, Writer, points, store_at};

const SOON: Duration = Duration::from_secs(60);

#[test]
fn a_writer() {
    writer::run();
}

/// System calls on the file and its log fail some times in a row, each with what it can fail with: while the file is
/// made, and later.
const FAULTS: [&str; 10] = [
    "pwrite64:error=ENOSPC:when=1..3",
    "pwrite64:error=ENOSPC:when=200..203",
    "pwrite64:error=EIO:when=20..22",
    "pwrite64:error=EIO:when=301..303",
    "pwrite64:error=EDQUOT:when=150..151",
    "pwrite64:error=EROFS:when=60..61",
    "pread64:error=EIO:when=4..6",
    "fdatasync,fsync:error=EIO:when=1..3",
    "openat:error=EMFILE:when=1..3",
    "openat:error=EACCES:when=2..3",
];

#[test]
#[ignore = "needs strace; ci/test.sh installs it"]
fn system_calls_that_fail_for_a_while_lose_nothing() {
    std::thread::scope(|scope| {
        for fault in FAULTS {
            scope.spawn(move || survive(fault));
        }
    });
}

fn survive(fault: &str) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("metrics.db");
    let beside = |suffix: &str| format!("{}{suffix}", path.display());
    let calls = fault.split(':').next().unwrap();
    let (trace, inject) = (format!("trace={calls}"), format!("inject={fault}"));
    let [file, log, index] = ["", "-wal", "-shm"].map(beside);
    let said = until_recovered(
        &mut Writer::start_under(
            &[
                "strace",
                "-f",
                "-qq",
                "-o",
                "/dev/null",
                "-P",
                &file,
                "-P",
                &log,
                "-P",
                &index,
                "-e",
                &trace,
                "-e",
                &inject,
            ],
            &path,
        ),
        fault,
    );
    println!("{fault}: {said:?}");
    assert_eq!((said.panics, said.dropped), (0, 0), "{fault}: {said:?}");
    check(&path, said.flush);
}

/// The first flush that is safe after the fault has passed, with all that was pushed before it.
fn until_recovered(writer: &mut Writer, fault: &str) -> Said {
    let deadline = Instant::now() + SOON;
    let mut recovered = 0;
    loop {
        let said = writer.next().unwrap_or_else(|| panic!("{fault}: it ended"));
        assert!(Instant::now() < deadline, "{fault}: {said:?}");
        // Calls fail in a row, so that none is left to fail once so many flushes went well.
        recovered = if said.is_safe && said.retries > 0 { recovered + 1 } else { 0 };
        if recovered > 20 && said.written == (said.flush + 1) * POINTS {
            writer.kill();
            return said;
        }
    }
}

/// Every flush is in the file, once.
fn check(path: &Path, flush: u64) {
    let file = Connection::open(path).unwrap();
    let number = |sql: &str| file.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap().unsigned_abs();
    let until = START_MS + flush * FLUSH_MS;
    assert_eq!(number(&format!("SELECT count(*) FROM raw WHERE ts <= {until}")), (flush + 1) * POINTS);
    let said: String = file.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(said, "ok");
}

/// A file system of that size, which goes with the value.
struct SmallDisk(PathBuf);

impl SmallDisk {
    fn mount(at: &Path, size: &str) -> Self {
        run("mount", &["-t", "tmpfs", "-o", &format!("size={size}"), "tmpfs", at.to_str().unwrap()]);
        Self(at.to_owned())
    }

    fn resize(&self, size: &str) {
        run("mount", &["-o", &format!("remount,size={size}"), self.0.to_str().unwrap()]);
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

fn run(program: &str, arguments: &[&str]) {
    let status = Command::new(program).args(arguments).status().unwrap();
    assert!(status.success(), "{program} {arguments:?}: {status}");
}

/// 64 KiB have no room for a file and its log at all; half a megabyte has room for a while.
#[test]
#[ignore = "mounts a tmpfs, which needs root; ci/test.sh runs it"]
fn a_full_disk_is_waited_for_in_memory() {
    for (size, flushes) in [("64k", 20), ("512k", 1_500)] {
        let folder = tempfile::tempdir().unwrap();
        let disk = SmallDisk::mount(folder.path(), size);
        let path = folder.path().join("metrics.db");
        let (store, time) = store_at(&path, START_MS);
        let mut pushed = 0;
        let begun = Instant::now();
        while pushed < flushes {
            time.advance(Duration::from_millis(FLUSH_MS));
            store.push(points(pushed));
            pushed += 1;
            let _written = store.flush(Duration::from_millis(5));
            if store.metrics().degraded {
                break;
            }
        }
        let full = store.metrics();
        assert!(full.degraded && full.points_queued > 0, "{size}: {full:?}");
        assert!(full.last_error.contains("full") || full.last_error.contains("disk"), "{size}: {full:?}");
        // As long as it is full points wait, and whoever pushes them never does.
        let pushing = Instant::now();
        for _ in 0..50 {
            store.push(points(pushed));
            pushed += 1;
        }
        assert!(pushing.elapsed() < Duration::from_secs(1), "{:?}", pushing.elapsed());
        disk.resize("64m");
        assert!(store.flush(SOON), "{size}: {:?}", store.metrics());
        let own = store.metrics();
        assert_eq!((own.degraded, own.points_dropped, own.panics), (false, 0, 0), "{size}: {own:?}");
        println!(
            "{size}: full after {} points, well again within {:?}",
            full.points_written,
            begun.elapsed()
        );
        store.shutdown();
        drop(store);
        check(&path, pushed - 1);
    }
}

/// CON-01, R-05: without a store there is no file and no socket; only the system is asked what it always is.
#[test]
#[ignore = "needs strace; ci/test.sh installs it"]
fn without_a_store_no_file_is_written_and_no_socket_opened() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("calls");
    let own = std::env::current_exe().unwrap();
    let traced = "trace=openat,open,creat,socket,connect,mkdir,unlink,rename";
    let status = Command::new("strace")
        .args(["-f", "-qq", "-e", traced, "-o", log.to_str().unwrap(), own.to_str().unwrap()])
        .args(["--exact", "metrics_at_work", "--ignored"])
        .current_dir(folder.path())
        .status()
        .unwrap();
    assert!(status.success());
    let calls = fs::read_to_string(&log).unwrap();
    assert!(calls.contains("openat("), "the trace sees something");
    let writes = calls.lines().filter(|call| {
        let opens_to_write = ["O_WRONLY", "O_RDWR", "O_CREAT"].iter().any(|flag| call.contains(flag));
        !call.contains("openat(") || opens_to_write
    });
    // The test harness looks for nothing else; the sampler's own threads are asked too.
    let writes: BTreeSet<_> = writes.filter(|call| !call.contains("/dev/null")).collect();
    assert!(writes.is_empty(), "{writes:#?}");
}

/// Everything that works without a store, for a second.
#[test]
#[ignore = "is traced by the test above"]
fn metrics_at_work() {
    let metrics = metrics_layer::Metrics::builder().allow_loopback().build().unwrap();
    metrics.registry().route("GET", "/api/x").record(Duration::from_millis(1), 200);
    metrics.collection().collect();
    std::thread::sleep(Duration::from_millis(1_200));
    assert!(metrics.store().is_none() && !metrics.prometheus().is_empty());
}
