//! One stream: a task that reads the journal at its client's pace, and a body that gives out what it sends.

use std::{collections::HashMap, time::Duration};

use axum::{
    body::{Body, Bytes},
    response::{IntoResponse, Response},
};
use event_bus::{Position, Recorded, StorageError};
use hook_core::{JobId, LifecycleEvent, RunEvent, ScheduleId};
use http::header;
use job_store::Stage;
use serde_json::json;
use tokio::{
    sync::{OwnedSemaphorePermit, mpsc},
    time::{Instant, MissedTickBehavior, interval, interval_at, sleep},
};

use super::{
    HEARTBEAT, PATIENCE, Start,
    body::Sent,
    progress::Watched,
    shared::{Sendable, Shared},
    text,
};
use crate::{Caller, Service};

/// Progress is sent at most so often.
const LOOK: Duration = Duration::from_secs(1);

/// What a viewer wants to see.
#[derive(Clone, Debug)]
pub(crate) enum Wanted {
    /// One run, to its end.
    Run {
        job: JobId,
        /// It is over: what is recorded is all.
        is_over: bool,
    },
    /// The runs of the organization, of these jobs or of all.
    All { schedules: Option<Vec<ScheduleId>> },
}

/// Why a stream ends.
enum End {
    /// All is told, the client is gone or too slow, its credential is void, or the service ends.
    Over,
    /// The journal cannot be read: the client comes again.
    Storage(StorageError),
}

impl From<StorageError> for End {
    fn from(error: StorageError) -> Self {
        Self::Storage(error)
    }
}

/// Sends to one client.
pub(crate) struct Viewer {
    service: Service,
    caller: Caller,
    wanted: Wanted,
    /// Of runs that were seen: whether they are the organization's.
    own: HashMap<JobId, bool>,
    watched: Watched,
    shared: Shared,
    _room: OwnedSemaphorePermit,
}

impl Viewer {
    pub(crate) fn new(
        service: Service,
        caller: Caller,
        wanted: Wanted,
        (shared, room): (Shared, OwnedSemaphorePermit),
    ) -> Self {
        let (own, watched) = (HashMap::new(), Watched::default());
        Self { service, caller, wanted, own, watched, shared, _room: room }
    }

    /// The answer: begins so, then sends what is recorded, then what comes after a position.
    pub(crate) fn show(self, start: Start, recorded: Vec<Recorded<RunEvent>>, after: Position) -> Response {
        // One at a time: what waits for a slow client is not old when it is sent.
        let (out, sent) = mpsc::channel(1);
        tokio::spawn(async move {
            let mut viewer = self;
            if let Err(End::Storage(error)) = viewer.send_all(&out, start, recorded, after).await {
                tracing::warn!(error = &error as &dyn std::error::Error, "a stream of events ends");
            }
        });
        let headers = [(header::CONTENT_TYPE.as_str(), "text/event-stream"), ("x-accel-buffering", "no")];
        (headers, Body::new(Sent(sent))).into_response()
    }

    async fn send_all(
        &mut self,
        out: &mpsc::Sender<Bytes>,
        start: Start,
        recorded: Vec<Recorded<RunEvent>>,
        after: Position,
    ) -> Result<(), End> {
        let first = match start {
            Start::Ready(at) => text::mark("ready", at),
            Start::Reset(at) => text::mark("reset", at),
        };
        self.send(out, format!("{}{first}", text::RETRY)).await?;
        for told in recorded {
            self.tell(out, &Sendable::new(told, None)).await?;
        }
        if matches!(self.wanted, Wanted::Run { is_over: true, .. }) {
            return Ok(());
        }
        self.watch_what_runs().await?;
        let mut tail = self.shared.tail(after);
        let mut heartbeat = interval_at(Instant::now() + HEARTBEAT, HEARTBEAT);
        let mut look = interval(LOOK);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let ending = self.service.ending.clone();
        loop {
            tokio::select! {
                () = ending.cancelled() => return Err(End::Over),
                () = out.closed() => return Err(End::Over),
                event = tail.next() => {
                    let event = event?;
                    self.tell(out, &event).await?;
                }
                _ = heartbeat.tick() => self.beat(out).await?,
                _ = look.tick(), if !self.watched.is_empty() => self.look(out).await?,
            }
        }
    }

