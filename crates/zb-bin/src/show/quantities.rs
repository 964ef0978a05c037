//! Sizes in binary units and times, for people.

use std::time::Duration;

use indicatif::BinaryBytes;

/// As `1.50 GiB`.
#[must_use]
pub(crate) fn bytes(count: u64) -> String {
    BinaryBytes(count).to_string()
}

/// As `204 ms`, `3.4 s`, `42 s`, `3 min 5 s`, `2 h 10 min`.
#[must_use]
pub(crate) fn seconds(duration: Duration) -> String {
    let whole = duration.as_secs();
    match whole {
        0 => format!("{} ms", duration.as_millis()),
        1..10 => format!("{:.1} s", duration.as_secs_f64()),
        10..60 => format!("{whole} s"),
        60..3600 => format!("{} min {} s", whole / 60, whole % 60),
        _ => format!("{} h {} min", whole / 3600, whole / 60 % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_as_exact_as_a_person_needs() {
        let cases = [
            (204, "204 ms"),
            (3_400, "3.4 s"),
            (42_300, "42 s"),
            (185_000, "3 min 5 s"),
            (7_800_000, "2 h 10 min"),
        ];
        for (millis, shown) in cases {
            assert_eq!(seconds(Duration::from_millis(millis)), shown);
        }
    }

    #[test]
    fn sizes_are_binary() {
        assert_eq!(bytes(1536 * 1024), "1.50 MiB");
    }
}
