//! Messages. The first line says what happened to what, and what to do; the same for the same history.

mod form;
mod lines;
mod title;

use std::fmt::Write;

use hook_core::RunStatus;
use jiff::Timestamp;

use crate::{
    Debt, Job, Message, Occasion, Ping, Severity, Standing, Story, Topic,
    words::form::{count, utc},
};

pub(crate) use form::one_line;

/// A run has begun: for pings alone.
pub(crate) fn started(story: &Story) -> Message {
    let title = format!("Backup of {} started", title::name(&story.facts.job_name));
    let message = about(story, Topic::Started, title, story.queued_at);
    Message { ping: Some(Ping::Start), ..message }
}

/// How a run ended, for a service that wants signs of life.
pub(crate) fn ping(story: &Story, occasion: Occasion, time: Timestamp) -> Message {
    let well = story.has_saved() && !story.is_owed();
    let title = match story.debt {
        Debt::Paid | Debt::Cleared(_) if story.ended_owing => title::debt_is_over(story),
        _ => title::of_run(story, occasion),
    };
    let message = about(story, Topic::Occasion(occasion), title, time);
    Message { ping: Some(if well { Ping::Success } else { Ping::Failure }), ..message }
}

/// What happened in a run; `known` is what the destination knows now of a problem.
pub(crate) fn occasion(
    story: &Story,
    occasion: Occasion,
    known: Option<&Standing>,
    time: Timestamp,
) -> Message {
    let message = about(story, Topic::Occasion(occasion), title::of_run(story, occasion), time);
    let beside = title::beside_debt(story).filter(|_| occasion == Occasion::PostHookOwed);
    let problem = known.and_then(lines::of_problem);
    with_lines(message, [beside.into_iter().collect(), lines::of_run(story), problem.into_iter().collect()])
}

/// A problem that was told still is one, as a run shows. `before` is what the destination knew.
pub(crate) fn reminder(
    story: &Story,
    occasion: Occasion,
    before: &Standing,
    known: &Standing,
    time: Timestamp,
) -> Message {
    let title = format!("Still: {}", title::of_run(story, occasion));
    let message = about(story, Topic::Reminder(occasion), title, time);
    let unsaid = lines::of_unsaid(before);
    with_lines(message, [lines::of_run(story), lines::of_problem(known).into_iter().chain(unsaid).collect()])
}

/// What is over: the problem of the backup, that of the post hook, or both.
pub(crate) fn recovered(story: &Story, backup: Option<&Standing>, debt: bool, time: Timestamp) -> Message {
    let works = backup.map(|before| title::works_again(story, before));
    let runs = debt.then(|| title::debt_is_over(story));
    let mut titles = runs.into_iter().chain(works);
    let title = titles.next().unwrap_or_default();
    let mut message = about(story, Topic::Recovered, title, time);
    message.severity = match story.facts.status {
        Some(RunStatus::Success) => Severity::Good,
        _ if backup.is_none() => Severity::Good,
        _ => Severity::Notice,
    };
    with_lines(message, [titles.collect(), lines::of_run(story)])
}

/// A line that is told beside something graver.
pub(crate) fn beside(mut message: Message, story: &Story, backup: Option<&Standing>, debt: bool) -> Message {
    let works = backup.map(|before| title::works_again(story, before));
    message.lines.splice(0..0, debt.then(|| title::debt_is_over(story)).into_iter().chain(works));
    message
}

/// A problem that was told still is one, and no run was there to show it.
pub(crate) fn reminder_without_run(job: &Job, known: &Standing, now: Timestamp) -> Option<Message> {
    let occasion = known.problem?;
    let name = title::name(&job.name);
    let since = utc(known.since);
    let end = known.run.as_ref().map(title::end);
    let mut title = match occasion {
        Occasion::PostHookOwed => format!("Still: {name} may be paused since {since}"),
        Occasion::NeverStarted => format!("Still: backup of {name} has not started since {since}"),
        Occasion::Warning => format!("Still: backup of {name} has ended with a warning since {since}"),
        _ => format!("Still: backup of {name} has failed since {since}"),
    };
    match (occasion, end) {
        (Occasion::PostHookOwed, Some(end)) => {
            let _ = write!(title, ". Start it, then: zb recover --clear {end}");
        }
        (_, Some(end)) => {
            let _ = write!(title, ". Look: zb show {end}");
        }
        (_, None) => {}
    }
    let message = without_run(Topic::Reminder(occasion), severity(occasion), title, now);
    Some(with_lines(message, [lines::of_problem(known).into_iter().chain(lines::of_unsaid(known)).collect()]))
}

/// A run was not started in time, and was made up for.
pub(crate) fn missed(job: &Job, due: Timestamp, unsaid: u32, now: Timestamp) -> Message {
    let title =
        format!("Backup of {} was missed at {}, and is made up for now", title::name(&job.name), utc(due));
    let message = without_run(Topic::Occasion(Occasion::Missed), severity(Occasion::Missed), title, now);
    let more =
        (unsaid > 0).then(|| format!("Missed before, and not told: {}", count(unsaid, "time", "times")));
    with_lines(message, [more.into_iter().collect()])
}

/// A run was due and did not start.
pub(crate) fn never_started(job: &Job, due: Timestamp, known: &Standing, now: Timestamp) -> Message {
    let name = title::name(&job.name);
    let title = format!("Backup of {name} was due at {} and has not started. Look: zb runs", utc(due));
    let topic = Topic::Occasion(Occasion::NeverStarted);
    let message = without_run(topic, severity(Occasion::NeverStarted), title, now);
    with_lines(message, [lines::of_problem(known).into_iter().collect()])
}

/// A message by which a person sees whether messages arrive. `host` is the name of the machine.
#[must_use]
pub fn test_message(now: Timestamp, host: &str) -> Message {
    let title = format!("Test from zb on {}: messages arrive here", one_line(host, 64));
    let line = "Nothing has happened, and nothing is to be done.".to_owned();
    with_lines(without_run(Topic::Test, Severity::Good, title, now), [vec![line]])
}

pub(crate) fn severity(occasion: Occasion) -> Severity {
    match occasion {
        Occasion::Success => Severity::Good,
        Occasion::Cancelled | Occasion::Missed | Occasion::Warning => Severity::Notice,
        Occasion::NeverStarted | Occasion::Error | Occasion::Interrupted | Occasion::PostHookOwed => {
            Severity::Bad
        }
    }
}

fn about(story: &Story, topic: Topic, title: String, time: Timestamp) -> Message {
    let severity = match topic {
        Topic::Occasion(occasion) | Topic::Reminder(occasion) => severity(occasion),
        Topic::Started | Topic::Recovered | Topic::Test => Severity::Good,
    };
    Message { run: Some(story.facts.clone()), ..without_run(topic, severity, title, time) }
}

fn without_run(topic: Topic, severity: Severity, title: String, time: Timestamp) -> Message {
    Message { topic, severity, title, lines: Vec::new(), run: None, time, ping: None }
}

fn with_lines<const N: usize>(message: Message, parts: [Vec<String>; N]) -> Message {
    Message { lines: parts.into_iter().flatten().collect(), ..message }
}
