//! What the loop knows, and what follows from it: jobs, marks and the queue, without a clock and without I/O.

mod entry;

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use hook_core::{JobId, JobKey, event::Trigger};
use jiff::{SignedDuration, Timestamp};

use crate::{BoxError, Job, Mark, Queue, Start, Ticket, Work, retry::Ended};
use entry::{Done, Entry};

/// The clock is looked at as often at least: it may be put forward or back, and a sleep of the machine is none of
/// tokio's.
const LONGEST_REST: Duration = Duration::from_secs(60);

pub(crate) struct Planner {
    jobs: BTreeMap<JobKey, Box<Entry>>,
    /// Of jobs that are not there, as they are on the disk.
    marks: BTreeMap<JobKey, Mark>,
    /// Of jobs that went away, not on the disk yet.
    gone: BTreeMap<JobKey, Mark>,
    queue: Queue,
    /// Those with a ticket.
    starts: BTreeMap<JobKey, Start>,
    looked: Timestamp,
}

/// What a look comes to: to be kept, and then to be applied.
pub(crate) struct Change {
    pub(crate) job: JobKey,
    done: Done,
    next: Option<Timestamp>,
    start: Option<Start>,
}

impl Planner {
    pub(crate) fn new(marks: BTreeMap<JobKey, Mark>, limit: usize, now: Timestamp) -> Self {
        Self {
            jobs: BTreeMap::new(),
            marks,
            gone: BTreeMap::new(),
            queue: Queue::new(limit),
            starts: BTreeMap::new(),
            looked: now,
        }
    }

    /// From now on there are these jobs and no others.
    pub(crate) fn set_jobs(&mut self, jobs: Vec<Job>, now: Timestamp) {
        let there: BTreeSet<_> = jobs.iter().map(|job| job.id.clone()).collect();
        let scheduled = self.marks.iter().filter(|(_, mark)| mark.timing.is_some()).map(|(id, _)| id);
        let known = self.jobs.keys().chain(scheduled).cloned().collect::<Vec<_>>();
        for id in known.iter().filter(|id| !there.contains(id)) {
            self.remove(id);
        }
        for job in jobs {
            self.put(job, now);
        }
    }

    /// A job is new or was edited.
    pub(crate) fn put(&mut self, job: Job, now: Timestamp) {
        let id = job.id.clone();
        match self.jobs.remove(&id) {
            Some(entry) => self.jobs.insert(id, Box::new(entry.edited(job, now))),
            None => {
                let mark = self.gone.remove(&id).or_else(|| self.marks.remove(&id));
                self.jobs.insert(id, Box::new(Entry::new(job, mark, now)))
            }
        };
    }

    /// A job is there no more. A run of it that waits or runs is not touched.
    pub(crate) fn remove(&mut self, id: &JobKey) {
        let mark = self.jobs.remove(id).map(|entry| entry.mark()).or_else(|| self.marks.remove(id));
        if let Some(mark) = mark {
            self.gone.insert(id.clone(), Mark { timing: None, owed: None, ..mark });
        }
    }

    pub(crate) fn set_limit(&mut self, limit: usize) {
        self.queue.set_limit(limit);
    }

    /// Runs of which it is not known whether they began before the last process died.
    pub(crate) fn in_doubt(&self) -> Vec<(JobKey, JobId)> {
        let runs = self.jobs.iter().filter_map(|(id, entry)| Some((id.clone(), entry.in_doubt()?.clone())));
        runs.collect()
    }

    /// What became of such a run.
    pub(crate) fn resolve(&mut self, job: &JobKey, begun: bool) {
        if let Some(entry) = self.jobs.get_mut(job) {
            entry.resolve(begun);
        }
    }

    /// What is due. Nothing is changed by it.
    pub(crate) fn look(
        &self,
        now: Timestamp,
        fresh_id: &dyn Fn() -> Result<JobId, BoxError>,
    ) -> Result<Vec<Change>, BoxError> {
        let mut changes = Vec::new();
        for (id, entry) in &self.jobs {
            if entry.wants_a_look(now) {
                let busy = self.starts.contains_key(id);
                changes.push(entry.look(self.looked, now, busy, fresh_id)?);
            }
        }
        Ok(changes)
    }

