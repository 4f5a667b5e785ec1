//! Lines on their way to an engine.

use std::io::Write as _;
use std::ops::Range;

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, Method};
use metrics_core::LineProtocol;
use metrics_core::storage::{Batch, Point, Rollup, Sink, SinkError, Tier};

use super::link::Link;
use super::place::Place;
use super::trends::{ReadError, Reading};
use super::verdict::{MAX_EXPLANATION_BYTES, Verdict};
use crate::client::Message;

/// Of one request, like other clients of the field.
const MAX_LINES: usize = 1_000;
const MAX_BYTES: usize = 1_000_000;

/// Smaller bodies are sent as they are.
const COMPRESSED_FROM_BYTES: usize = 1_024;

/// Writes points and roll-ups to an engine; a call waits for it, so it is for threads.
pub(super) struct Writing {
    link: Link,
    place: Place,
    /// Reads back what was written before a restart.
    reading: Option<Reading>,
    /// What the engine takes at once, as far as it said so.
    max_bytes: usize,
}

/// How far a batch got.
#[derive(Debug, Default)]
struct Progress {
    done: usize,
    dropped_points: usize,
    dropped_rollups: usize,
    /// Why something was dropped, the last time.
    reason: Option<String>,
}

impl Writing {
    pub(super) fn new(link: Link, place: Place, reading: Option<Reading>) -> Self {
        Self { link, place, reading, max_bytes: MAX_BYTES }
    }

    /// Writes lines of one tier; `progress` says how far it got, also when there is an error.
    fn write_tier(
        &mut self,
        tier: Tier,
        lines: &LineProtocol,
        progress: &mut Progress,
    ) -> Result<(), SinkError> {
        let mut start = 0;
        while start < lines.len() {
            let range = self.next_request(lines, start);
            let count = range.len();
            match self.post(tier, lines.text(range.clone())) {
                Verdict::TooLarge if count > 1 => {
                    self.max_bytes = lines.text(range).len() / 2;
                    continue;
                }
                Verdict::Later(message, after) => {
                    let error = SinkError::retry(message);
                    return Err(after.into_iter().fold(error, SinkError::after));
                }
                Verdict::Held(message) => return Err(SinkError::degraded(message)),
                Verdict::Taken => {}
                Verdict::TakenBut(dropped, reason) => progress.drop(tier, dropped.min(count), reason),
                Verdict::Dropped(reason) => progress.drop(tier, count, reason),
                Verdict::TooLarge => progress.drop(tier, 1, "a line is too large for the engine".to_owned()),
            }
            progress.done += count;
            start += count;
        }
        Ok(())
    }

    /// As many lines as are sent at once, at least one.
    fn next_request(&self, lines: &LineProtocol, start: usize) -> Range<usize> {
        let most = (start + MAX_LINES).min(lines.len());
        let mut end = start + 1;
        while end < most && lines.text(start..end + 1).len() <= self.max_bytes {
            end += 1;
        }
        start..end
    }

    fn of_rollups(&self, rollups: &[Rollup]) -> LineProtocol {
        let mut lines = LineProtocol::default();
        rollups.iter().for_each(|rollup| lines.rollup_at(rollup, self.place.time_of(rollup)));
        lines
    }

    fn post(&mut self, tier: Tier, lines: &str) -> Verdict {
        let plain = HeaderValue::from_static("text/plain; charset=utf-8");
        let mut message = Message {
            method: Method::POST,
            below: self.place.path(tier),
            headers: HeaderMap::from_iter([(CONTENT_TYPE, plain)]),
            body: Bytes::copy_from_slice(lines.as_bytes()),
        };
        if let Some(compressed) = compressed(lines) {
            message.headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
            message.body = compressed;
        }
        match self.link.send(&message, MAX_EXPLANATION_BYTES) {
            Ok(answer) => Verdict::of(&answer),
            Err(error) => Verdict::Later(error.to_string(), None),
        }
    }
}

impl Progress {
    fn drop(&mut self, tier: Tier, lines: usize, reason: String) {
        let dropped = if tier == Tier::Raw { &mut self.dropped_points } else { &mut self.dropped_rollups };
        *dropped += lines;
        self.reason = Some(reason);
    }

    fn tell(&self, error: SinkError) -> SinkError {
        error.written(self.done).dropped(self.dropped_points).dropped_rollups(self.dropped_rollups)
    }
}

impl Sink for Writing {
    fn name(&self) -> &'static str {
        "line_protocol"
    }

    fn write(&mut self, batch: Batch<'_>) -> Result<(), SinkError> {
        let mut progress = Progress::default();
        // Roll-ups of a tier follow one another.
        let tiers = batch.rollups.chunk_by(|one, next| one.tier == next.tier);
        let parts = [(Tier::Raw, of_points(batch.points))].into_iter();
        let lines_of = |rollups: &[Rollup]| (rollups[0].tier, self.of_rollups(rollups));
        let parts: Vec<_> = parts.chain(tiers.map(lines_of)).collect();
        for (tier, lines) in parts {
            self.write_tier(tier, &lines, &mut progress).map_err(|error| progress.tell(error))?;
        }
        match progress.reason.take() {
            Some(reason) => Err(progress.tell(SinkError::drop(reason))),
            None => Ok(()),
        }
    }

    fn recover(&mut self, service: &str, instance: &str, span: Range<u64>) -> Result<Vec<Point>, SinkError> {
        let Some(reading) = &mut self.reading else { return Ok(Vec::new()) };
        reading.points(service, instance, span).map_err(|error| match error {
            ReadError::Away(message) => SinkError::retry(message),
            ReadError::Refused(message) => SinkError::drop(message),
        })
    }
}

fn of_points(points: &[Point]) -> LineProtocol {
    let mut lines = LineProtocol::default();
    points.iter().for_each(|point| lines.point(point));
    lines
}

/// `None` of what is not worth it.
fn compressed(lines: &str) -> Option<Bytes> {
    if lines.len() <= COMPRESSED_FROM_BYTES {
        return None;
    }
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(lines.as_bytes()).ok()?;
    encoder.finish().ok().map(Bytes::from)
}
