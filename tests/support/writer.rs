//! A process that does nothing but store points, to be killed or to be given a broken disk: the test binary itself,
//! started again.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use metrics_layer::core::Clock;
use metrics_layer::core::storage::{Point, Retention, Store, Tags, Tier};

/// Where the file of a writer is; nothing but a writer has it.
const FILE: &str = "STORAGE_TEST_FILE";

/// The time between two flushes, on the clock of the store: hours end, and are rolled up, every few flushes.
pub(crate) const FLUSH_MS: u64 = 10 * 60_000;

/// Points of one flush.
pub(crate) const POINTS: u64 = 5;

/// 1 January 2026, 00:00 UTC.
pub(crate) const START_MS: u64 = 1_767_225_600_000;

/// Longer than any test takes on that clock.
const RETENTION: Duration = Duration::from_secs(4_000 * 86_400);

/// What a test gives as the body of the test that is named [`TEST`], which is a writer if it was started as one.
pub(crate) fn run() {
    if let Some(path) = std::env::var_os(FILE) {
        write_for_ever(Path::new(&path));
    }
}

/// The name of the test that every binary with writers has.
pub(crate) const TEST: &str = "a_writer";

/// A store that keeps everything, on a clock at that time.
pub(crate) fn store_at(path: &Path, now_ms: u64) -> (Store, metrics_layer::core::MockClock) {
    let (clock, time) = Clock::mock();
    time.set_unix(Duration::from_millis(now_ms));
    let tiers = [Tier::Raw, Tier::Hourly, Tier::Daily];
    let retention = tiers.into_iter().fold(Retention::default(), |all, tier| all.keep(tier, RETENTION));
    (Store::sqlite(path).clock(clock).retention(retention).start().unwrap(), time)
}

/// The points of flush number `flush`.
pub(crate) fn points(flush: u64) -> Vec<Point> {
    let at_ms = START_MS + flush * FLUSH_MS;
    let tags = |n| Tags::service("writer", format!("instance-{n}"));
    let point = |n| Point {
        response_time_ms: Some((flush % 97) as f64),
        queue_size: n,
        ..Point::new(tags(n), at_ms)
    };
    (0..POINTS).map(point).collect()
}

/// Writes flush after flush from the first one that is not there, and prints the number of each that is safe, with what
/// the store counts.
fn write_for_ever(path: &Path) {
    let first = first_missing(path);
    let (store, time) = store_at(path, START_MS + first * FLUSH_MS);
    for flush in first.. {
        store.push(points(flush));
        time.advance(Duration::from_millis(FLUSH_MS));
        let is_safe = store.flush(Duration::from_millis(200));
        let own = store.metrics();
        let (retries, written, dropped) = (own.retries, own.points_written, own.points_dropped);
        let mut out = std::io::stdout().lock();
        let line =
            format!("flush {flush} safe {is_safe} retries {retries} written {written} dropped {dropped}");
        // Whoever reads is gone: so is the purpose.
        if writeln!(out, "{line} panics {}", own.panics).and_then(|()| out.flush()).is_err() {
            return;
        }
    }
}

fn first_missing(path: &Path) -> u64 {
    let newest = rusqlite::Connection::open_with_flags(path, rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY)
        .and_then(|file| file.query_row("SELECT max(ts) FROM raw", [], |row| row.get::<_, Option<i64>>(0)));
    newest.ok().flatten().map_or(0, |ts| (ts.unsigned_abs() - START_MS) / FLUSH_MS + 1)
}

/// A writer in a process of its own; dropping it kills it.
pub(crate) struct Writer {
    child: Child,
    lines: BufReader<ChildStdout>,
}

/// What a writer says after a flush.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Said {
    pub(crate) flush: u64,
    /// Whether the points are in the file.
    pub(crate) is_safe: bool,
    pub(crate) retries: u64,
    pub(crate) written: u64,
    pub(crate) dropped: u64,
    pub(crate) panics: u64,
}

impl Writer {
    pub(crate) fn start(path: &Path) -> Self {
        Self::start_under(&[], path)
    }

    /// The same, started by another program such as `strace` with its arguments.
    pub(crate) fn start_under(program: &[&str], path: &Path) -> Self {
        let own = std::env::current_exe().unwrap();
        let own = own.to_str().unwrap();
        let line = [program, &[own, "--exact", TEST, "--nocapture"]].concat();
        let mut command = Command::new(line[0]);
        command.args(&line[1..]).env(FILE, path).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap());
        Self { child, lines }
    }

    /// The next flush; `None` when the process is gone.
    pub(crate) fn next(&mut self) -> Option<Said> {
        loop {
            let mut line = String::new();
            if self.lines.read_line(&mut line).unwrap() == 0 {
                return None;
            }
            // The test harness says something of its own first.
            let Some(start) = line.find("flush ") else { continue };
            let words: Vec<_> = line[start..].split_whitespace().collect();
            let number = |index: usize| words[index].parse().ok();
            let (Some(flush), Some(retries), Some(written)) = (number(1), number(5), number(7)) else {
                continue;
            };
            let (dropped, panics) = (number(9)?, number(11)?);
            return Some(Said { flush, is_safe: words[3] == "true", retries, written, dropped, panics });
        }
    }

    /// As the operating system does it: at once, wherever it is.
    pub(crate) fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.kill();
    }
}
