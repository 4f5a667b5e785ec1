//! The scans that the source takes in turn.

use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use serde::Serialize;
use tracing::{info, warn};

use crate::cloud::Cloud;
use crate::scan::{LoadedScan, ScanError, ScanFile, Scanner, list_scans};

/// Points kept in memory, about 256 MB; files beyond are read again whenever their turn comes.
const MAX_LOADED_POINTS: usize = 16_000_000;

/// All scans, at least one.
#[derive(Debug)]
pub(crate) struct Inputs {
    inputs: Vec<Input>,
}

/// One scan that frames are made from.
#[derive(Debug)]
pub(crate) struct Input {
    name: String,
    format: &'static str,
    origin: Origin,
    seen: Mutex<Option<Seen>>,
}

/// Where the points of an input are.
#[derive(Debug)]
pub(crate) enum Origin {
    /// Made up for each frame.
    Scanner(Scanner),
    /// In memory.
    Loaded(Cloud),
    /// In a file that did not fit into memory.
    Unloaded(ScanFile),
}

/// What an input gave last.
#[derive(Debug, Clone, Copy)]
struct Seen {
    points: usize,
    dropped_non_finite: u64,
}

/// An input as `/api/scans` shows it; a file that was not read yet has no numbers.
#[derive(Debug, Serialize)]
pub(crate) struct InputStatus<'a> {
    source: &'a str,
    format: &'static str,
    points: Option<usize>,
    dropped_non_finite: Option<u64>,
}

// === impl Inputs ===

impl Inputs {
    /// The scans behind `paths`, or the built-in scanner if there are none.
    ///
    /// # Errors
    ///
    /// A path or one of the files that fit into memory cannot be read. The others are read when
    /// their turn comes.
    pub(crate) fn open(paths: &[PathBuf], seed: u64) -> Result<Self, ScanError> {
        if paths.is_empty() {
            return Ok(Self { inputs: vec![Input::scanner(seed)] });
        }
        Self::files(paths, MAX_LOADED_POINTS)
    }

    /// Loads files until there are `max_points`.
    fn files(paths: &[PathBuf], max_points: usize) -> Result<Self, ScanError> {
        let mut loaded_points = 0;
        let mut inputs = Vec::new();
        for file in list_scans(paths)? {
            let input = Input::file(&file, loaded_points < max_points)?;
            loaded_points += input.loaded_points();
            inputs.push(input);
        }
        info!(scans = inputs.len(), loaded_points, "scans opened");
        Ok(Self { inputs })
    }

    /// The input whose turn it is in frame `number`.
    pub(crate) fn of_frame(&self, number: u64) -> &Input {
        // `open` leaves at least one, also of a directory.
        &self.inputs[(number % self.inputs.len() as u64) as usize]
    }

    /// What is known of every input.
    pub(crate) fn status(&self) -> Vec<InputStatus<'_>> {
        self.inputs.iter().map(Input::status).collect()
    }
}

// === impl Input ===

impl Input {
    fn scanner(seed: u64) -> Self {
        Self {
            name: format!("built-in scanner, seed {seed}"),
            format: "scanner",
            origin: Origin::Scanner(Scanner::new(seed)),
            seen: Mutex::new(None),
        }
    }

    fn file(file: &ScanFile, fits: bool) -> Result<Self, ScanError> {
        let input = |origin| Self {
            name: file.path().display().to_string(),
            format: file.format_name(),
            origin,
            seen: Mutex::new(None),
        };
        if !fits {
            return Ok(input(Origin::Unloaded(file.clone())));
        }
        let LoadedScan { cloud, dropped_non_finite } = file.load()?;
        let seen = Seen::of(&cloud, dropped_non_finite);
        let input = input(Origin::Loaded(cloud));
        input.remember(seen);
        Ok(input)
    }

    /// Where the points are.
    pub(crate) fn origin(&self) -> &Origin {
        &self.origin
    }

    /// Remembers what the input gave, and says so if points were left out.
    pub(crate) fn saw(&self, cloud: &Cloud, dropped_non_finite: u64) {
        self.remember(Seen::of(cloud, dropped_non_finite));
    }

    fn remember(&self, seen: Seen) {
        let before = self.seen.lock().unwrap_or_else(PoisonError::into_inner).replace(seen);
        // Once per file, not once per turn.
        if before.is_none() && seen.dropped_non_finite > 0 {
            warn!(
                file = self.name,
                dropped = seen.dropped_non_finite,
                kept = seen.points,
                "points left out: NaN, infinite or farther than 1e8 m"
            );
        }
    }

    fn loaded_points(&self) -> usize {
        match &self.origin {
            Origin::Loaded(cloud) => cloud.len(),
            Origin::Scanner(_) | Origin::Unloaded(_) => 0,
        }
    }

    fn status(&self) -> InputStatus<'_> {
        let seen = *self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        InputStatus {
            source: &self.name,
            format: self.format,
            points: seen.map(|seen| seen.points),
            dropped_non_finite: seen.map(|seen| seen.dropped_non_finite),
        }
    }
}

// === impl Seen ===

impl Seen {
    fn of(cloud: &Cloud, dropped_non_finite: u64) -> Self {
        Self { points: cloud.len(), dropped_non_finite }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use serde_json::{Value, json};
    use tempfile::TempDir;

    use super::*;

    fn write(folder: &Path, name: &str, points: &[[f32; 4]]) -> PathBuf {
        let path = folder.join(name);
        let bytes: Vec<_> = points.iter().flatten().flat_map(|value| value.to_le_bytes()).collect();
        std::fs::write(&path, bytes).unwrap();
        path
    }

    fn numbers(inputs: &Inputs) -> Vec<[Value; 2]> {
        let shown = serde_json::to_value(inputs.status()).unwrap();
        let inputs = shown.as_array().unwrap();
        inputs.iter().map(|input| [input["points"].clone(), input["dropped_non_finite"].clone()]).collect()
    }

    #[test]
    fn what_does_not_fit_is_read_when_its_turn_comes() {
        let folder = TempDir::new().unwrap();
        let first = write(folder.path(), "a.bin", &[[1.0; 4], [2.0; 4]]);
        let second = write(folder.path(), "b.bin", &[[3.0; 4], [f32::NAN; 4]]);
        let inputs = Inputs::files(&[first, second], 2).unwrap();
        assert_eq!(numbers(&inputs), [[json!(2), json!(0)], [json!(null), json!(null)]]);
        assert!(matches!(inputs.of_frame(2).origin(), Origin::Loaded(cloud) if cloud.len() == 2));

        let later = inputs.of_frame(3);
        let Origin::Unloaded(file) = later.origin() else { panic!("{later:?} was loaded") };
        let scan = file.load().unwrap();
        later.saw(&scan.cloud, scan.dropped_non_finite);
        assert_eq!(numbers(&inputs)[1], [json!(1), json!(1)]);
    }

    #[test]
    fn a_bad_file_that_fits_is_refused_at_the_start() {
        let folder = TempDir::new().unwrap();
        let good = write(folder.path(), "a.bin", &[[1.0; 4]]);
        let empty = write(folder.path(), "b.bin", &[]);
        let error = Inputs::open(&[good, empty], 0).unwrap_err().to_string();
        assert!(error.contains("b.bin: empty file"), "{error}");
    }
}
