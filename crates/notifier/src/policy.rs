//! What is told to whom: pure. A destination for people is told of a problem once, of another kind of problem, at most
//! once a day that it still is one, and once that it is over; of what went well, and signs of life, every time.
//!
//! A job has three things that can be a problem, each for itself: its backup, its post hook's debt, and that it does
//! not start. Of one run a destination gets one message: the gravest, with the rest as lines.

mod track;

use jiff::{SignedDuration, Timestamp};

use crate::{Destination, Fault, Job, Message, Occasion, Standing, Story, story::kind_of, words};
use hook_core::RunStatus;
pub(crate) use track::{Now, Point, Say, follow};

/// A problem that lasts is told again after this: a day, less an hour, so that a daily job reminds daily though its
/// runs do not end at the same minute.
pub(crate) const DAILY: SignedDuration = SignedDuration::from_hours(23);

/// What a destination knows of a job.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Known {
    /// How its runs ended.
    pub(crate) backup: Option<Standing>,
    /// Whether its service may be paused.
    pub(crate) debt: Option<Standing>,
    /// Whether it starts.
    pub(crate) start: Option<Standing>,
}

/// What follows for a destination.
#[derive(Clone, PartialEq, Debug, Default)]
pub(crate) struct Ruling {
    pub(crate) message: Option<Message>,
    /// What has changed; the rest is as it was.
    pub(crate) known: Known,
}

/// A run has ended, at this point of its history.
pub(crate) fn ended(destination: &Destination, known: &Known, story: &Story, at: Point) -> Ruling {
    let backup = follow(known.backup.as_ref(), backup_now(destination, story), &at);
    let debt = follow(known.debt.as_ref(), debt_now(destination, story), &at);
    let start = follow(known.start.as_ref(), start_now(known, story), &at.unplaced());
    let message = message(destination, known, story, &at, [&backup, &debt, &start]);
    Ruling { message, known: Known { backup: backup.1, debt: debt.1, start: start.1 } }
}

/// After a run had ended, its debt was paid or cleared. Of a run that is not the last one that the destination knows
/// of, it says nothing.
pub(crate) fn settled(known: &Known, story: &Story, at: Point) -> Ruling {
    let end = story.end.map(|(_, position)| position.get());
    let is_last = |known: &Option<Standing>| known.as_ref().is_none_or(|known| Some(known.position) <= end);
    let debt = if is_last(&known.debt) { Now::Well } else { Now::Unknown };
    let was_all = story.faults.is_empty() && story.has_saved();
    let backup = if was_all && is_last(&known.backup) { Now::Well } else { Now::Unknown };
    let (backup, debt) = (follow(known.backup.as_ref(), backup, &at), follow(known.debt.as_ref(), debt, &at));
    let over = known.backup.as_ref().filter(|_| backup.0 == Say::Over);
    let is_news = over.is_some() || debt.0 == Say::Over;
    let message = is_news.then(|| words::recovered(story, over, true, at.time));
    Ruling { message, known: Known { backup: backup.1, debt: debt.1, start: None } }
}

/// Every occasion that a destination wants, of those that hold; the gravest.
pub(crate) fn gravest(destination: &Destination, story: &Story) -> Option<Occasion> {
    story.occasions().into_iter().rfind(|occasion| destination.on.contains(occasion))
}

/// A run was due and did not start.
pub(crate) fn never_started(job: &Job, known: Option<&Standing>, due: Timestamp, now: Timestamp) -> Ruling {
    let problem = Now::Problem(Occasion::NeverStarted, String::new());
    let (say, standing) = follow(known, problem, &Point::due(due, now));
    let told = standing.as_ref().filter(|_| say != Say::Nothing);
    let message = told.map(|standing| words::never_started(job, due, standing, now));
    Ruling { message, known: Known { start: standing, ..Known::default() } }
}

