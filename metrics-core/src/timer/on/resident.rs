//! Resident memory of the process, as Linux tells it.

use std::fs::{self, File};
use std::io::Read;
use std::sync::OnceLock;

/// Resident memory now, bytes; 0 where the system does not tell (anywhere but Linux).
///
/// # Cost
/// Opens and reads a file of a hundred bytes, into the stack.
pub(super) fn resident_bytes() -> u64 {
    let mut text = [0; 128];
    let read = File::open("/proc/self/statm").and_then(|mut file| file.read(&mut text));
    let pages = read.ok().and_then(|length| resident_pages(text.get(..length)?));
    pages.map_or(0, |pages| pages.saturating_mul(page_bytes()))
}

/// The second number of the file.
fn resident_pages(statm: &[u8]) -> Option<u64> {
    std::str::from_utf8(statm).ok()?.split_ascii_whitespace().nth(1)?.parse().ok()
}

/// The size of a page, which the kernel tells every process at its start; 4 KiB if it does not.
fn page_bytes() -> u64 {
    static PAGE_BYTES: OnceLock<u64> = OnceLock::new();
    const USUAL: u64 = 4096;
    *PAGE_BYTES.get_or_init(|| {
        fs::read("/proc/self/auxv").ok().and_then(|auxv| page_bytes_in(&auxv)).unwrap_or(USUAL)
    })
}

/// `AT_PAGESZ` of the auxiliary vector: pairs of a key and a value, each a machine word.
fn page_bytes_in(auxv: &[u8]) -> Option<u64> {
    const AT_PAGESZ: usize = 6;
    const WORD: usize = size_of::<usize>();
    let word = |bytes: &[u8]| bytes.try_into().ok().map(usize::from_ne_bytes);
    let mut pairs = auxv.chunks_exact(2 * WORD).map(|pair| (word(&pair[..WORD]), word(&pair[WORD..])));
    pairs.find_map(|(key, value)| if key == Some(AT_PAGESZ) { value } else { None }).map(|bytes| bytes as u64)
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_os = "linux")]
    use crate::held::{SEEN_BYTES, without_and_with};

    #[test]
    #[cfg(target_os = "linux")]
    fn memory_that_is_touched_is_seen() {
        let (without, with) = without_and_with(resident_bytes);
        assert!(without > 0 && with >= without + SEEN_BYTES as u64, "{without} {with}");
        assert!(page_bytes().is_power_of_two());
    }

    #[test]
    fn odd_files_are_no_harm() {
        assert_eq!(resident_pages(b"100 25 7 1 0 3 0\n"), Some(25));
        assert_eq!(resident_pages(b"100"), None);
        assert_eq!(resident_pages(b"\xff \xff"), None);
        assert_eq!(page_bytes_in(&[0; 7]), None);
    }
}
