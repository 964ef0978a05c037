//! Lists of numbers, days and months as a person says them.

/// "a", "a and b", "a, b and c".
pub(super) fn joined<T: AsRef<str>>(items: &[T], last: &str) -> String {
    match items {
        [] => String::new(),
        [one] => one.as_ref().to_owned(),
        [first @ .., end] => {
            let first: Vec<_> = first.iter().map(AsRef::as_ref).collect();
            format!("{} {last} {}", first.join(", "), end.as_ref())
        }
    }
}

/// "1, 5 to 9 or 30".
pub(super) fn either(values: &[u16]) -> String {
    joined(&runs(values, |value| value.to_string()), "or")
}

/// Neighbours in a row, three at least, become "first to last".
pub(super) fn runs(values: &[u16], name: impl Fn(u16) -> String) -> Vec<String> {
    let rows = values.chunk_by(|left, right| left + 1 == *right);
    rows.flat_map(|row| match row {
        [first, _, .., last] => vec![format!("{} to {}", name(*first), name(*last))],
        few => few.iter().map(|value| name(*value)).collect(),
    })
    .collect()
}

/// The months by name; none where all are meant.
pub(super) fn months(values: &[u16]) -> Option<String> {
    (values.len() < 12).then(|| joined(&runs(values, |month| named(&MONTHS, month - 1)), "and"))
}

/// The days of the week by name, Monday first. 0 is Sunday.
pub(super) fn weekdays(values: &[u16], last: &str) -> String {
    let mut from_monday: Vec<_> = values.iter().map(|day| if *day == 0 { 7 } else { *day }).collect();
    from_monday.sort_unstable();
    joined(&runs(&from_monday, weekday), last)
}

/// 0 and 7 are Sunday.
pub(super) fn weekday(day: u16) -> String {
    named(&WEEKDAYS, day % 7)
}

fn named(names: &[&str], index: u16) -> String {
    names.get(usize::from(index)).copied().unwrap_or_default().to_owned()
}

/// "1st", "22nd", "13th".
pub(super) fn ordinal(day: u16) -> String {
    let ending = match (day % 10, day % 100) {
        (_, 11..=13) => "th",
        (1, _) => "st",
        (2, _) => "nd",
        (3, _) => "rd",
        _ => "th",
    };
    format!("{day}{ending}")
}

const WEEKDAYS: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
