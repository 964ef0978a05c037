//! When the database was down, by its own account, and when zb had it down, by zb's.

use crate::{json::field, shell::Result};

/// Milliseconds since 1970 UTC.
type Millis = i64;

/// Between `closed` and the next `opened` of the database's file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Outage {
    pub(super) closed: Millis,
    pub(super) opened: Millis,
}

/// From the moment the pre hook was sent to the moment the post hook was answered: the only time in which the
/// database may be down.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Window {
    pub(super) begins: Millis,
    pub(super) ends: Millis,
}

/// Every outage in the database's file. One that has no end is an error.
pub(super) fn outages(rows: &str) -> Result<Vec<Outage>> {
    let mut outages = Vec::new();
    let mut closed = None;
    for line in rows.lines() {
        match (line.split_once(' '), closed) {
            (Some(("closed", at)), None) => closed = Some(at.parse()?),
            (Some(("opened", at)), Some(since)) => {
                outages.push(Outage { closed: since, opened: at.parse()? });
                closed = None;
            }
            _ => {}
        }
    }
    match closed {
        None => Ok(outages),
        Some(since) => Err(format!("the database is down since {since}").into()),
    }
}

/// The window of a run as `zb show --json` prints it.
pub(super) fn window(run: &str) -> Result<Window> {
    let hooks = run.split_once("\"hooks\":").ok_or("the run has no hooks")?.1;
    let (pre, post) = hooks.split_once("\"post\":").ok_or("the run has no post hook")?;
    let began = millis(field(post, "startedAt")?)?;
    let took: Millis = field(post, "durationMs")?.parse()?;
    Ok(Window { begins: millis(field(pre, "startedAt")?)?, ends: began + took })
}

/// RFC 3339 in UTC, as zb writes it.
fn millis(time: &str) -> Result<Millis> {
    let wrong = || format!("{time:?} is no time in UTC");
    let (date, clock) = time.strip_suffix('Z').and_then(|time| time.split_once('T')).ok_or_else(wrong)?;
    let date: Vec<i64> = date.split('-').map(str::parse).collect::<std::result::Result<_, _>>()?;
    let (clock, fraction) = clock.split_once('.').unwrap_or((clock, ""));
    let clock: Vec<i64> = clock.split(':').map(str::parse).collect::<std::result::Result<_, _>>()?;
    let (&[year, month, day], &[hours, minutes, seconds]) = (date.as_slice(), clock.as_slice()) else {
        return Err(wrong().into());
    };
    let fraction: Millis = format!("{fraction:0<3}")[..3].parse()?;
    Ok((((days(year, month, day) * 24 + hours) * 60 + minutes) * 60 + seconds) * 1000 + fraction)
}

/// Days since 1970 in the Gregorian calendar, years counted from March so that the leap day is the last.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    year * 365 + year / 4 - year / 100 + year / 400 + (month * 153 + 2) / 5 + day - 719_469
}

#[cfg(test)]
mod tests {
    use super::{Outage, Window, millis, outages, window};

    #[test]
    fn times_are_milliseconds_since_1970() {
        for (time, expected) in [
            ("1970-01-01T00:00:00Z", 0),
            ("2000-02-29T12:00:00.5Z", 951_825_600_500),
            ("2026-11-24T01:00:00.200123Z", 1_795_482_000_200),
        ] {
            assert_eq!(millis(time).unwrap(), expected, "{time}");
        }
        assert!(millis("2026-11-24T01:00:00+01:00").is_err());
    }

    #[test]
    fn outages_are_read_from_the_rows() {
        let rows = "opened 10\nrow 1\nclosed 20\nopened 35\nrow 1\n";
        assert_eq!(outages(rows).unwrap(), [Outage { closed: 20, opened: 35 }]);
        assert!(outages("opened 10\nclosed 20\n").is_err());
    }

    #[test]
    fn the_window_is_read_from_the_run() {
        let run = r#"{"startedAt":"1970-01-01T00:00:00Z","hooks":{"pre":{"attempts":[{"startedAt":"1970-01-01T00:00:01Z",
            "durationMs":30}]},"post":{"attempts":[{"startedAt":"1970-01-01T00:00:05.5Z","durationMs":40,"error":null}]}}}"#;
        assert_eq!(window(run).unwrap(), Window { begins: 1000, ends: 5540 });
    }
}
