//! Ten years of a zone, minute by minute, as a person with a clock on the wall would live through them: what a cron
//! line means, said a second time and without any arithmetic of zones.

use jiff::{
    Timestamp, Unit,
    civil::{self, Date},
    tz::TimeZone,
};

/// Lines without names and modifiers: the model reads them itself.
pub(crate) const LINES: [&str; 14] = [
    "* * * * *",
    "*/15 * * * *",
    "0 * * * *",
    "30 * * * *",
    "*/20 2 * * *",
    "0 */6 * * *",
    "0 2 * * *",
    "30 2 * * *",
    "15,45 1-3 * * 0",
    "0 0 * * *",
    "59 23 * * *",
    "10 0 1 * *",
    "30 1 29-31 3,10,12 5",
    "0 12 29 2 *",
];

/// Minutes.
const DAY: i64 = 1440;

pub(crate) struct Zone {
    pub(crate) zone: TimeZone,
    pub(crate) years: (i16, i16),
    /// Minutes since 1970 in UTC of the first entry below.
    pub(crate) first: i64,
    /// What the clock on the wall shows, in minutes since 1970, a minute an entry.
    pub(crate) shown: Vec<i64>,
}

impl Zone {
    pub(crate) fn new(name: &str, years: (i16, i16)) -> Self {
        let zone = scheduler::zone(name).unwrap();
        let minute = |year| {
            civil::date(year, 1, 1).to_zoned_datetime(TimeZone::UTC).unwrap().timestamp().as_second() / 60
        };
        let (first, last) = (minute(years.0), minute(years.1));
        let mut shown = Vec::with_capacity(usize::try_from(last - first).unwrap());
        for quarter in (first..last).step_by(15) {
            // No clock was ever changed between two quarters of an hour.
            let instant = Timestamp::from_second(quarter * 60).unwrap();
            let offset = i64::from(zone.to_offset(instant).seconds()) / 60;
            shown.extend((quarter..quarter + 15).map(|minute| minute + offset));
        }
        Self { zone, years, first, shown }
    }

    pub(crate) fn instant(&self, index: usize) -> Timestamp {
        Timestamp::from_second((self.first + i64::try_from(index).unwrap()) * 60).unwrap()
    }

    /// Where the clock was changed.
    pub(crate) fn changes(&self) -> Vec<usize> {
        let pairs = self.shown.windows(2).enumerate();
        pairs.filter(|(_, pair)| pair[0] + 1 != pair[1]).map(|(index, _)| index + 1).collect()
    }

    /// The indexes of all due minutes.
    pub(crate) fn due(&self, line: &str) -> Vec<usize> {
        let line = Line::read(line, self.years);
        let mut highest = self.shown[0] - 1;
        let mut due = Vec::new();
        let mut index = 0;
        while let Some(&now) = self.shown.get(index) {
            // An ordinary day, shown from its first minute to its last: nothing is skipped or repeated in it.
            let whole = now.rem_euclid(DAY) == 0 && self.shown.get(index + 1439) == Some(&(now + 1439));
            if whole && highest == now - 1 {
                if line.names_day(now) {
                    due.extend((0..1440).filter(|minute| line.times[*minute]).map(|minute| index + minute));
                }
                highest = now + 1439;
                index += 1440;
                continue;
            }
            let is_due = if line.fixed && now != highest + 1 {
                // What the clock has not shown before: one minute, or all that were skipped with it.
                (highest + 1..=now).any(|minute| line.names(minute))
            } else {
                line.names(now)
            };
            highest = highest.max(now);
            if is_due {
                due.push(index);
            }
            index += 1;
        }
        due
    }
}

struct Line {
    fixed: bool,
    /// Minutes of a day.
    times: Vec<bool>,
    first_day: i64,
    /// Days since 1970, from a day before the first.
    days: Vec<bool>,
}

impl Line {
    fn read(line: &str, years: (i16, i16)) -> Self {
        let fields: Vec<_> = line.split(' ').collect();
        let [minute, hour, day, month, weekday] = fields[..] else { unreachable!("five fields") };
        let (days, months, weekdays) = (set(day, 1, 31), set(month, 1, 12), set(weekday, 0, 6));
        let day_of =
            |date: Date| i64::from(civil::date(1970, 1, 1).until((Unit::Day, date)).unwrap().get_days());
        let first = civil::date(years.0 - 1, 12, 31);
        let all = first.series(jiff::ToSpan::day(1)).take_while(|date| *date <= civil::date(years.1, 1, 2));
        let number = |value: i8| usize::try_from(value).unwrap();
        let named = all.map(|date| {
            let of_month = days[number(date.day())];
            let of_week = weekdays[number(date.weekday().to_sunday_zero_offset())];
            let either = if day == "*" || weekday == "*" { of_month && of_week } else { of_month || of_week };
            months[number(date.month())] && either
        });
        Self {
            fixed: !minute.contains('*') && !hour.contains('*'),
            times: set(hour, 0, 23)
                .iter()
                .flat_map(|hour| set(minute, 0, 59).into_iter().map(move |minute| *hour && minute))
                .collect(),
            first_day: day_of(first),
            days: named.collect(),
        }
    }

    fn names(&self, shown: i64) -> bool {
        self.times[usize::try_from(shown.rem_euclid(DAY)).unwrap()] && self.names_day(shown)
    }

    fn names_day(&self, shown: i64) -> bool {
        self.days[usize::try_from(shown.div_euclid(DAY) - self.first_day).unwrap()]
    }
}

fn set(field: &str, least: usize, most: usize) -> Vec<bool> {
    let mut set = vec![false; most + 1];
    for part in field.split(',') {
        let (range, step) = part.split_once('/').unwrap_or((part, "1"));
        let (from, to) = match range.split_once('-') {
            Some((from, to)) => (from.parse().unwrap(), to.parse().unwrap()),
            None if range == "*" => (least, most),
            None => (range.parse().unwrap(), range.parse().unwrap()),
        };
        for value in (from..=to).step_by(step.parse().unwrap()) {
            set[value] = true;
        }
    }
    set
}
