//! When a job is overdue.

use jiff::Timestamp;
use scheduler::{Schedule, zone};

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

#[test]
fn a_quarter_of_a_period_after_it_was_due() {
    let zone = zone("Europe/Madrid").unwrap();
    for (line, started, overdue_from, due) in [
        ("0 2 * * *", "2026-11-23T01:00:05Z", "2026-11-24T07:00:00Z", "2026-11-24T01:00:00Z"),
        // Started by hand since: owed is the next.
        ("0 2 * * *", "2026-11-24T01:30:00Z", "2026-11-25T07:00:00Z", "2026-11-25T01:00:00Z"),
        // The day has 25 hours.
        ("0 0 * * *", "2026-10-24T12:00:00Z", "2026-10-25T04:15:00Z", "2026-10-24T22:00:00Z"),
        ("0 * * * *", "2026-11-24T01:30:00Z", "2026-11-24T02:15:00Z", "2026-11-24T02:00:00Z"),
    ] {
        let schedule = Schedule::parse(line).unwrap();
        let overdue = |now: Timestamp| schedule.overdue(at(started), now, &zone);
        assert_eq!(overdue(at(overdue_from) - jiff::SignedDuration::from_secs(1)), None, "{line} {started}");
        assert_eq!(overdue(at(overdue_from)), Some(at(due)), "{line} {started}");
        let period = schedule.first_period(at(started), &zone).unwrap();
        assert_eq!((period.due, period.overdue_at()), (at(due), at(overdue_from)), "{line} {started}");
    }
}

#[test]
fn an_instant_is_in_one_period() {
    let schedule = Schedule::parse("0 2 * * 1").unwrap();
    for instant in ["2026-11-23T02:00:00Z", "2026-11-30T01:59:59Z"] {
        let period = schedule.period(at(instant), &jiff::tz::TimeZone::UTC).unwrap();
        assert_eq!((period.due, period.next), (at("2026-11-23T02:00:00Z"), at("2026-11-30T02:00:00Z")));
        assert_eq!(period.length().as_hours(), 7 * 24);
    }
}
