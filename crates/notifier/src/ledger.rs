//! What the rules need to know and what follows from them, on its way from and to the outbox.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use event_bus::{BoxError, Clock};
use hook_core::ScheduleId;
use jiff::Timestamp;
use tokio::sync::watch;

use crate::{
    Destination, Filing, Job, Message, NewDelivery, Outbox, Standing,
    id::delivery_id,
    policy::{self, Known, Ruling},
};

/// What is kept beside a job's `scheduleId`, which has no `/`.
const DEBT: &str = "/post";
const START: &str = "/start";
const MISSED: &str = "/missed";

/// Since when a destination is known, where a job would stand.
const SINCE: &str = "/since";

/// The outbox, as the rules see it.
pub(crate) struct Ledger {
    outbox: Arc<dyn Outbox>,
    clock: Clock,
    /// Destinations that are seen first are told of what happened since.
    newcomers_since: Timestamp,
    since: Mutex<BTreeMap<String, Timestamp>>,
    /// How often something was filed: wakes the senders.
    filed: watch::Sender<u64>,
}

impl Ledger {
    pub(crate) fn new(outbox: Arc<dyn Outbox>, clock: Clock, newcomers_since: Timestamp) -> Self {
        Self { outbox, clock, newcomers_since, since: Mutex::default(), filed: watch::Sender::new(0) }
    }

    pub(crate) fn outbox(&self) -> &Arc<dyn Outbox> {
        &self.outbox
    }

    pub(crate) fn now(&self) -> Timestamp {
        (self.clock)()
    }

    pub(crate) fn filings(&self) -> watch::Receiver<u64> {
        self.filed.subscribe()
    }

    /// Whether something of this time is for the destination: a new one is not told the whole history.
    pub(crate) async fn is_for(&self, destination: &Destination, time: Timestamp) -> Result<bool, BoxError> {
        let since = match destination.since {
            Some(since) => since,
            None => self.since(&destination.name).await?,
        };
        Ok(time >= since)
    }

    async fn since(&self, destination: &str) -> Result<Timestamp, BoxError> {
        let known = self.since.lock().unwrap_or_else(PoisonError::into_inner).get(destination).copied();
        if let Some(since) = known {
            return Ok(since);
        }
        let since = match self.outbox.standing(destination, SINCE).await? {
            Some(standing) => standing.since,
            None => self.welcome(destination).await?,
        };
        self.since.lock().unwrap_or_else(PoisonError::into_inner).insert(destination.to_owned(), since);
        Ok(since)
    }

    async fn welcome(&self, destination: &str) -> Result<Timestamp, BoxError> {
        let since = self.newcomers_since;
        let standing = Standing {
            problem: None,
            kind: String::new(),
            since,
            told_at: since,
            unsaid: 0,
            failures: 0,
            run: None,
            told: BTreeMap::new(),
            position: 0,
        };
        let standings = vec![(destination.to_owned(), SINCE.to_owned(), Some(standing))];
        self.outbox.file(Filing { standings, ..Filing::default() }).await?;
        Ok(since)
    }

    pub(crate) async fn known(&self, destination: &str, job: &ScheduleId) -> Result<Known, BoxError> {
        let of = async |beside: &str| self.outbox.standing(destination, &format!("{job}{beside}")).await;
        Ok(Known { backup: of("").await?, debt: of(DEBT).await?, start: of(START).await? })
    }

    pub(crate) async fn missed(
        &self,
        destination: &str,
        job: &ScheduleId,
    ) -> Result<Option<Standing>, BoxError> {
        self.outbox.standing(destination, &format!("{job}{MISSED}")).await
    }

    /// Keeps all of it, or nothing.
    pub(crate) async fn file(&self, draft: Draft) -> Result<(), BoxError> {
        if draft.filing == Filing::default() {
            return Ok(());
        }
        self.outbox.file(draft.filing).await?;
        self.filed.send_modify(|filed| *filed += 1);
        Ok(())
    }
}

/// What is going to be filed.
#[derive(Debug)]
pub(crate) struct Draft {
    now: Timestamp,
    filing: Filing,
}

impl Draft {
    pub(crate) fn new(now: Timestamp) -> Self {
        Self { now, filing: Filing::default() }
    }

    /// `about` is what the message is about: the same for the same.
    pub(crate) fn say(&mut self, destination: &str, about: &str, message: Message) {
        self.filing.deliveries.push(NewDelivery {
            id: delivery_id(destination, about),
            destination: destination.to_owned(),
            message,
            created_at: self.now,
        });
    }

    pub(crate) fn rule(&mut self, destination: &str, job: &ScheduleId, about: &str, ruling: Ruling) {
        let Ruling { message, known } = ruling;
        if let Some(message) = message {
            self.say(destination, about, message);
        }
        self.know(destination, job, "", known.backup);
        self.know(destination, job, DEBT, known.debt);
        self.know(destination, job, START, known.start);
    }

    /// A reminder of each problem that is due for one.
    pub(crate) fn remind(&mut self, destination: &str, job: &Job, known: &Known, now: Timestamp) {
        for (beside, known) in [(DEBT, &known.debt), ("", &known.backup), (START, &known.start)] {
            let Some(known) = known else { continue };
            let Some((message, after)) = policy::remind(job, known, now) else { continue };
            let about = format!("reminder {}{beside} {}", job.schedule_id, known.told_at);
            self.say(destination, &about, message);
            self.know(destination, &job.schedule_id, beside, Some(after));
        }
    }

    pub(crate) fn missed(&mut self, destination: &str, job: &ScheduleId, known: Option<Standing>) {
        self.know(destination, job, MISSED, known);
    }

    fn know(&mut self, destination: &str, job: &ScheduleId, beside: &str, known: Option<Standing>) {
        if known.is_some() {
            self.filing.standings.push((destination.to_owned(), format!("{job}{beside}"), known));
        }
    }
}
