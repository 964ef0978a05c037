//! The laws of due times, whatever the clock does and whenever the process dies.

use jiff::{Timestamp, ToSpan};
use proptest::prelude::*;
use scheduler::{Call, Due, Missed, ON_TIME, Schedule, Timing, zone};

use crate::model::LINES;

fn timing(line: &str, missed: Missed) -> Timing {
    Timing { schedule: Schedule::parse(line).unwrap(), zone: zone("Europe/Madrid").unwrap(), missed }
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// What happens between two looks.
#[derive(Clone, Copy, Debug)]
enum Meanwhile {
    /// The service looks again after so many seconds, up to a minute.
    Awake(i64),
    /// The machine sleeps, or the clock is put forward or back.
    Jump(i64),
    /// The process dies, and another begins so many seconds later.
    Restart(i64),
}

fn meanwhile() -> impl Strategy<Value = Meanwhile> {
    prop_oneof![
        6 => (1..=60_i64).prop_map(Meanwhile::Awake),
        1 => prop_oneof![-7_200..7_200_i64, -200_000..200_000_i64].prop_map(Meanwhile::Jump),
        1 => (0..100_000_i64).prop_map(Meanwhile::Restart),
    ]
}

/// What a service does all day: it looks, and remembers on a disk only up to when it has handled.
fn lived(timing: &Timing, start: Timestamp, story: &[Meanwhile]) -> Vec<(Timestamp, Due)> {
    let (mut now, mut handled, mut watched_since) = (start, start, start);
    let mut seen = Vec::new();
    for event in story {
        now += match event {
            Meanwhile::Awake(seconds) | Meanwhile::Jump(seconds) | Meanwhile::Restart(seconds) => {
                seconds.seconds()
            }
        };
        if let Meanwhile::Restart(_) = event {
            watched_since = now;
        }
        let look = timing.look(handled, watched_since, now);
        assert!(look.handled >= handled, "what was handled stays handled");
        assert!(look.next.is_some_and(|next| next > now && next > look.handled));
        seen.extend(look.due.map(|due| (now, due)));
        (handled, watched_since) = (look.handled, now);
    }
    seen
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_due_time_is_handed_out_twice(
        line in prop::sample::select(&LINES[..]),
        skip in any::<bool>(),
        start in 1_700_000_000..1_900_000_000_i64,
        story in prop::collection::vec(meanwhile(), 1..100),
    ) {
        let timing = timing(line, if skip { Missed::Skip } else { Missed::RunOnce });
        let seen = lived(&timing, Timestamp::from_second(start).unwrap(), &story);
        for pair in seen.windows(2) {
            prop_assert!(pair[0].1.at < pair[1].1.at);
        }
        for (now, due) in seen {
            prop_assert!(due.at <= now, "nothing is due before its time");
            prop_assert_eq!(timing.schedule.latest(due.at, &timing.zone), Some(due.at), "it is a due time");
            let late = now.duration_since(due.at) > ON_TIME;
            prop_assert!(!late || due.call != Call::OnTime);
            prop_assert_eq!(due.call == Call::Skipped, skip && due.call != Call::OnTime);
        }
    }

    /// A service that is awake misses nothing, and is never late.
    #[test]
    fn awake_it_hands_out_every_due_time(
        line in prop::sample::select(&LINES[..]),
        start in 1_700_000_000..1_900_000_000_i64,
        steps in prop::collection::vec(1..=60_i64, 1..300),
    ) {
        let timing = timing(line, Missed::Skip);
        let start = Timestamp::from_second(start).unwrap();
        let story: Vec<_> = steps.iter().copied().map(Meanwhile::Awake).collect();
        let end = start + steps.iter().sum::<i64>().seconds();
        let seen: Vec<_> = lived(&timing, start, &story).into_iter().map(|(_, due)| (due.at, due.call)).collect();
        let due = timing.schedule.times(start, &timing.zone).take_while(|due| *due <= end);
        prop_assert_eq!(seen, due.map(|due| (due, Call::OnTime)).collect::<Vec<_>>());
    }

    /// A restart changes only whether what is due is late.
    #[test]
    fn a_restart_at_any_point_loses_and_repeats_nothing(
        line in prop::sample::select(&LINES[..]),
        start in 1_700_000_000..1_900_000_000_i64,
        story in prop::collection::vec(meanwhile(), 1..60),
        died in prop::collection::vec(any::<bool>(), 60),
    ) {
        let timing = timing(line, Missed::RunOnce);
        let start = Timestamp::from_second(start).unwrap();
        let restarted: Vec<_> = story.iter().zip(died).map(|(event, died)| match *event {
            Meanwhile::Awake(seconds) | Meanwhile::Jump(seconds) if died => Meanwhile::Restart(seconds),
            other => other,
        }).collect();
        let times = |story: &[Meanwhile]| lived(&timing, start, story).iter().map(|(now, due)| (*now, due.at)).collect::<Vec<_>>();
        prop_assert_eq!(times(&story), times(&restarted));
    }
}

#[test]
fn days_without_power_are_made_up_for_once() {
    let timing = timing("0 2 * * *", Missed::RunOnce);
    let (handled, now) = (at("2026-11-20T01:00:00Z"), at("2026-11-24T08:30:00Z"));
    let look = timing.look(handled, now, now);
    let due = look.due.unwrap();
    assert_eq!((due.at, due.call), (at("2026-11-24T01:00:00Z"), Call::Late));
    assert_eq!(look.handled, due.at);
    assert_eq!(look.next, Some(at("2026-11-25T01:00:00Z")));
    assert_eq!(timing.look(look.handled, now, now).due, None);
}

#[test]
fn who_wants_no_missed_start_gets_the_next() {
    let timing = timing("0 2 * * *", Missed::Skip);
    let now = at("2026-11-24T01:02:01Z");
    let look = timing.look(at("2026-11-20T01:00:00Z"), at("2026-11-24T00:59:30Z"), now);
    assert_eq!(look.due.map(|due| due.call), Some(Call::Skipped));
    assert_eq!(look.handled, at("2026-11-24T01:00:00Z"));
}

/// Seconds late, but nobody was there: the process began after it.
#[test]
fn what_was_due_before_the_process_began_was_missed() {
    let timing = timing("0 2 * * *", Missed::RunOnce);
    let (began, now) = (at("2026-11-24T01:00:04Z"), at("2026-11-24T01:00:05Z"));
    let call =
        |watched_since| timing.look(at("2026-11-23T01:00:00Z"), watched_since, now).due.map(|due| due.call);
    assert_eq!(call(began), Some(Call::Late));
    assert_eq!(call(at("2026-11-24T00:59:59Z")), Some(Call::OnTime));
}

/// The newest due time decides: what was missed before it is made up for by the same run.
#[test]
fn a_start_in_time_makes_up_for_what_was_missed() {
    let timing = timing("0 * * * *", Missed::RunOnce);
    let look =
        timing.look(at("2026-11-24T01:00:00Z"), at("2026-11-24T03:59:59Z"), at("2026-11-24T04:00:01Z"));
    assert_eq!(look.due.map(|due| due.call), Some(Call::OnTime));
}

#[test]
fn a_clock_that_is_put_back_waits_until_it_has_caught_up() {
    let timing = timing("*/15 * * * *", Missed::RunOnce);
    let (handled, now) = (at("2026-11-24T12:00:00Z"), at("2026-11-24T10:10:00Z"));
    let look = timing.look(handled, at("2026-11-24T12:05:00Z"), now);
    assert_eq!((look.due, look.handled), (None, handled));
    assert_eq!(look.next, Some(at("2026-11-24T12:15:00Z")));
}