    /// Sends an event if it is wanted; the last one of a run ends the stream.
    async fn tell(&mut self, out: &mpsc::Sender<Bytes>, event: &Sendable) -> Result<(), End> {
        if !self.wants(event).await? {
            return Ok(());
        }
        let told = &event.told;
        self.watched.follow(&told.event);
        let of_run = match self.wanted {
            Wanted::Run { is_over, .. } => Some(is_over),
            Wanted::All { .. } => None,
        };
        self.send(out, event.text(of_run.is_some())).await?;
        let ends = matches!(told.event.event, LifecycleEvent::RunFinished { .. });
        if ends && of_run == Some(false) { Err(End::Over) } else { Ok(()) }
    }

    async fn wants(&mut self, event: &Sendable) -> Result<bool, StorageError> {
        let told = &event.told.event;
        match &self.wanted {
            Wanted::Run { job, .. } => Ok(told.job == *job),
            Wanted::All { schedules: Some(some) } if !some.contains(&told.schedule) => Ok(false),
            Wanted::All { .. } => match &event.of {
                Some(of) => Ok(*of == self.caller.organization),
                None => self.is_own(told).await,
            },
        }
    }

    async fn is_own(&mut self, told: &RunEvent) -> Result<bool, StorageError> {
        let known = match &told.event {
            LifecycleEvent::RunQueued(queued) => Some(queued.organization_id == self.caller.organization),
            _ => self.own.get(&told.job).copied(),
        };
        let is_own = match known {
            Some(known) => known,
            None => {
                self.service.store.organization_of(&told.job).await? == Some(self.caller.organization.clone())
            }
        };
        if matches!(told.event, LifecycleEvent::RunFinished { .. }) {
            self.own.remove(&told.job);
        } else {
            self.own.insert(told.job.clone(), is_own);
        }
        Ok(is_own)
    }

    /// The runs in which restic runs when the viewer comes.
    async fn watch_what_runs(&mut self) -> Result<(), StorageError> {
        let store = &self.service.store;
        for (job, schedule) in store.running(&self.caller.organization).await? {
            let is_wanted = match &self.wanted {
                Wanted::Run { job: wanted, .. } => job == *wanted,
                Wanted::All { schedules } => schedules.as_ref().is_none_or(|some| some.contains(&schedule)),
            };
            if is_wanted && store.run(&job).await?.is_some_and(|run| run.state == Stage::BackingUp) {
                self.watched.begin(&job, &schedule);
            }
        }
        Ok(())
    }

    async fn look(&mut self, out: &mpsc::Sender<Bytes>) -> Result<(), End> {
        for (job, schedule, progress) in self.watched.news(&*self.service.runner) {
            let now = (self.service.around.clock)();
            self.send(out, text::passing("progress", &progress.to_wire(&job, &schedule, &now))).await?;
        }
        Ok(())
    }

    async fn beat(&self, out: &mpsc::Sender<Bytes>) -> Result<(), End> {
        if !self.caller.is_still_known(&self.service).await {
            return Err(End::Over);
        }
        let now = (self.service.around.clock)();
        self.send(out, text::passing("heartbeat", &json!({"time": now}).to_string())).await
    }

    /// Waits for the client, but not for ever.
    async fn send(&self, out: &mpsc::Sender<Bytes>, text: impl Into<Bytes>) -> Result<(), End> {
        let text = text.into();
        let give_up = sleep(PATIENCE);
        tokio::pin!(give_up);
        loop {
            tokio::select! {
                room = out.reserve() => {
                    room.map_err(|_| End::Over)?.send(text);
                    return Ok(());
                }
                () = &mut give_up => return Err(End::Over),
                () = self.service.ending.cancelled() => return Err(End::Over),
                () = sleep(HEARTBEAT) => {
                    if !self.caller.is_still_known(&self.service).await {
                        return Err(End::Over);
                    }
                }
            }
        }
    }
}
