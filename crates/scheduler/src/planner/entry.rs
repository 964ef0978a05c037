//! One job: its mark, what it waits for, and what a look at it comes to.

use hook_core::{JobId, event::Trigger};
use jiff::Timestamp;

use super::Change;
use crate::{BoxError, Call, Job, Mark, Owed, Retry, Start, retry::Ended};

/// A service has many: what few have is elsewhere.
pub(super) struct Entry {
    /// Without its last run.
    job: Job,
    done: Done,
    /// Whether the mark is not on the disk yet.
    unkept: bool,
    /// None: it has to be looked at.
    next: Option<Timestamp>,
    retry: Option<Box<Retry>>,
    doubt: Doubt,
    /// A start that could not be queued, and when to try it again.
    again: Option<Box<(Start, Timestamp)>>,
}

/// What a mark says beside the timing, which is the job's.
#[derive(Clone, PartialEq)]
pub(super) struct Done {
    pub(super) handled: Timestamp,
    owed: Option<Owed>,
}

/// What is known of the run that `done.owed` names.
#[derive(Clone, Copy, PartialEq)]
enum Doubt {
    None,
    /// The last process may have died before it began.
    Begun,
    /// It died.
    Owed,
}

impl Entry {
    pub(super) fn new(job: Job, mark: Option<Mark>, now: Timestamp) -> Self {
        let known = mark.as_ref().is_some_and(|mark| mark.timing == text(&job));
        let done = match mark {
            Some(mark) if known => Done { handled: mark.handled, owed: mark.owed },
            // What was due before an edit, or before the job was there, is not made up for.
            mark => Done { handled: mark.map_or(now, |mark| mark.handled.max(now)), owed: None },
        };
        let last = job.last.as_ref().filter(|_| job.enabled);
        let retry = last.and_then(|ended| job.retries.after(ended)).map(Box::new);
        let doubt = if done.owed.is_some() { Doubt::Begun } else { Doubt::None };
        let job = Job { last: None, ..job };
        Self { job, done, unkept: !known, next: None, retry, doubt, again: None }
    }

    pub(super) fn edited(mut self, job: Job, now: Timestamp) -> Self {
        if text(&self.job) != text(&job) {
            self.done.handled = self.done.handled.max(now);
            self.unkept = true;
        }
        if !job.enabled {
            (self.retry, self.again, self.done.owed) = (None, None, None);
        }
        Self { job: Job { last: None, ..job }, next: None, ..self }
    }

    pub(super) fn in_doubt(&self) -> Option<&JobId> {
        self.done.owed.as_ref().filter(|_| self.doubt == Doubt::Begun).map(|owed| &owed.run)
    }

    pub(super) fn resolve(&mut self, begun: bool) {
        if begun {
            self.done.owed = None;
            self.unkept = true;
        }
        self.doubt = if begun { Doubt::None } else { Doubt::Owed };
    }

    pub(super) fn wants_a_look(&self, now: Timestamp) -> bool {
        let come = |time: Timestamp| time <= now;
        self.next.is_none_or(come)
            || self.doubt == Doubt::Owed
            || self.retry.as_ref().is_some_and(|retry| come(retry.at))
            || self.again.as_ref().is_some_and(|again| come(again.1))
    }

    /// When it wants a look next. What wanted one at the last look and still does could not be had: it has to wait
    /// for the next that comes anyway.
    pub(super) fn wakes_after(&self, last: Timestamp) -> Option<Timestamp> {
        let retry = self.retry.as_ref().map(|retry| retry.at);
        let again = self.again.as_ref().map(|again| again.1);
        [self.next, retry, again].into_iter().flatten().filter(|time| *time > last).min()
    }

