//! What a schedule is called.

use scheduler::Schedule;

#[test]
fn lines_in_words() {
    for (line, words) in [
        ("0 2 * * *", "Every day at 02:00"),
        ("@daily", "Every day at 00:00"),
        ("@hourly", "Every hour"),
        ("@weekly", "At 00:00 on Sunday"),
        ("@monthly", "At 00:00 on the 1st of each month"),
        ("@yearly", "At 00:00 on the 1st of January"),
        ("*/15 * * * *", "Every 15 minutes"),
        ("* * * * *", "Every minute"),
        ("0 * * * *", "Every hour"),
        ("1 * * * *", "Every hour at 1 minute past"),
        ("20 * * * *", "Every hour at 20 minutes past"),
        ("0 */2 * * *", "Every 2 hours from 00:00"),
        ("10 */2 * * *", "Every 2 hours from 00:10"),
        ("0 */6 * * *", "Every day at 00:00, 06:00, 12:00 and 18:00"),
        (
            "0 1-23/2 * * 0",
            "At 01:00, 03:00, 05:00, 07:00, 09:00, 11:00, 13:00, 15:00, 17:00, 19:00, 21:00 and 23:00 on Sunday",
        ),
        ("*/20 9-17 * * 1-5", "Every 20 minutes from 09:00 to 17:40 on Monday to Friday"),
        ("* 3 * * *", "Every minute from 03:00 to 03:59"),
        ("30 9-17 * * *", "Every hour from 09:30 to 17:30"),
        ("30 2 * * MON,THU", "At 02:30 on Monday and Thursday"),
        ("30 2 * * 7", "At 02:30 on Sunday"),
        ("30 2 * * 5-7", "At 02:30 on Friday to Sunday"),
        ("0 4 1 * *", "At 04:00 on the 1st of each month"),
        ("0 4 1,15 * *", "At 04:00 on the 1st and the 15th of each month"),
        ("0 4 1-7 * *", "At 04:00 on the 1st to the 7th of each month"),
        (
            "0 4 2,3,22,23,11,12,13,31 * *",
            "At 04:00 on the 2nd, the 3rd, the 11th to the 13th, the 22nd, the 23rd and the 31st of each month",
        ),
        ("0 0 29 2 *", "At 00:00 on the 29th of February"),
        ("0 4 1 1-6 *", "At 04:00 on the 1st of January to June"),
        ("0 2 * 6,8 *", "Every day at 02:00 in June and August"),
        ("0 2 * 6,8 1", "At 02:00 on Monday in June and August"),
        ("30 4 1 * MON", "At 04:30 on the 1st of each month and on every Monday"),
        ("30 4 1 6 MON", "At 04:30 on the 1st of June and on every Monday in June"),
        ("30 4 13 * +FRI", "At 04:30 on the 13th of each month if it is Friday"),
        ("30 4 1-31 * MON", "Every day at 04:30"),
        ("0 3 L * *", "At 03:00 on the last day of each month"),
        ("0 3 LW * *", "At 03:00 on the last working day of each month"),
        ("0 3 * * 5L", "At 03:00 on the last Friday of each month"),
        ("0 3 * 1 MON#2", "At 03:00 on the second Monday of January"),
        ("0 3 15W * *", "When the minute is 0, the hour is 3 and the day of the month is 15W"),
        (
            "0 3 L * 1",
            "When the minute is 0, the hour is 3 and either the day of the month is L or the day of the week is 1",
        ),
        ("0,7,11 1-4,9 * * *", "When the minute is 0, 7 or 11 and the hour is 1 to 4 or 9"),
        ("5,7 * * 2,3 *", "When the minute is 5 or 7 and the month is February or March"),
        (
            "0-10 * 1 * 1",
            "When the minute is 0 to 10 and either the day of the month is 1 or the day is Monday",
        ),
        ("*/7 * * * *", "When the minute is 0, 7, 14, 21, 28, 35, 42, 49 or 56"),
        (
            "0 0 */2 * 1",
            "At 00:00 on the 1st, the 3rd, the 5th, the 7th, the 9th, the 11th, the 13th, the 15th, the 17th, the 19th, the 21st, the 23rd, the 25th, the 27th, the 29th and the 31st of each month and on every Monday",
        ),
    ] {
        assert_eq!(Schedule::parse(line).unwrap().describe(), words, "{line}");
    }
}

/// Words say all that the line says: two lines that are called the same are due at the same times.
#[test]
fn one_description_is_one_schedule() {
    const MINUTES: [&str; 9] = ["*", "0", "1", "30", "0,30", "*/15", "*/7", "10-20", "5,10-12"];
    const HOURS: [&str; 9] = ["*", "0", "2", "2,14", "9-17", "*/2", "*/6", "1-23/2", "0,5-7"];
    const DAYS: [&str; 7] = ["*", "1", "1,15", "1-7", "*/2", "L", "15W"];
    const MONTHS: [&str; 4] = ["*", "2", "1-6", "1,3,4"];
    const WEEKDAYS: [&str; 7] = ["*", "1", "1,4", "1-5", "0", "+5", "5#2"];
    let start: jiff::Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
    let times = |schedule: &Schedule| {
        let first = schedule.times(start, &jiff::tz::TimeZone::UTC).take(40).collect::<Vec<_>>();
        let days = first.iter().map(|due| *due + jiff::SignedDuration::from_hours(24 * 31));
        let later = days.filter_map(|from| schedule.next(from, &jiff::tz::TimeZone::UTC));
        first.iter().copied().chain(later).collect::<Vec<_>>()
    };
    let mut known = std::collections::BTreeMap::<String, Schedule>::new();
    for (minute, hour) in MINUTES.iter().flat_map(|minute| HOURS.iter().map(move |hour| (minute, hour))) {
        for (day, month) in DAYS.iter().flat_map(|day| MONTHS.iter().map(move |month| (day, month))) {
            for weekday in WEEKDAYS {
                let schedule = Schedule::parse(&format!("{minute} {hour} {day} {month} {weekday}")).unwrap();
                let words = schedule.describe();
                match known.get(&words) {
                    None => drop(known.insert(words, schedule)),
                    Some(other) => {
                        let lines = (other.as_str(), schedule.as_str());
                        assert_eq!(times(other), times(&schedule), "{lines:?} are called {words:?}");
                    }
                }
            }
        }
    }
    assert!(known.len() > 10_000);
}
