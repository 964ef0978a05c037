//! Times, sizes and durations as people read them.

use std::fmt::Write;

use jiff::{Timestamp, ZonedDateTime, tz::TimeZone};

use crate::Service;

/// Milliseconds: `60 ms`, `0.8 s`, `41 s`, `4 min 12 s`, `6 h 2 min`.
pub(super) fn duration(ms: u64) -> String {
    let seconds = (ms + 500) / 1000;
    match ms {
        0..100 => format!("{ms} ms"),
        100..9950 => format!("{}.{} s", (ms + 50) / 1000, (ms + 50) % 1000 / 100),
        _ if seconds < 60 => format!("{seconds} s"),
        _ if seconds < 3600 => format!("{} min {:02} s", seconds / 60, seconds % 60),
        _ if seconds < 24 * 3600 => format!("{} h {} min", seconds / 3600, seconds / 60 % 60),
        _ => format!("{} d {} h", seconds / 86400, seconds / 3600 % 24),
    }
}

/// Bytes in binary units: `312 MiB`, `13.6 GiB`.
pub(super) fn bytes(bytes: u64) -> String {
    const UNITS: [&str; 6] = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
    if bytes < 1024 {
        return format!("{bytes} B");
    }
    let mut unit = 0;
    let mut tenths = u128::from(bytes) * 10 / 1024;
    while tenths >= 10 * 1024 && unit + 1 < UNITS.len() {
        tenths /= 1024;
        unit += 1;
    }
    if tenths < 1000 {
        format!("{}.{} {}", tenths / 10, tenths % 10, UNITS[unit])
    } else {
        format!("{} {}", tenths / 10, UNITS[unit])
    }
}

