//! All jobs of the book, and what was found out about them. What is asked of all of them at once is kept for as long as
//! it holds: many people look at what is next and what is late, and both seldom change.

use std::{
    collections::{BTreeMap, BTreeSet},
    mem,
    sync::Arc,
};

use hook_core::{JobKey, OrganizationId};
use jiff::Timestamp;
use job_store::RunGlance;
use scheduler::Period;

use super::entry::Entry;

/// A start, and whose it is.
type Start = (Timestamp, Arc<Entry>);

/// The jobs by their keys.
#[derive(Debug, Default)]
pub(super) struct Slots {
    all: BTreeMap<JobKey, Slot>,
    /// When it was asked last for what is to come.
    asked: Timestamp,
    soon: BTreeMap<OrganizationId, Soon>,
    late: Option<Late>,
}

/// The next starts of an organization, the first one first. They are that until the first one comes.
#[derive(Debug)]
struct Soon {
    at_most: usize,
    starts: Vec<Start>,
}

impl Soon {
    fn holds(&self, at_most: usize, now: Timestamp) -> bool {
        self.at_most == at_most && self.starts.first().is_none_or(|(first, _)| *first > now)
    }
}

/// What is overdue, each with the time since when; and from when to when that is so.
#[derive(Debug)]
struct Late {
    since: Timestamp,
    until: Timestamp,
    jobs: Vec<(Arc<Entry>, Timestamp)>,
}

impl Slots {
    pub(super) fn entry(&self, of: &JobKey) -> Option<&Arc<Entry>> {
        self.all.get(of).map(|slot| &slot.entry)
    }

    pub(super) fn entries(&self) -> impl Iterator<Item = &Arc<Entry>> {
        self.all.values().map(|slot| &slot.entry)
    }

    pub(super) fn insert(&mut self, entry: Entry, newest: Option<&RunGlance>, now: Timestamp) {
        self.forget_answers();
        self.all.insert(entry.key.clone(), Slot::new(entry, newest, now));
    }

    /// Whether it was there.
    pub(super) fn remove(&mut self, of: &JobKey) -> bool {
        self.forget_answers();
        self.all.remove(of).is_some()
    }

    /// Removes all but those.
    pub(super) fn keep_only(&mut self, there: &BTreeSet<&JobKey>) -> Vec<JobKey> {
        self.forget_answers();
        self.all.extract_if(.., |key, _| !there.contains(key)).map(|(key, _)| key).collect()
    }

    /// There is this run of a job.
    pub(super) fn ran(&mut self, of: &JobKey, run: &RunGlance) {
        if let Some(slot) = self.all.get_mut(of) {
            self.late = None;
            slot.ran(run);
        }
    }

    /// The next starts of an organization's jobs, the first one first, at most so many.
    pub(super) fn next_starts(&mut self, of: &OrganizationId, at_most: usize, now: Timestamp) -> Vec<Start> {
        self.look_at(now);
        if let Some(soon) = self.soon.get(of).filter(|soon| soon.holds(at_most, now)) {
            return soon.starts.clone();
        }
        let ours = self.all.values_mut().filter(|slot| slot.entry.key.organization == *of);
        let mut starts: Vec<_> =
            ours.filter_map(|slot| Some((slot.next(now)?, Arc::clone(&slot.entry)))).collect();
        if starts.len() > at_most {
            starts.select_nth_unstable_by_key(at_most, |(at, _)| *at);
            starts.truncate(at_most);
        }
        starts.sort_by_key(|(at, _)| *at);
        self.soon.insert(of.clone(), Soon { at_most, starts: starts.clone() });
        starts
    }

    /// A job's next start, and since when it should have started, if it is overdue.
    pub(super) fn timing(&mut self, of: &JobKey, now: Timestamp) -> (Option<Timestamp>, Option<Timestamp>) {
        self.look_at(now);
        let slot = self.all.get_mut(of);
        slot.map(|slot| (slot.next(now), slot.overdue(now))).unwrap_or_default()
    }

    /// Jobs that should have started and did not, by their keys: each with the time since when.
    pub(super) fn overdue(&mut self, now: Timestamp) -> Vec<(Arc<Entry>, Timestamp)> {
        match &self.late {
            Some(late) if late.since <= now && now < late.until => late.jobs.clone(),
            _ => {
                let late = |slot: &Slot| Some((Arc::clone(&slot.entry), slot.overdue(now)?));
                let jobs: Vec<_> = self.all.values().filter_map(late).collect();
                let to_come = self.all.values().filter_map(Slot::overdue_at).filter(|at| *at > now);
                let until = to_come.min().unwrap_or(Timestamp::MAX);
                self.late = Some(Late { since: now, until, jobs: jobs.clone() });
                jobs
            }
        }
    }

    /// Of a clock that was put back, nothing that is to come is known any more.
    fn look_at(&mut self, now: Timestamp) {
        if now < mem::replace(&mut self.asked, now) {
            self.soon.clear();
            self.all.values_mut().for_each(|slot| slot.look_again(now));
        }
    }

    fn forget_answers(&mut self) {
        self.soon.clear();
        self.late = None;
    }
}

/// An entry, and what was found out about it.
#[derive(Debug)]
struct Slot {
    entry: Arc<Entry>,
    /// Its next start after the moment when it was asked for last.
    next: Option<Timestamp>,
    /// The place of its newest run in the journal.
    newest: Option<i64>,
    /// The first period after that run.
    period: Option<Period>,
}

impl Slot {
    fn new(entry: Entry, newest: Option<&RunGlance>, now: Timestamp) -> Self {
        let mut slot = Self { next: entry.next(now), newest: None, period: None, entry: Arc::new(entry) };
        newest.into_iter().for_each(|run| slot.ran(run));
        slot
    }

    /// There is this run of it.
    fn ran(&mut self, run: &RunGlance) {
        if self.newest < Some(run.place) {
            self.newest = Some(run.place);
            let timing = self.entry.timing.as_ref();
            self.period = timing.and_then(|timing| timing.schedule.first_period(run.queued_at, &timing.zone));
        }
    }

    /// Since when it should have started, if it is overdue.
    fn overdue(&self, now: Timestamp) -> Option<Timestamp> {
        self.period.filter(|period| now >= period.overdue_at()).map(|period| period.due)
    }

    /// From when on it is overdue, if it does not start.
    fn overdue_at(&self) -> Option<Timestamp> {
        self.period.map(|period| period.overdue_at())
    }

    /// Its next start after `now`, which is not before what was asked for last.
    fn next(&mut self, now: Timestamp) -> Option<Timestamp> {
        if self.next.is_some_and(|next| next <= now) {
            self.next = self.entry.next(now);
        }
        self.next
    }

    /// The clock was put back.
    fn look_again(&mut self, now: Timestamp) {
        self.next = self.entry.next(now);
    }
}