    /// `busy`: it waits or runs. A due time that comes meanwhile is handled by that run.
    pub(super) fn look(
        &self,
        looked: Timestamp,
        now: Timestamp,
        busy: bool,
        fresh_id: &dyn Fn() -> Result<JobId, BoxError>,
    ) -> Result<Change, BoxError> {
        let handled = self.done.handled;
        let look = self.job.timing().map(|timing| timing.look(handled, looked, now));
        let mut done =
            Done { handled: look.map_or(handled, |look| look.handled), owed: self.done.owed.clone() };
        let due = look.and_then(|look| look.due).and_then(|due| Some((due.at, due.call.trigger()?)));
        let start = match due.or_else(|| self.made_up()) {
            _ if busy => None,
            // A start that is to be tried again stands for all that comes until it is queued.
            _ if self.again.is_some() => self.tried_again(now),
            Some((due, trigger)) => {
                let start = self.start(fresh_id()?, trigger, due);
                done.owed = Some(Owed { due, run: start.run.clone() });
                Some(start)
            }
            None => self.retried(now, fresh_id)?,
        };
        if start.is_none() && self.doubt == Doubt::Owed {
            done.owed = None;
        }
        let next = look.map_or(Some(Timestamp::MAX), |look| look.next);
        Ok(Change { job: self.job.id.clone(), done, next, start })
    }

    /// What the last process owed, unless nobody wants it so late.
    fn made_up(&self) -> Option<(Timestamp, Trigger)> {
        let owed = self.done.owed.as_ref().filter(|_| self.doubt == Doubt::Owed)?;
        let call = match self.job.timing()?.missed {
            crate::Missed::RunOnce => Call::Late,
            crate::Missed::Skip => Call::Skipped,
        };
        Some((owed.due, call.trigger()?))
    }

    fn tried_again(&self, now: Timestamp) -> Option<Start> {
        self.again.as_ref().filter(|again| again.1 <= now).map(|again| again.0.clone())
    }

    fn retried(
        &self,
        now: Timestamp,
        fresh_id: &dyn Fn() -> Result<JobId, BoxError>,
    ) -> Result<Option<Start>, BoxError> {
        let Some(retry) = self.retry.as_ref().filter(|retry| retry.at <= now) else { return Ok(None) };
        let start = self.start(fresh_id()?, Trigger::Retry, retry.at);
        Ok(Some(Start { attempt: retry.attempt, retry_of: Some(retry.of.clone()), ..start }))
    }

    fn start(&self, run: JobId, trigger: Trigger, due: Timestamp) -> Start {
        Start { run, job: self.job.id.clone(), trigger, by: None, attempt: 1, retry_of: None, due }
    }

    pub(super) fn apply(&mut self, change: Change) -> Option<Start> {
        self.done = change.done;
        self.next = change.next;
        if self.doubt == Doubt::Owed {
            self.doubt = Doubt::None;
        }
        change.start
    }

    pub(super) fn queued(&mut self, start: &Start) {
        // Whatever it is, it is the job's next run: a retry that waits has met it, and so has one that was owed.
        self.retry = None;
        self.again = None;
        if self.done.owed.as_ref().is_some_and(|owed| owed.run != start.run) {
            self.done.owed = None;
            self.unkept = true;
        }
    }

    pub(super) fn not_queued(&mut self, start: Start, again: Option<Timestamp>) {
        match again {
            Some(at) => self.again = Some(Box::new((start, at))),
            None => {
                self.again = None;
                self.retry = None;
                self.settle(&start.run);
            }
        }
    }

    /// Nothing of the run is to be made up for.
    fn settle(&mut self, run: &JobId) {
        if self.done.owed.as_ref().is_some_and(|owed| owed.run == *run) {
            self.done.owed = None;
            self.unkept = true;
        }
    }

    /// Not before: a run that was let in may die before anything is recorded of it.
    pub(super) fn ended(&mut self, ended: &Ended) {
        self.settle(&ended.run);
        self.retry = self.job.retries.after(ended).filter(|_| self.job.enabled).map(Box::new);
    }

    pub(super) fn repository(&self) -> &str {
        &self.job.repository
    }

    pub(super) fn done(&self) -> &Done {
        &self.done
    }

    pub(super) fn mark(&self) -> Mark {
        self.mark_of(self.done.clone())
    }

    pub(super) fn mark_of(&self, done: Done) -> Mark {
        Mark { timing: text(&self.job), handled: done.handled, owed: done.owed }
    }

    pub(super) fn unkept(&self) -> bool {
        self.unkept
    }

    pub(super) fn kept(&mut self) {
        self.unkept = false;
    }

    pub(super) fn next(&self) -> Option<Timestamp> {
        self.job.timing().and(self.next)
    }
}

fn text(job: &Job) -> Option<String> {
    job.timing().map(crate::Timing::text)
}