    /// What has to be on a disk before a look is applied, and what was left to be written before it.
    pub(crate) fn to_keep(&self, changes: &[Change]) -> Vec<(JobKey, Mark)> {
        let of_look = changes.iter().filter_map(|change| {
            let entry = self.jobs.get(&change.job)?;
            let is_new = entry.unkept() || *entry.done() != change.done;
            is_new.then(|| (change.job.clone(), entry.mark_of(change.done.clone())))
        });
        // A look goes through the jobs in the order of their ids.
        let looked_at = |id: &JobKey| changes.binary_search_by(|change| change.job.cmp(id)).is_ok();
        let before = self.jobs.iter().filter(|(id, entry)| entry.unkept() && !looked_at(id));
        let before = before.map(|(id, entry)| (id.clone(), entry.mark()));
        let gone = self.gone.iter().map(|(id, mark)| (id.clone(), mark.clone()));
        of_look.chain(before).chain(gone).collect()
    }

    /// A look, whose marks are kept, takes effect. What is to be queued, in the order in which it was due.
    pub(crate) fn apply(&mut self, changes: Vec<Change>, now: Timestamp) -> Vec<Start> {
        self.looked = now;
        self.kept();
        let mut starts = Vec::new();
        for change in changes {
            if let Some(entry) = self.jobs.get_mut(&change.job) {
                starts.extend(entry.apply(change));
            }
        }
        starts.sort_by_key(|start: &Start| start.due);
        starts
    }

    /// All that had to be kept is.
    pub(crate) fn kept(&mut self) {
        self.marks.append(&mut self.gone);
        self.jobs.values_mut().for_each(|entry| entry.kept());
    }

    /// A run that a person wants; or the one that is in its way.
    pub(crate) fn by_hand(
        &self,
        job: &JobKey,
        run: JobId,
        trigger: Trigger,
        by: Option<String>,
        now: Timestamp,
    ) -> Option<Result<Start, JobId>> {
        if let Some(start) = self.starts.get(job) {
            return Some(Err(start.run.clone()));
        }
        self.jobs.get(job)?;
        Some(Ok(Start { run, job: job.clone(), trigger, by, attempt: 1, retry_of: None, due: now }))
    }

    /// A run is queued: it waits for its turn.
    pub(crate) fn queued(&mut self, start: Start) {
        let Some(entry) = self.jobs.get_mut(&start.job) else { return };
        entry.queued(&start);
        let repository = entry.repository().to_owned();
        if self.queue.enter(Ticket { job: start.job.clone(), repository, work: Work::Backup }) {
            self.starts.insert(start.job.clone(), start);
        }
    }

    /// A run could not be queued: not at all, as another is running, or not now.
    pub(crate) fn not_queued(&mut self, start: Start, again: Option<Timestamp>) {
        if let Some(entry) = self.jobs.get_mut(&start.job) {
            entry.not_queued(start, again);
        }
    }

    /// The next run that may begin.
    pub(crate) fn admit(&mut self) -> Option<Start> {
        let ticket = self.queue.admit()?;
        self.starts.get(&ticket.job).cloned()
    }

    /// A run has ended.
    pub(crate) fn ended(&mut self, job: &JobKey, ended: &Ended) {
        if self.starts.get(job).is_none_or(|start| start.run != ended.run) {
            return;
        }
        self.starts.remove(job);
        self.queue.leave(job);
        if let Some(entry) = self.jobs.get_mut(job) {
            entry.ended(ended);
        }
    }

    /// Whether such a run has to wait for its repository before it forgets and prunes.
    pub(crate) fn wants_retention(&mut self, job: &JobKey) -> bool {
        self.queue.turn_to_maintenance(job)
    }

    pub(crate) fn grant(&mut self) -> Option<JobKey> {
        self.queue.grant()
    }

    /// How long nothing will be due that was not at the last look, and at most until the clock is to be looked at
    /// again.
    pub(crate) fn rest(&self, last: Timestamp, now: Timestamp) -> Duration {
        let next = self.jobs.values().filter_map(|entry| entry.wakes_after(last)).min();
        let until = next.map(|next| Duration::try_from(next.duration_since(now)).unwrap_or_default());
        until.unwrap_or(LONGEST_REST).min(LONGEST_REST)
    }

    /// What is due next.
    pub(crate) fn next(&self) -> Option<(Timestamp, JobKey)> {
        let next = self.jobs.iter().filter_map(|(id, entry)| Some((entry.next()?, id))).min();
        next.map(|(time, id)| (time, id.clone()))
    }

    /// How far the clock is behind what was handled, at most: it was put back.
    pub(crate) fn clock_behind(&self, now: Timestamp) -> SignedDuration {
        let handled = self.jobs.values().map(|entry| entry.done().handled).max();
        handled.map_or(SignedDuration::ZERO, |handled| handled.duration_since(now)).max(SignedDuration::ZERO)
    }

    /// How many run, and how many wait.
    pub(crate) fn counts(&self) -> (usize, usize) {
        (self.queue.running().len(), self.queue.waiting().count())
    }
}
