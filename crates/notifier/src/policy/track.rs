//! The quiet rule, for one thing that can be a problem.

use event_bus::{Position, Recorded};
use hook_core::{JobId, RunEvent};
use jiff::Timestamp;

use super::DAILY;
use crate::{Occasion, Standing};

/// How it is now.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Now {
    /// A problem, of a kind.
    Problem(Occasion, String),
    /// It is well.
    Well,
    /// It is well, but for this, which the destination does not want to be told of: so only something graver is over.
    WellBut(Occasion),
    /// This run does not show it.
    Unknown,
}

/// What is to be told.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Say {
    Nothing,
    /// A problem, or another one.
    News,
    /// The same as a day ago.
    Again,
    /// There is none any more.
    Over,
}

/// When, and where in the history.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Point {
    pub(crate) time: Timestamp,
    position: Option<u64>,
    run: Option<JobId>,
}

impl Point {
    /// Of an event.
    pub(crate) fn of(event: &Recorded<RunEvent>) -> Self {
        Self { time: event.at, position: Some(event.position.get()), run: Some(event.event.job.clone()) }
    }

    /// Of what was due and has no event.
    pub(crate) fn due(due: Timestamp, now: Timestamp) -> Self {
        let position = u64::try_from(due.as_second()).unwrap_or_default();
        Self { time: now, position: Some(position), run: None }
    }

    /// The same beside a history of another kind.
    pub(super) fn unplaced(&self) -> Self {
        Self { position: None, ..self.clone() }
    }
}

/// What is to be told, and what is known then; nothing where that stays as it is.
pub(crate) fn follow(before: Option<&Standing>, now: Now, at: &Point) -> (Say, Option<Standing>) {
    let seen = before.zip(at.position).is_some_and(|(before, position)| before.position >= position);
    if seen {
        return (Say::Nothing, None);
    }
    let standing = before.filter(|before| before.problem.is_some());
    match (now, standing) {
        (Now::Problem(occasion, kind), None) => (Say::News, Some(told(first(occasion, kind, at), at.time))),
        (Now::Problem(occasion, kind), Some(before)) => {
            let (say, after) = still(before.clone(), occasion, kind, at);
            (say, Some(after))
        }
        (Now::Well, Some(before)) => (Say::Over, Some(well(before, at))),
        (Now::WellBut(lighter), Some(before)) if before.problem > Some(lighter) => {
            (Say::Over, Some(well(before, at)))
        }
        (Now::Well | Now::WellBut(_) | Now::Unknown, _) => (Say::Nothing, None),
    }
}

/// It was told at this time.
pub(super) fn told(mut standing: Standing, time: Timestamp) -> Standing {
    standing.told.retain(|_, told| time.duration_since(*told) < DAILY);
    standing.told.insert(key(&standing), time);
    Standing { told_at: time, unsaid: 0, ..standing }
}

fn key(standing: &Standing) -> String {
    let occasion = standing.problem.map_or("", Occasion::as_str);
    format!("{occasion} {}", standing.kind)
}

fn first(occasion: Occasion, kind: String, at: &Point) -> Standing {
    Standing {
        problem: Some(occasion),
        kind,
        since: at.time,
        told_at: at.time,
        unsaid: 0,
        failures: 1,
        run: at.run.clone(),
        told: [].into(),
        position: at.position.unwrap_or(Position::START.get()),
    }
}

fn still(before: Standing, occasion: Occasion, kind: String, at: &Point) -> (Say, Standing) {
    let is_same = before.problem == Some(occasion) && before.kind == kind;
    let after = Standing {
        problem: Some(occasion),
        kind,
        failures: before.failures.saturating_add(1),
        run: at.run.clone(),
        position: at.position.unwrap_or(before.position),
        ..before
    };
    let lately = after.told.get(&key(&after)).is_some_and(|told| at.time.duration_since(*told) < DAILY);
    match (lately, is_same) {
        (true, _) => (Say::Nothing, Standing { unsaid: after.unsaid.saturating_add(1), ..after }),
        (false, true) => (Say::Again, told(after, at.time)),
        (false, false) => (Say::News, told(after, at.time)),
    }
}

fn well(before: &Standing, at: &Point) -> Standing {
    Standing {
        problem: None,
        kind: String::new(),
        since: at.time,
        unsaid: 0,
        failures: 0,
        run: at.run.clone(),
        told: [].into(),
        position: at.position.unwrap_or(before.position),
        ..before.clone()
    }
}
