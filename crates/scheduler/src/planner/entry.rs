//! One job: its mark, what it waits for, and what a look at it comes to.

use hook_core::{JobId, event::Trigger};
use jiff::Timestamp;

use super::Change;
use crate::{BoxError, Call, Job, Mark, Owed, Retry, Start, retry::Ended};

pub(super) struct Entry {
    job: Job,
    mark: Mark,
    /// Whether `mark` is not on the disk yet.
    unkept: bool,
    /// None: it has to be looked at.
    next: Option<Timestamp>,
    retry: Option<Retry>,
    doubt: Doubt,
    /// A start that could not be queued, and when to try it again.
    again: Option<(Start, Timestamp)>,
}

/// What is known of the run that `mark.owed` names.
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
        let text = text(&job);
        let known = mark.as_ref().is_some_and(|mark| mark.timing == text);
        let mark = match mark {
            Some(mark) if known => mark,
            // What was due before an edit, or before the job was there, is not made up for.
            mark => {
                Mark { timing: text, handled: mark.map_or(now, |mark| mark.handled.max(now)), owed: None }
            }
        };
        let last = job.last.as_ref().filter(|_| job.enabled);
        let retry = last.and_then(|ended| job.retries.after(ended));
        let doubt = if mark.owed.is_some() { Doubt::Begun } else { Doubt::None };
        let job = Job { last: None, ..job };
        Self { job, mark, unkept: !known, next: None, retry, doubt, again: None }
    }

    pub(super) fn edited(mut self, job: Job, now: Timestamp) -> Self {
        let text = text(&job);
        if self.mark.timing != text {
            self.mark = Mark { timing: text, handled: self.mark.handled.max(now), ..self.mark };
            self.unkept = true;
        }
        if !job.enabled {
            (self.retry, self.again, self.mark.owed) = (None, None, None);
        }
        Self { job, next: None, ..self }
    }

    pub(super) fn in_doubt(&self) -> Option<&JobId> {
        self.mark.owed.as_ref().filter(|_| self.doubt == Doubt::Begun).map(|owed| &owed.run)
    }

    pub(super) fn resolve(&mut self, begun: bool) {
        if begun {
            self.mark.owed = None;
            self.unkept = true;
        }
        self.doubt = if begun { Doubt::None } else { Doubt::Owed };
    }

    pub(super) fn wants_a_look(&self, now: Timestamp) -> bool {
        let come = |time: Timestamp| time <= now;
        self.next.is_none_or(come)
            || self.doubt == Doubt::Owed
            || self.retry.as_ref().is_some_and(|retry| come(retry.at))
            || self.again.as_ref().is_some_and(|(_, at)| come(*at))
    }

    /// When it wants a look next. What wanted one at the last look and still does could not be had: it has to wait
    /// for the next that comes anyway.
    pub(super) fn wakes_after(&self, last: Timestamp) -> Option<Timestamp> {
        let retry = self.retry.as_ref().map(|retry| retry.at);
        let again = self.again.as_ref().map(|(_, at)| *at);
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
        let look = self.job.timing().map(|timing| timing.look(self.mark.handled, looked, now));
        let mut mark =
            Mark { handled: look.map_or(self.mark.handled, |look| look.handled), ..self.mark.clone() };
        let due = look.and_then(|look| look.due).and_then(|due| Some((due.at, due.call.trigger()?)));
        let start = match due.or_else(|| self.made_up()) {
            _ if busy => None,
            // A start that is to be tried again stands for all that comes until it is queued.
            _ if self.again.is_some() => self.tried_again(now),
            Some((due, trigger)) => {
                let start = self.start(fresh_id()?, trigger, due);
                mark.owed = Some(Owed { due, run: start.run.clone() });
                Some(start)
            }
            None => self.retried(now, fresh_id)?,
        };
        if start.is_none() && self.doubt == Doubt::Owed {
            mark.owed = None;
        }
        let next = look.map_or(Some(Timestamp::MAX), |look| look.next);
        Ok(Change { job: self.job.id.clone(), mark, next, start })
    }

    /// What the last process owed, unless nobody wants it so late.
    fn made_up(&self) -> Option<(Timestamp, Trigger)> {
        let owed = self.mark.owed.as_ref().filter(|_| self.doubt == Doubt::Owed)?;
        let call = match self.job.timing()?.missed {
            crate::Missed::RunOnce => Call::Late,
            crate::Missed::Skip => Call::Skipped,
        };
        Some((owed.due, call.trigger()?))
    }

    fn tried_again(&self, now: Timestamp) -> Option<Start> {
        self.again.as_ref().filter(|(_, at)| *at <= now).map(|(start, _)| start.clone())
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
        self.mark = change.mark;
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
        if self.mark.owed.as_ref().is_some_and(|owed| owed.run != start.run) {
            self.mark.owed = None;
            self.unkept = true;
        }
    }

    pub(super) fn not_queued(&mut self, start: Start, again: Option<Timestamp>) {
        match again {
            Some(at) => self.again = Some((start, at)),
            None => {
                self.again = None;
                self.retry = None;
                self.done(&start.run);
            }
        }
    }

    /// Nothing of the run is to be made up for.
    fn done(&mut self, run: &JobId) {
        if self.mark.owed.as_ref().is_some_and(|owed| owed.run == *run) {
            self.mark.owed = None;
            self.unkept = true;
        }
    }

    /// Not before: a run that was let in may die before anything is recorded of it.
    pub(super) fn ended(&mut self, ended: &Ended) {
        self.done(&ended.run);
        self.retry = self.job.retries.after(ended).filter(|_| self.job.enabled);
    }

    pub(super) fn repository(&self) -> &str {
        &self.job.repository
    }

    pub(super) fn mark(&self) -> &Mark {
        &self.mark
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
