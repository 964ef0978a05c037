//! Which days, as a phrase after the time or as a condition.

use croner::CronPattern;

use super::lists::{either, joined, ordinal, runs, weekday, weekdays};

#[derive(PartialEq)]
pub(super) enum Days {
    Every,
    OfMonth(Vec<u16>),
    OfWeek(Vec<u16>),
    /// A day of the month or a day of the week.
    Either(Vec<u16>, Vec<u16>),
    /// A day of the month that is a day of the week.
    Both(Vec<u16>, Vec<u16>),
    /// One day a month, by its name: "the last day", "the second Friday".
    Named(String),
    /// A condition only.
    Odd(String),
}

impl Days {
    pub(super) fn read(text: &str, pattern: &CronPattern) -> Self {
        if pattern.days.has_modifiers() || pattern.days_of_week.has_modifiers() {
            return with_modifiers(text, pattern);
        }
        let (days, weekdays) = (pattern.days.values(), pattern.days_of_week.values());
        let (all_days, all_weekdays) = (days.len() == 31, weekdays.len() == 7);
        match (pattern.is_dom_wildcard(), pattern.is_dow_wildcard(), pattern.matches_dom_and_dow()) {
            (true, true, _) => Self::Every,
            (true, false, _) if all_weekdays => Self::Every,
            (true, false, _) => Self::OfWeek(weekdays),
            (false, true, _) if all_days => Self::Every,
            (false, true, _) => Self::OfMonth(days),
            (false, false, false) if all_days || all_weekdays => Self::Every,
            (false, false, false) => Self::Either(days, weekdays),
            (false, false, true) if all_days && all_weekdays => Self::Every,
            (false, false, true) if all_days => Self::OfWeek(weekdays),
            (false, false, true) if all_weekdays => Self::OfMonth(days),
            (false, false, true) => Self::Both(days, weekdays),
        }
    }

    /// What follows the time; none where there is no phrase for it.
    pub(super) fn phrase(&self, months: Option<&str>) -> Option<String> {
        let of = format!("of {}", months.unwrap_or("each month"));
        let within = months.map(|months| format!(" in {months}")).unwrap_or_default();
        Some(match self {
            Self::Every => within,
            Self::OfMonth(days) => format!(" on {} {of}", ordinals(days, "and")),
            Self::OfWeek(days) => format!(" on {}{within}", weekdays(days, "and")),
            Self::Either(days, week) => {
                format!(" on {} {of} and on every {}{within}", ordinals(days, "and"), weekdays(week, "and"))
            }
            Self::Both(days, week) => {
                format!(" on {} {of} if it is {}", ordinals(days, "and"), weekdays(week, "or"))
            }
            Self::Named(day) => format!(" on {day} {of}"),
            Self::Odd(_) => return None,
        })
    }

    /// What must be true of a day; none where all will do.
    pub(super) fn condition(&self) -> Option<String> {
        let of_month = |days: &[u16]| format!("the day of the month is {}", either(days));
        let of_week = |days: &[u16]| format!("the day is {}", weekdays(days, "or"));
        Some(match self {
            Self::Every => return None,
            Self::OfMonth(days) => of_month(days),
            Self::OfWeek(days) => of_week(days),
            Self::Either(days, week) => format!("either {} or {}", of_month(days), of_week(week)),
            Self::Both(days, week) => format!("both {} and {}", of_month(days), of_week(week)),
            Self::Named(day) => format!("the day is {day} of the month"),
            Self::Odd(condition) => condition.clone(),
        })
    }
}

fn ordinals(days: &[u16], last: &str) -> String {
    joined(&runs(days, |day| format!("the {}", ordinal(day))), last)
}

/// `L`, `W` and `#` are read from the line itself: what one of them alone means has a name, the rest is quoted.
fn with_modifiers(text: &str, pattern: &CronPattern) -> Days {
    let field = |index| text.split_whitespace().nth(index).unwrap_or_default().to_ascii_uppercase();
    let (day, week) = (field(2), field(4));
    let (any_day, any_weekday) = (pattern.is_dom_wildcard(), pattern.is_dow_wildcard());
    let named = match (any_day, any_weekday) {
        (false, true) => named_day(&day),
        (true, false) => named_weekday(&week, pattern),
        _ => None,
    };
    if let Some(named) = named {
        return Days::Named(named);
    }
    let of_month = format!("the day of the month is {day}");
    let of_week = format!("the day of the week is {}", week.trim_start_matches('+'));
    Days::Odd(match (any_day, any_weekday) {
        (_, true) => of_month,
        (true, false) => of_week,
        (false, false) if pattern.matches_dom_and_dow() => format!("both {of_month} and {of_week}"),
        (false, false) => format!("either {of_month} or {of_week}"),
    })
}

fn named_day(field: &str) -> Option<String> {
    match field {
        "L" => Some("the last day".to_owned()),
        "LW" => Some("the last working day".to_owned()),
        _ => None,
    }
}

/// `5L`, `FRI#L`: the last of its kind; `FRI#2`: the second.
fn named_weekday(field: &str, pattern: &CronPattern) -> Option<String> {
    const NTH: [(&str, &str, u8); 6] = [
        ("#1", "first", 1 << 1),
        ("#2", "second", 1 << 2),
        ("#3", "third", 1 << 3),
        ("#4", "fourth", 1 << 4),
        ("#5", "fifth", 1 << 5),
        ("L", "last", 1 << 6),
    ];
    let (_, name, bit) = NTH.iter().find(|(sign, ..)| field.ends_with(sign))?;
    if field.contains([',', '-', '/']) {
        return None;
    }
    match pattern.days_of_week.get_set_values(*bit).as_slice() {
        [day] => Some(format!("the {name} {}", weekday(*day))),
        _ => None,
    }
}
