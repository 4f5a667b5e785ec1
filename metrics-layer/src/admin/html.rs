//! Text that becomes markup, and text that does not.

use std::fmt::{self, Display, Write};

/// Text of whatever origin, safe between tags and in quoted attributes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Text<'a>(pub(super) &'a str);

impl Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for character in self.0.chars() {
            match character {
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '"' => f.write_str("&quot;")?,
                '\'' => f.write_str("&#39;")?,
                // No control character is markup, and none belongs on a page.
                character if character.is_control() => f.write_char('\u{fffd}')?,
                character => f.write_char(character)?,
            }
        }
        Ok(())
    }
}

/// A duration in ms, with as many digits as are worth reading.
pub(super) fn ms(value: f64) -> String {
    match value {
        _ if value < 10.0 => format!("{value:.2} ms"),
        _ if value < 1_000.0 => format!("{value:.1} ms"),
        _ => format!("{:.2} s", value / 1e3),
    }
}

/// A long time, from days to seconds.
pub(super) fn uptime(secs: f64) -> String {
    // Whole seconds are kept; nothing is negative.
    let secs = secs as u64;
    let (days, hours, minutes, seconds) = (secs / 86_400, secs / 3_600 % 24, secs / 60 % 60, secs % 60);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds} s"),
        (0, 0, _) => format!("{minutes} min {seconds} s"),
        (0, _, _) => format!("{hours} h {minutes} min"),
        _ => format!("{days} d {hours} h"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// THREAT 48.
    #[test]
    fn text_never_becomes_markup() {
        let shown = Text("<img src=x onerror='a()'>&\"\u{1b}[31m</script>é").to_string();
        assert_eq!(shown, "&lt;img src=x onerror=&#39;a()&#39;&gt;&amp;&quot;\u{fffd}[31m&lt;/script&gt;é");
    }

    #[test]
    fn durations_have_their_unit() {
        assert_eq!(
            [0.0, 9.994, 42.74, 999.0, 1_234.0].map(ms),
            ["0.00 ms", "9.99 ms", "42.7 ms", "999.0 ms", "1.23 s"]
        );
        assert_eq!(
            [0.9, 59.0, 61.0, 3_600.5, 90_000.0].map(uptime),
            ["0 s", "59 s", "1 min 1 s", "1 h 0 min", "1 d 1 h"]
        );
    }
}