/// A run was not started in time, and is made up for. It is told at most once a day, and is no problem that lasts.
pub(crate) fn missed(
    job: &Job,
    known: Option<&Standing>,
    due: Timestamp,
    now: Timestamp,
) -> (Option<Message>, Option<Standing>) {
    let problem = Now::Problem(Occasion::Missed, String::new());
    let (say, standing) = follow(known, problem, &Point::due(due, now));
    let unsaid = known.map_or(0, |known| known.unsaid);
    ((say != Say::Nothing).then(|| words::missed(job, due, unsaid, now)), standing)
}

/// A problem that lasts, and that no run has shown for a day.
pub(crate) fn remind(job: &Job, known: &Standing, now: Timestamp) -> Option<(Message, Standing)> {
    let is_time = now.duration_since(known.told_at) >= DAILY;
    let message = words::reminder_without_run(job, known, now).filter(|_| is_time)?;
    Some((message, track::told(known.clone(), now)))
}

fn backup_now(destination: &Destination, story: &Story) -> Now {
    let elsewhere =
        |fault: &&Fault| matches!(fault, Fault::Post(_)) && destination.on.contains(&Occasion::PostHookOwed);
    let faults: Vec<&Fault> = story.faults.iter().filter(|fault| !elsewhere(fault)).collect();
    let holds = |occasion: Occasion| match occasion {
        Occasion::Warning => story.facts.status == Some(RunStatus::Warning) && !faults.is_empty(),
        Occasion::Error => story.facts.status == Some(RunStatus::Error),
        Occasion::Interrupted => story.facts.interrupted,
        _ => false,
    };
    let gravest = destination.on.iter().rev().copied().find(|occasion| holds(*occasion));
    match gravest {
        Some(occasion) => Now::Problem(occasion, kind_of(faults)),
        None if !story.has_saved() => Now::Unknown,
        None if holds(Occasion::Warning) => Now::WellBut(Occasion::Warning),
        None => Now::Well,
    }
}

fn debt_now(destination: &Destination, story: &Story) -> Now {
    let post = story.faults.iter().filter(|fault| matches!(fault, Fault::Post(_)));
    match story.debt {
        _ if !story.is_owed() && story.debt == crate::Debt::None => Now::Unknown,
        _ if !story.is_owed() => Now::Well,
        _ if destination.on.contains(&Occasion::PostHookOwed) => {
            Now::Problem(Occasion::PostHookOwed, kind_of(post))
        }
        _ => Now::Unknown,
    }
}

/// A run that was queued after it was due shows that the job starts, however it ended.
fn start_now(known: &Known, story: &Story) -> Now {
    let due = known.start.as_ref().map(|known| known.position);
    let queued = u64::try_from(story.queued_at.as_second()).ok();
    if due.is_some_and(|due| queued >= Some(due)) { Now::Well } else { Now::Unknown }
}

type Followed = (Say, Option<Standing>);

fn message(
    destination: &Destination,
    known: &Known,
    story: &Story,
    at: &Point,
    [backup, debt, start]: [&Followed; 3],
) -> Option<Message> {
    let over = [(&known.backup, backup), (&known.start, start)];
    let works = over.into_iter().find_map(|(known, (say, _))| known.as_ref().filter(|_| *say == Say::Over));
    let runs = debt.0 == Say::Over;
    for ((say, now), before) in [(debt, &known.debt), (backup, &known.backup)] {
        let Some(now) = now else { continue };
        let Some(occasion) = now.problem else { continue };
        let message = match (say, before) {
            (Say::News, _) => words::occasion(story, occasion, Some(now), at.time),
            (Say::Again, Some(before)) => words::reminder(story, occasion, before, now, at.time),
            _ => continue,
        };
        return Some(words::beside(message, story, works, runs));
    }
    if works.is_some() || runs {
        return Some(words::recovered(story, works, runs, at.time));
    }
    let every_time = match story.facts.status? {
        RunStatus::Success => Occasion::Success,
        RunStatus::Cancelled => Occasion::Cancelled,
        RunStatus::Warning | RunStatus::Error => return None,
    };
    destination.on.contains(&every_time).then(|| words::occasion(story, every_time, None, at.time))
}
