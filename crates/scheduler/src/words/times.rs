//! Minutes and hours as one phrase.

use super::lists::joined;

pub(super) enum Times {
    /// "02:00 and 14:00".
    At(String),
    /// "Every 15 minutes".
    Rhythm(String),
}

/// More times a day than that are no list to read.
const MOST_TIMES: usize = 12;

impl Times {
    /// None where the two fields make no phrase.
    pub(super) fn read(minutes: &[u16], hours: &[u16]) -> Option<Self> {
        let (Some(first), Some(last)) = (minutes.first(), minutes.last()) else { return None };
        let day_long = hours.len() == 24;
        if let Some(every) = every_minutes(minutes) {
            let within = if day_long {
                String::new()
            } else {
                let (from, to) = row(hours)?;
                format!(" from {} to {}", clock(from, *first), clock(to, *last))
            };
            return Some(Self::Rhythm(format!("{every}{within}")));
        }
        if minutes.len() * hours.len() <= MOST_TIMES && !is_row(hours) && !is_step(hours) {
            let times = hours.iter().flat_map(|hour| minutes.iter().map(|minute| clock(*hour, *minute)));
            return Some(Self::At(joined(&times.collect::<Vec<_>>(), "and")));
        }
        let [minute] = minutes else { return None };
        let rhythm = match (day_long, step(hours, 24), row(hours)) {
            (true, ..) if *minute == 0 => "Every hour".to_owned(),
            (true, ..) if *minute == 1 => "Every hour at 1 minute past".to_owned(),
            (true, ..) => format!("Every hour at {minute} minutes past"),
            (_, Some(hours), _) => format!("Every {hours} hours from {}", clock(0, *minute)),
            (.., Some((from, to))) => {
                format!("Every hour from {} to {}", clock(from, *minute), clock(to, *minute))
            }
            _ => return None,
        };
        Some(Self::Rhythm(rhythm))
    }
}

fn every_minutes(minutes: &[u16]) -> Option<String> {
    match step(minutes, 60)? {
        1 => Some("Every minute".to_owned()),
        step => Some(format!("Every {step} minutes")),
    }
}

/// Every how many, from 0 on through the whole of `size`, without a shorter pause at the end.
fn step(values: &[u16], size: u16) -> Option<u16> {
    let step = match values {
        [0, second, ..] => *second,
        _ => return None,
    };
    let all = (0..size).step_by(usize::from(step.max(1)));
    (size.is_multiple_of(step) && all.eq(values.iter().copied())).then_some(step)
}

/// First and last, if all between are there too.
fn row(values: &[u16]) -> Option<(u16, u16)> {
    let whole = values.windows(2).all(|pair| pair[0] + 1 == pair[1]);
    Some((*values.first()?, *values.last()?)).filter(|_| whole)
}

fn is_row(hours: &[u16]) -> bool {
    hours.len() > 2 && row(hours).is_some()
}

fn is_step(hours: &[u16]) -> bool {
    hours.len() > 4 && step(hours, 24).is_some()
}

fn clock(hour: u16, minute: u16) -> String {
    format!("{hour:02}:{minute:02}")
}
