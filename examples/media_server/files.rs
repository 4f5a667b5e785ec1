//! The media: short tones, made at the start, the same on every machine.

use std::f64::consts::TAU;
use std::path::{Path, PathBuf};

use hound::{SampleFormat, WavSpec, WavWriter};

const SAMPLE_RATE: u32 = 8_000;

/// What the service has to show.
pub(crate) const MEDIA: [Medium; 6] = [
    medium("a4f1c0", "tone-440.wav", "Concert pitch", 440, 4),
    medium("b3e2d1", "tone-220.wav", "An octave below", 220, 6),
    medium("c5d3e2", "tone-880.wav", "An octave above", 880, 3),
    medium("d6c4f3", "tone-330.wav", "A fifth", 330, 8),
    medium("e7b5a4", "tone-262.wav", "Middle C", 262, 2),
    // In the database, and not on the disk: what a service meets sooner or later.
    Medium { seconds: 0, ..medium("f8a6b5", "lost.wav", "A file that was lost", 0, 0) },
];

/// One file.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Medium {
    pub(crate) hash: &'static str,
    pub(crate) filename: &'static str,
    pub(crate) title: &'static str,
    hz: u32,
    seconds: u32,
}

const fn medium(
    hash: &'static str,
    filename: &'static str,
    title: &'static str,
    hz: u32,
    seconds: u32,
) -> Medium {
    Medium { hash, filename, title, hz, seconds }
}

impl Medium {
    /// Writes the file, unless it is lost.
    ///
    /// # Errors
    ///
    /// The folder takes no files.
    pub(crate) fn write_into(&self, folder: &Path) -> Result<(), hound::Error> {
        if self.seconds == 0 {
            return Ok(());
        }
        let format = WavSpec {
            channels: 1,
            sample_rate: SAMPLE_RATE,
            bits_per_sample: 16,
            sample_format: SampleFormat::Int,
        };
        let mut file = WavWriter::create(self.place_in(folder), format)?;
        for sample in 0..self.seconds * SAMPLE_RATE {
            let phase = f64::from(sample) * f64::from(self.hz) / f64::from(SAMPLE_RATE);
            // A quarter of full scale, which is in range.
            file.write_sample(((phase * TAU).sin() * 8_192.0) as i16)?;
        }
        file.finalize()
    }

    fn place_in(&self, folder: &Path) -> PathBuf {
        folder.join(self.filename)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_but_the_lost_one_is_written() {
        let folder = tempfile::tempdir().unwrap();
        for medium in MEDIA {
            medium.write_into(folder.path()).unwrap();
            assert_eq!(medium.place_in(folder.path()).exists(), medium.filename != "lost.wav");
        }
        let tone = hound::WavReader::open(folder.path().join("tone-440.wav")).unwrap();
        assert_eq!((tone.duration(), tone.spec().sample_rate), (32_000, 8_000));
    }
}
