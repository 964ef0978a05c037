//! What holds of every line that is read, in every zone, at every instant.

use jiff::Timestamp;
use proptest::prelude::*;
use scheduler::{Schedule, zone};

/// A field, mostly good: numbers up to `most`, ranges, steps, and what only this field may have.
fn field(most: u32, only: &'static [&'static str]) -> impl Strategy<Value = String> {
    let number = 0..=most;
    let part = prop_oneof![
        4 => number.clone().prop_map(|number| number.to_string()),
        2 => (number.clone(), number.clone()).prop_map(|(from, to)| format!("{}-{}", from.min(to), from.max(to))),
        1 => (number.clone(), number, 1..9_u32)
            .prop_map(|(from, to, step)| format!("{}-{}/{step}", from.min(to), from.max(to))),
        1 => prop::sample::select(only).prop_map(ToOwned::to_owned),
    ];
    prop_oneof![
        3 => Just("*".to_owned()),
        1 => (1..20_u32).prop_map(|step| format!("*/{step}")),
        4 => prop::collection::vec(part, 1..4).prop_map(|parts| parts.join(",")),
    ]
}

fn line() -> impl Strategy<Value = String> {
    let days = &["L", "LW", "15W", "1W", "31W", "?"];
    let weekdays = &["5L", "MON#2", "FRI#5", "sun", "1#1", "+5", "?"];
    (field(59, &["0"]), field(23, &["0"]), field(31, days), field(12, &["JAN"]), field(7, weekdays))
        .prop_map(|(minute, hour, day, month, weekday)| format!("{minute} {hour} {day} {month} {weekday}"))
}

const ZONES: [&str; 6] =
    ["Europe/Madrid", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia", "Asia/Kolkata", "UTC"];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn next_and_previous_are_neighbours(
        line in line(),
        name in prop::sample::select(&ZONES[..]),
        second in 1_000_000_000..2_500_000_000_i64,
    ) {
        let Ok(schedule) = Schedule::parse(&line) else { return Ok(()) };
        let (zone, instant) = (zone(name).unwrap(), Timestamp::from_second(second).unwrap());
        prop_assert!(!schedule.describe().is_empty());
        let next = schedule.next(instant, &zone).unwrap();
        prop_assert!(next > instant);
        prop_assert_eq!(schedule.latest(next, &zone), Some(next), "{} is due at {}", line, next);
        let previous = schedule.previous(next, &zone).unwrap();
        prop_assert!(previous <= instant, "{} is between", previous);
        prop_assert_eq!(schedule.next(previous, &zone), Some(next));
        let period = schedule.period(instant, &zone).unwrap();
        prop_assert_eq!((period.due, period.next), (previous, next));
        let overdue_at = |started| schedule.first_period(started, &zone).unwrap().overdue_at();
        prop_assert!(overdue_at(instant) <= overdue_at(next), "who starts later is overdue later");
    }

    #[test]
    fn no_text_makes_it_panic(text in "[0-9*/,#LW@?+a-zA-Z -]{0,24}") {
        if let Ok(schedule) = Schedule::parse(&text) {
            prop_assert!(!schedule.describe().is_empty());
        }
    }
}
