#![doc = include_str!("../README.md")]

pub mod event;
mod gate;
mod id;
pub mod limits;
mod payload;
mod progress;
mod status;
mod text;

pub use event::{LifecycleEvent, RunEvent};
pub use gate::{HookDue, HookOutcome, OutcomeKind};
pub use id::{InvalidId, JobId, OrganizationId, ScheduleId};
pub use payload::Payload;
pub use progress::Progress;
pub use status::{Phase, PostWhen, RunStatus};
pub use text::cut_error;
