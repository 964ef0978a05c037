//! Numbers, times and foreign texts as people read them.

use jiff::Timestamp;

/// Minutes are enough for a person, who reads it in another zone perhaps.
pub(super) fn utc(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M UTC").to_string()
}

/// Two units at most.
pub(super) fn duration(milliseconds: u64) -> String {
    let seconds = milliseconds / 1000;
    let (minutes, hours) = (seconds / 60, seconds / 3600);
    match seconds {
        0 => format!("{milliseconds} ms"),
        1..60 => format!("{seconds} s"),
        60..3600 if seconds.is_multiple_of(60) => format!("{minutes} min"),
        60..3600 => format!("{minutes} min {} s", seconds % 60),
        _ if minutes.is_multiple_of(60) => format!("{hours} h"),
        _ => format!("{hours} h {} min", minutes % 60),
    }
}

/// Binary units, one digit behind the point.
pub(super) fn bytes(bytes: u64) -> String {
    const UNITS: [&str; 6] = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
    if bytes < 1024 {
        return format!("{bytes} B");
    }
    let mut size = bytes as f64 / 1024.0;
    let mut unit = 0;
    // What would be rounded to 1024.0 is 1.0 of the next unit.
    while size >= 1023.95 && unit + 1 < UNITS.len() {
        size /= 1024.0;
        unit += 1;
    }
    format!("{size:.1} {}", UNITS[unit])
}

pub(super) fn count(number: u32, one: &str, more: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { more })
}

/// A foreign text in one line of at most so many characters: white space and control characters become one space,
/// characters that are not seen but turn what is are left out.
pub(crate) fn one_line(text: &str, most: usize) -> String {
    let unseen = |c: &char| matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}');
    let blank = |c: char| if c.is_control() { ' ' } else { c };
    let clean: String = text.chars().filter(|c| !unseen(c)).map(blank).collect();
    let line = clean.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(most) {
        None => line,
        Some(_) => line.chars().take(most.saturating_sub(1)).chain(['…']).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short() {
        let second = 1000;
        for (milliseconds, expected) in [
            (0, "0 ms"),
            (999, "999 ms"),
            (1999, "1 s"),
            (60 * second, "1 min"),
            (252 * second, "4 min 12 s"),
            (3600 * second, "1 h"),
            (7500 * second, "2 h 5 min"),
            (90_000 * second, "25 h"),
        ] {
            assert_eq!(duration(milliseconds), expected);
        }
        for (size, expected) in [
            (0, "0 B"),
            (1023, "1023 B"),
            (1024, "1.0 KiB"),
            (1024 * 1024 - 1, "1.0 MiB"),
            (14_602_888_806, "13.6 GiB"),
            (u64::MAX, "16.0 EiB"),
        ] {
            assert_eq!(bytes(size), expected);
        }
        assert_eq!(
            (count(1, "time", "times"), count(2, "time", "times")),
            ("1 time".into(), "2 times".into())
        );
    }

    #[test]
    fn a_line_is_a_line() {
        for (text, expected) in [
            ("postgres data", "postgres data"),
            (" two\r\nlines\t\u{1b}[31m ", "two lines [31m"),
            ("a\u{202e}b\u{200b}c", "abc"),
            ("1234567890123456", "1234567890123456"),
            ("12345678901234567", "123456789012345…"),
            ("ääääääääääääääääää", "äääääääääääääää…"),
        ] {
            assert_eq!(one_line(text, 16), expected);
        }
    }
}
