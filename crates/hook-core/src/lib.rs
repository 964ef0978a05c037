#![doc = include_str!("../README.md")]

mod id;
mod job_key;
pub mod limits;

mod allowlist;
mod header_fault;
mod header_from;
mod headers;
mod hook;
mod hook_config;
mod hook_url;
mod origin;
mod resolved;
mod secret;
mod signing;

mod extended;
mod payload;
mod status;
mod text;
mod visible;

pub mod event;
mod gate;
mod progress;
mod run_event;
mod trace;
mod wire;

pub use allowlist::{AllowedOrigins, InvalidOrigin, NotAllowed, OriginFault, OriginWarning, Permitted};
pub use event::LifecycleEvent;
pub use extended::{BackupFigures, ExtendedPayload};
pub use gate::{HookDue, HookOutcome, OutcomeKind};
pub use header_fault::{HeaderFault, InvalidHeaders};
pub use header_from::{HeaderFrom, ValueFrom};
pub use headers::HookHeaders;
pub use hook::{HookBody, HookField, HookSpec, InvalidHook};
pub use hook_config::HookConfig;
pub use hook_url::{HookUrl, InvalidUrl};
pub use id::{InvalidId, JobId, OrganizationId, ScheduleId};
pub use job_key::JobKey;
pub use origin::Origin;
pub use payload::{Payload, PayloadKind};
pub use progress::Progress;
pub use resolved::{ReadValue, Resolved, Unresolved};
pub use run_event::RunEvent;
pub use secret::Secret;
pub use signing::{InvalidSigningSecret, SigningSecret};
pub use status::{Phase, PostWhen, RunStatus};
pub use text::{MASK, cut_error, json_char_bytes};
pub use trace::{span_id, trace_id, traceparent};
pub use visible::visible;
pub use wire::{InvalidLine, WireEvent, WireLine, WireProgress};
