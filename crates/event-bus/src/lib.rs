#![doc = include_str!("../README.md")]

mod event;
mod position;

mod journal;
mod memory;

mod bus;
mod tail;

mod backoff;
mod courier;
mod observe;
mod observer;

mod gate;
mod live;

#[cfg(feature = "test-util")]
pub mod conformance;

pub use backoff::{Backoff, GiveUp};
pub use bus::Bus;
pub use event::Event;
pub use gate::Gate;
pub use journal::{AppendError, Clock, Journal, Recorded, StorageError};
pub use live::Live;
pub use memory::MemoryJournal;
pub use observe::{ObserverStatus, Observing};
pub use observer::{Observer, Rejected};
pub use position::{Position, StreamId, Version};
pub use tail::Tail;

/// Any error of a back end or of an observer.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;
