//! The observer: of each end of a run it files what is to be told. It sends nothing, so it is never behind for long.

use std::sync::Arc;

use async_trait::async_trait;
use event_bus::{BoxError, Bus, Observer, Recorded, Rejected};
use hook_core::{LifecycleEvent as Event, OutcomeKind, Phase, RunEvent};

use crate::{
    Destination, Job, Story,
    ledger::{Draft, Ledger},
    policy::{self, Point},
    roster::Roster,
    words,
};

/// The name of the cursor.
pub(crate) const NAME: &str = "notifier";

/// Turns events into deliveries: all that follow from one event are filed at once, under ids that are the same when
/// the event is seen again.
pub(crate) struct NotifierObserver {
    bus: Bus<RunEvent>,
    ledger: Arc<Ledger>,
    roster: Arc<Roster>,
}

/// What an event means here.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Moment {
    Begun,
    Ended,
    /// A debt may have been paid or cleared: news only after the run's end.
    Settled,
}

impl NotifierObserver {
    pub(crate) fn new(bus: Bus<RunEvent>, ledger: Arc<Ledger>, roster: Arc<Roster>) -> Self {
        Self { bus, ledger, roster }
    }

    async fn take(&self, event: &Recorded<RunEvent>) -> Result<(), BoxError> {
        let Some(moment) = Moment::of(&event.event.event) else { return Ok(()) };
        let destinations = self.roster.destinations().await?;
        let mut concerned = Vec::new();
        for destination in &*destinations {
            if self.ledger.is_for(destination, event.at).await? {
                concerned.push(destination);
            }
        }
        if concerned.is_empty() || (moment == Moment::Begun && !concerned.iter().any(|one| one.pings)) {
            return Ok(());
        }
        let Some(story) = self.story(event, moment).await? else { return Ok(()) };
        let job = Job::from(&story.facts);
        let mut draft = Draft::new(self.ledger.now());
        for destination in concerned.into_iter().filter(|destination| destination.concerns(&job)) {
            self.rule(destination, &story, event, moment, &mut draft).await?;
        }
        self.ledger.file(draft).await
    }

    /// The run as it was told up to this event, however much later that is read; nothing where there is nothing to
    /// tell.
    async fn story(&self, event: &Recorded<RunEvent>, moment: Moment) -> Result<Option<Story>, BoxError> {
        if moment == Moment::Begun {
            return Ok(Story::of(std::slice::from_ref(event)));
        }
        let mut history = self.bus.history(&event.stream).await?;
        history.retain(|recorded| recorded.version < event.version);
        if moment == Moment::Settled && !Story::of(&history).is_some_and(|before| before.is_owed()) {
            return Ok(None);
        }
        history.push(event.clone());
        Ok(Story::of(&history))
    }

    async fn rule(
        &self,
        destination: &Destination,
        story: &Story,
        event: &Recorded<RunEvent>,
        moment: Moment,
        draft: &mut Draft,
    ) -> Result<(), BoxError> {
        let (name, job) = (&destination.name, &story.facts.schedule_id);
        let about = format!("{} {}", event.event.job, event.version);
        if destination.pings {
            if let Some(message) = ping(destination, story, event, moment) {
                draft.say(name, &about, message);
            }
            return Ok(());
        }
        let ruling = match moment {
            Moment::Begun => return Ok(()),
            Moment::Ended => {
                policy::ended(destination, &self.ledger.known(name, job).await?, story, Point::of(event))
            }
            Moment::Settled => policy::settled(&self.ledger.known(name, job).await?, story, Point::of(event)),
        };
        draft.rule(name, job, &about, ruling);
        Ok(())
    }
}

/// A start goes only to who is told of every end: without its end it would be an alarm there. A debt that is paid is a
/// sign of life where there is a snapshot.
fn ping(
    destination: &Destination,
    story: &Story,
    event: &Recorded<RunEvent>,
    moment: Moment,
) -> Option<crate::Message> {
    match moment {
        Moment::Begun => destination.hears_every_end().then(|| words::started(story)),
        Moment::Settled if !story.has_saved() => None,
        Moment::Ended | Moment::Settled => {
            policy::gravest(destination, story).map(|occasion| words::ping(story, occasion, event.at))
        }
    }
}

impl Moment {
    fn of(event: &Event) -> Option<Self> {
        match event {
            Event::RunQueued(_) => Some(Self::Begun),
            Event::RunFinished { .. } => Some(Self::Ended),
            Event::HookFinished(end) if end.phase == Phase::Post && end.outcome == OutcomeKind::Ok => {
                Some(Self::Settled)
            }
            Event::HookCleared { .. } => Some(Self::Settled),
            _ => None,
        }
    }
}

#[async_trait]
impl Observer<RunEvent> for NotifierObserver {
    fn name(&self) -> &str {
        NAME
    }

    async fn on_event(&self, event: &Recorded<RunEvent>) -> Result<(), Rejected> {
        self.take(event).await.map_err(Rejected::Retry)
    }
}
