//! Who may run now: a limit, one run a job, first come first served, and nothing beside a repository's maintenance.
//!
//! A ticket that waits for its repository lets others pass that have nothing to do with it. None of its own
//! repository passes it, so it cannot be kept waiting for ever.

use std::collections::{BTreeSet, VecDeque};

use hook_core::JobKey;

/// What is done to a repository.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Work {
    /// Adds to it: may run beside others that do.
    Backup,
    /// Forgets and prunes: runs beside nothing else of the repository.
    Maintenance,
}

/// A job that wants to run.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Ticket {
    /// The job: there is one ticket a job.
    pub job: JobKey,
    /// Whatever names the repository: two that are equal are one repository.
    pub repository: String,
    /// What is to be done to it.
    pub work: Work,
}

impl Ticket {
    fn excludes(&self, other: &Self) -> bool {
        let exclusive = [self.work, other.work].contains(&Work::Maintenance);
        exclusive && self.repository == other.repository
    }
}

/// Tickets that wait, and those that were let in.
#[derive(Debug)]
pub struct Queue {
    limit: usize,
    waiting: VecDeque<Ticket>,
    running: Vec<Ticket>,
    /// Of `running`: those whose backup is done and who wait for their repository to themselves.
    turning: VecDeque<JobKey>,
    /// The jobs of all tickets.
    held: BTreeSet<JobKey>,
}

impl Queue {
    /// At most `limit` run beside each other; 0 counts as 1.
    #[must_use]
    pub fn new(limit: usize) -> Self {
        Self {
            limit: limit.max(1),
            waiting: VecDeque::new(),
            running: Vec::new(),
            turning: VecDeque::new(),
            held: BTreeSet::new(),
        }
    }

    /// Changes the limit. Who runs, runs on.
    pub fn set_limit(&mut self, limit: usize) {
        self.limit = limit.max(1);
    }

    /// Puts a ticket at the end. Whether it was taken: the job has none yet.
    #[must_use = "the job may have a ticket already"]
    pub fn enter(&mut self, ticket: Ticket) -> bool {
        let new = self.held.insert(ticket.job.clone());
        if new {
            self.waiting.push_back(ticket);
        }
        new
    }

    /// Lets in the first that may run now, if any. To be asked until there is none.
    pub fn admit(&mut self) -> Option<Ticket> {
        if self.running.len() >= self.limit {
            return None;
        }
        let free = |at: usize| {
            let ticket = &self.waiting[at];
            let passed = self.waiting.range(..at).any(|before| before.excludes(ticket));
            let turning = self.turning().any(|turning| turning.repository == ticket.repository);
            !passed && !turning && !self.occupied(ticket)
        };
        let first = (0..self.waiting.len()).find(|at| free(*at))?;
        let ticket = self.waiting.remove(first)?;
        self.running.push(ticket.clone());
        Some(ticket)
    }

    /// A running backup is done and goes on to forget and prune: from now on it is in nobody's way, and waits until
    /// nobody is in its own. Whether there is such a backup.
    #[must_use = "the job may not be running"]
    pub fn turn_to_maintenance(&mut self, job: &JobKey) -> bool {
        let backup = |ticket: &Ticket| ticket.job == *job && ticket.work == Work::Backup;
        let found = self.running.iter().any(backup) && !self.turning.contains(job);
        if found {
            self.turning.push_back(job.clone());
        }
        found
    }

    /// The first that may begin its maintenance now, if any. To be asked until there is none.
    pub fn grant(&mut self) -> Option<JobKey> {
        let free = |job: &JobKey| {
            let others = |ticket: &&Ticket| ticket.job != *job && !self.turning.contains(&ticket.job);
            let own = self.running.iter().find(|ticket| ticket.job == *job);
            own.is_some_and(|own| {
                !self.running.iter().filter(others).any(|other| other.repository == own.repository)
            })
        };
        let first = self.turning.iter().position(free)?;
        let job = self.turning.remove(first)?;
        let ticket = self.running.iter_mut().find(|ticket| ticket.job == job)?;
        ticket.work = Work::Maintenance;
        Some(job)
    }

    /// A job has ended, or does not want to run any more. Whether it had a ticket.
    pub fn leave(&mut self, job: &JobKey) -> bool {
        let had = self.held.remove(job);
        self.waiting.retain(|ticket| ticket.job != *job);
        self.running.retain(|ticket| ticket.job != *job);
        self.turning.retain(|turning| turning != job);
        had
    }

    /// Whether a job waits or runs.
    #[must_use]
    pub fn holds(&self, job: &JobKey) -> bool {
        self.held.contains(job)
    }

    /// Those that run, in the order in which they were let in.
    #[must_use]
    pub fn running(&self) -> &[Ticket] {
        &self.running
    }

    /// Those that wait, the first first.
    pub fn waiting(&self) -> impl Iterator<Item = &Ticket> {
        self.waiting.iter()
    }

    fn turning(&self) -> impl Iterator<Item = &Ticket> {
        self.running.iter().filter(|ticket| self.turning.contains(&ticket.job))
    }

    /// Whether one that runs is in the way. One that turns does nothing at the moment.
    fn occupied(&self, ticket: &Ticket) -> bool {
        let active = self.running.iter().filter(|running| !self.turning.contains(&running.job));
        active.into_iter().any(|running| running.excludes(ticket))
    }
}
