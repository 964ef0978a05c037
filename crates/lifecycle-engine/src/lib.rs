#![doc = include_str!("../README.md")]

pub mod machine;
mod plan;

mod ports;

mod clear;
mod control;
mod error;
mod pay;
mod perform;
mod record;
mod recover;
mod resend;
mod run;
mod timeline;

#[cfg(feature = "test-util")]
pub mod testing;

pub use clear::Cleared;
pub use control::Control;
pub use error::{EngineError, Paid};
pub use plan::{Ending, RunPlan, UnreadablePlan};
pub use ports::{
    Checked, Claim, ClaimAttempt, ClaimGuard, Holding, PortError, Preflight, Retained, RunStore, Unfinished,
    Worker,
};
pub use recover::{Recovery, Settled};
pub use resend::Resent;
pub use run::{Engine, Queued};
