//! `next` and `previous` against ten years lived through minute by minute.

use jiff::{SignedDuration, Timestamp};
use scheduler::Schedule;

use crate::model::{LINES, Zone};

/// Asked of each line: all due times where they are few, else one of so many, and everything around a change.
const FEW: usize = 200;

#[test]
fn europe_madrid() {
    lived("Europe/Madrid", (2020, 2030));
}

#[test]
fn america_new_york() {
    lived("America/New_York", (2016, 2026));
}

/// Half an hour of daylight saving.
#[test]
fn australia_lord_howe() {
    lived("Australia/Lord_Howe", (2018, 2028));
}

#[test]
fn asia_kolkata() {
    lived("Asia/Kolkata", (2018, 2028));
}

/// 30 December 2011 never was.
#[test]
fn pacific_apia() {
    lived("Pacific/Apia", (2009, 2019));
}

/// The clock is put forward at midnight.
#[test]
fn asia_beirut() {
    lived("Asia/Beirut", (2015, 2025));
}

/// The hour before midnight is skipped and repeated.
#[test]
fn america_scoresbysund() {
    lived("America/Scoresbysund", (2023, 2033));
}

#[test]
fn utc() {
    lived("UTC", (2019, 2029));
}

fn lived(name: &str, years: (i16, i16)) {
    let zone = Zone::new(name, years);
    let changes = zone.changes();
    for line in LINES {
        let schedule = Schedule::parse(line).unwrap();
        let due: Vec<_> = zone.due(line);
        let near = |index: &usize| changes.iter().any(|change| change.abs_diff(*index) < 200);
        let step = (due.len() / FEW).max(1);
        let asked = due
            .iter()
            .enumerate()
            .filter(|(at, index)| at % step == 0 || (step > 1 && at % 7 == 0 && near(index)));
        // The edges have neighbours that were not lived through.
        for (at, index) in asked.filter(|(at, _)| *at > 0 && at + 1 < due.len()) {
            let instant = zone.instant(*index);
            let (left, right) = (zone.instant(due[at - 1]), zone.instant(due[at + 1]));
            let second = SignedDuration::from_secs(1);
            let next = |from: Timestamp| schedule.next(from, &zone.zone).unwrap();
            let previous = |from: Timestamp| schedule.previous(from, &zone.zone).unwrap();
            assert_eq!(next(left), instant, "{line} in {name} after {left}");
            assert_eq!(previous(right), instant, "{line} in {name} before {right}");
            assert_eq!(next(instant - second), instant, "{line} in {name} a second before {instant}");
            assert_eq!(previous(instant + second), instant, "{line} in {name} a second after {instant}");
            assert_eq!(schedule.latest(instant, &zone.zone), Some(instant), "{line} in {name} at {instant}");
        }
    }
}
