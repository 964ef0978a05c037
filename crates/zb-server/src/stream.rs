//! Server-sent events: what a viewer is sent, and when it ends (`api.md` §6).

mod body;
mod progress;
mod shared;
mod text;
mod viewer;

use shared::Shared;

pub(crate) use text::place;
pub(crate) use viewer::{Viewer, Wanted};

use std::{sync::Arc, time::Duration};

use event_bus::Position;
use http::{HeaderValue, header};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::{Kind, Problem, Service};

/// So many at once.
const MOST_STREAMS: usize = 1000;

/// A page notices twice this silence.
const HEARTBEAT: Duration = Duration::from_secs(5);

/// One that takes nothing for so long is dropped.
const PATIENCE: Duration = Duration::from_secs(30);

/// From where a stream goes on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Start {
    /// After this event, without a gap.
    Ready(Position),
    /// After this event, and those before it are lost to the client.
    Reset(Position),
}

impl Start {
    pub(crate) fn after(self) -> Position {
        match self {
            Self::Ready(position) | Self::Reset(position) => position,
        }
    }
}

/// The streams that are open, and what they read. Clones are the same.
#[derive(Clone, Debug)]
pub(crate) struct Streams {
    room: Arc<Semaphore>,
    shared: Shared,
}

impl Streams {
    /// None is open yet.
    pub(crate) fn of(service: &Service) -> Self {
        let (bus, store) = (service.bus.clone(), Arc::clone(&service.store));
        Self { room: room(), shared: Shared::new(bus, store, service.ending.clone()) }
    }

    /// What one more reads, and room for it until that is dropped.
    ///
    /// # Errors
    /// 503.
    pub(crate) fn open(&self) -> Result<(Shared, OwnedSemaphorePermit), Problem> {
        enter(&self.room).map(|room| (self.shared.clone(), room))
    }
}

fn room() -> Arc<Semaphore> {
    Arc::new(Semaphore::new(MOST_STREAMS))
}

fn enter(room: &Arc<Semaphore>) -> Result<OwnedSemaphorePermit, Problem> {
    Arc::clone(room).try_acquire_owned().map_err(|_| {
        Problem::new(Kind::TooManyStreams, format!("{MOST_STREAMS} streams are open"))
            .header(header::RETRY_AFTER, HeaderValue::from_static("5"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_room_for_a_thousand() {
        let room = room();
        let open: Vec<_> = (0..MOST_STREAMS).map(|_| enter(&room).unwrap()).collect();
        assert_eq!(enter(&room).unwrap_err().kind, Kind::TooManyStreams);
        drop(open);
        assert!(enter(&room).is_ok());
    }
}
