//! Wall time as ISO-8601.

const SECS_PER_DAY: u64 = 86_400;

/// 9999-12-31T23:59:59Z: years have four digits.
const LAST_SECOND: u64 = 253_402_300_799;

/// Unix seconds as `2025-12-09T17:30:15Z`; times beyond the year 9999 as its last second.
///
/// Written out because the default tree is at its bound of crates, and this is all there is of calendars in it.
pub(crate) fn iso8601(unix_secs: u64) -> String {
    let unix_secs = unix_secs.min(LAST_SECOND);
    let (day, second) = (unix_secs / SECS_PER_DAY, unix_secs % SECS_PER_DAY);
    let (year, month, day) = civil(day);
    let (hour, minute, second) = (second / 3_600, second / 60 % 60, second % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

/// Year, month and day of a number of days since 1970-01-01, in the Gregorian calendar (Hinnant,
/// "chrono-compatible low-level date algorithms"): years begin in March, so that the leap day is their last.
fn civil(days: u64) -> (u64, u64, u64) {
    const DAYS_PER_ERA: u64 = 146_097;
    let since_march_0 = days + 719_468;
    let (era, day) = (since_march_0 / DAYS_PER_ERA, since_march_0 % DAYS_PER_ERA);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day_of_year = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day_of_month = day_of_year - (153 * month + 2) / 5 + 1;
    let (month, next_year) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    (era * 400 + year + next_year, month, day_of_month)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_seconds_have_their_known_names() {
        for (unix_secs, name) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_399, "2000-02-28T23:59:59Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (1_765_301_415, "2025-12-09T17:30:15Z"),
            (4_107_542_400, "2100-03-01T00:00:00Z"),
            (LAST_SECOND, "9999-12-31T23:59:59Z"),
            (u64::MAX, "9999-12-31T23:59:59Z"),
        ] {
            assert_eq!(iso8601(unix_secs), name);
        }
    }

    /// Every day of eight centuries against a calendar that is turned day by day.
    #[test]
    fn no_day_is_left_out() {
        let (mut year, mut month, mut day) = (1970, 1, 1);
        for days in 0..292_194 {
            assert_eq!(civil(days), (year, month, day));
            let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
            let length = match month {
                2 => 28 + u64::from(is_leap),
                4 | 6 | 9 | 11 => 30,
                _ => 31,
            };
            day += 1;
            if day > length {
                (month, day) = (month + 1, 1);
            }
            if month > 12 {
                (year, month) = (year + 1, 1);
            }
        }
    }
}