/// A number with commas: `41,208`.
pub(super) fn number(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.char_indices() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `1 file`, `2 files`.
pub(super) fn count(how_many: u64, one: &str, several: &str) -> String {
    format!("{} {}", number(how_many), if how_many == 1 { one } else { several })
}

/// The times of a page: in one zone, seen from one moment.
#[derive(Clone, Debug)]
pub(super) struct Times {
    pub(super) now: Timestamp,
    pub(super) zone: TimeZone,
}

impl Times {
    /// `Today 02:00`, `Mon 23 Nov 02:00`, with the year where it is another.
    pub(super) fn day(&self, at: Timestamp) -> String {
        self.named(at, "%H:%M")
    }

    /// The same within a sentence: `today 02:00`.
    pub(super) fn day_within(&self, at: Timestamp) -> String {
        self.day(at).replacen("Today", "today", 1)
    }

    /// What is to come: `10:00`, `Wed 02:00`, `Wed 9 Dec 02:00`.
    pub(super) fn soon(&self, at: Timestamp) -> String {
        let (then, now) = (self.zoned(at), self.zoned(self.now));
        if then.date() == now.date() {
            then.strftime("%H:%M").to_string()
        } else if Self::between(self.now, at) < 6 * 24 * 3_600_000 {
            then.strftime("%a %H:%M").to_string()
        } else {
            self.day(at)
        }
    }

    /// How long until then, to the minute.
    pub(super) fn until(&self, at: Timestamp) -> String {
        match Self::between(self.now, at) / 60_000 {
            0 => "now".to_owned(),
            minutes @ 1..60 => format!("in {minutes} min"),
            minutes => format!("in {}", duration(minutes * 60_000)),
        }
    }

    /// The same with seconds.
    pub(super) fn day_to_the_second(&self, at: Timestamp) -> String {
        self.named(at, "%H:%M:%S")
    }

    /// `02:00:04`.
    pub(super) fn clock(&self, at: Timestamp) -> String {
        self.zoned(at).strftime("%H:%M:%S").to_string()
    }

    /// `02:00:03.6`.
    pub(super) fn clock_to_the_tenth(&self, at: Timestamp) -> String {
        let zoned = self.zoned(at);
        let mut text = zoned.strftime("%H:%M:%S").to_string();
        let _ = write!(text, ".{}", zoned.millisecond() / 100);
        text
    }

    /// `Tuesday 24 November, 09:41`.
    pub(super) fn today(&self) -> String {
        self.zoned(self.now).strftime("%A %-d %B, %H:%M").to_string()
    }

    /// Milliseconds from one moment to another; none where it is earlier.
    pub(super) fn between(from: Timestamp, to: Timestamp) -> u64 {
        u64::try_from(to.duration_since(from).as_millis()).unwrap_or_default()
    }

    /// The zone, as `Europe/Madrid`.
    pub(super) fn zone_name(&self) -> String {
        self.zone.iana_name().unwrap_or("UTC").to_owned()
    }

    /// How long ago.
    pub(super) fn since(&self, at: Timestamp) -> String {
        duration(Self::between(at, self.now).max(1000) / 1000 * 1000)
    }

    fn named(&self, at: Timestamp, clock: &str) -> String {
        let (then, now) = (self.zoned(at), self.zoned(self.now));
        let day = match (then.date() == now.date(), then.year() == now.year()) {
            (true, _) => "Today".to_owned(),
            (false, true) => then.strftime("%a %-d %b").to_string(),
            (false, false) => then.strftime("%a %-d %b %Y").to_string(),
        };
        format!("{day} {}", then.strftime(clock))
    }

    fn zoned(&self, at: Timestamp) -> ZonedDateTime {
        at.to_zoned_datetime(self.zone.clone())
    }
}

impl Times {
    /// The same moment in a backup's own zone, where it has one.
    pub(super) fn in_zone(&self, name: &str) -> Self {
        Self { now: self.now, zone: TimeZone::get(name).unwrap_or_else(|_| self.zone.clone()) }
    }
}

impl Service {
    /// The times of a page: in the server's zone, seen from now.
    pub(super) fn times(&self) -> Times {
        let zone = self.settings.timezone.as_deref().and_then(|name| TimeZone::get(name).ok());
        Times { now: (self.around.clock)(), zone: zone.unwrap_or(TimeZone::UTC) }
    }
}

/// A word with a great first letter, for the beginning of a sentence; the names of programs stay as they are.
pub(super) fn capital(text: &str) -> String {
    if ["restic", "zb"].contains(&text.split([' ', ':']).next().unwrap_or_default()) {
        return text.to_owned();
    }
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_begins_great_but_for_names_of_programs() {
        let table = [
            ("post hook answered 500", "Post hook answered 500"),
            ("restic: no such file", "restic: no such file"),
            ("zb serve", "zb serve"),
            ("écoute", "Écoute"),
            ("resticprofile", "Resticprofile"),
            ("", ""),
        ];
        for (text, begun) in table {
            assert_eq!(capital(text), begun);
        }
    }

    #[test]
    fn durations_are_as_the_design_has_them() {
        let table = [
            (60, "60 ms"),
            (800, "0.8 s"),
            (9_949, "9.9 s"),
            (9_950, "10 s"),
            (41_000, "41 s"),
            (59_499, "59 s"),
            (59_500, "1 min 00 s"),
            (252_000, "4 min 12 s"),
            (182_000, "3 min 02 s"),
            (21_720_000, "6 h 2 min"),
            (104_400_000, "1 d 5 h"),
        ];
        for (ms, text) in table {
            assert_eq!(duration(ms), text);
        }
    }

    #[test]
    fn sizes_and_numbers() {
        let sizes = [0, 1023, 1024, 327_155_712, 14_602_888_806, u64::MAX].map(bytes);
        assert_eq!(sizes, ["0 B", "1023 B", "1.0 KiB", "312 MiB", "13.5 GiB", "15.9 EiB"]);
        assert_eq!([0, 118, 2304, 1_000_000].map(number), ["0", "118", "2,304", "1,000,000"]);
    }

    #[test]
    fn a_time_is_told_as_the_reader_would() {
        let times = Times {
            now: "2026-11-24T09:41:00Z".parse().unwrap(),
            zone: TimeZone::get("Europe/Madrid").unwrap(),
        };
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        assert_eq!(times.day(at("2026-11-24T01:00:00Z")), "Today 02:00");
        assert_eq!(times.day(at("2026-11-23T23:30:00Z")), "Today 00:30");
        assert_eq!(times.day_within(at("2026-11-23T23:30:00Z")), "today 00:30");
        assert_eq!(times.day(at("2026-11-23T01:00:00Z")), "Mon 23 Nov 02:00");
        assert_eq!(times.day(at("2025-11-23T01:00:00Z")), "Sun 23 Nov 2025 02:00");
        assert_eq!(times.clock_to_the_tenth(at("2026-11-24T01:00:03.678Z")), "02:00:03.6");
        assert_eq!(times.since(at("2026-11-24T02:04:00Z")), "7 h 37 min");
    }

    #[test]
    fn a_sentence_begins_with_a_great_letter_but_for_restic() {
        assert_eq!(capital("the hook"), "The hook");
        assert_eq!(capital("restic: no such file"), "restic: no such file");
        assert_eq!(capital(""), "");
    }
}
