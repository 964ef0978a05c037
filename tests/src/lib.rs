//! Helpers of the end-to-end tests: a scratch home for zb, the binary as a process, a receiver that answers as it is
//! told, the real `webhook` program, real and misbehaving restic commands.
//!
//! The tests know zb by its binary only. Nothing here uses a crate of the workspace.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a helper that cannot help is a failed test"
)]

mod binary;
mod browser;
mod container;
mod event_stream;
mod events;
mod eventually;
mod fake_restic;
mod gated_repo;
mod http;
mod job_file;
mod otlp;
mod processes;
mod real_webhook;
mod receiver;
mod restic_repo;
mod running;
mod scene;
mod scratch;
mod service;
mod strace;
mod terminal;
mod zb;
mod zb_config;

pub use browser::{Browser, Control, Look, Scheme, Scripts};
pub use container::{Contained, Container};
pub use event_stream::{EventStream, Told};
pub use events::Events;
pub use eventually::{eventually, eventually_within};
pub use fake_restic::FakeRestic;
pub use gated_repo::GatedRepo;
pub use http::Answered;
pub use job_file::{Hook, JobFile};
pub use otlp::{Attributes, Collector, Point, Span, trace_of};
pub use processes::{Process, command, marked};
pub use real_webhook::RealWebhook;
pub use receiver::{Gate, HookReceiver, Reply, Request};
pub use restic_repo::ResticRepo;
pub use running::{Finished, Running};
pub use scene::Scene;
pub use scratch::Scratch;
pub use service::Service;
pub use strace::{Fault, Strike, database};
pub use terminal::Terminal;
pub use zb::{NOBODY, Zb};
pub use zb_config::ZbConfig;

pub use rustix::process::Signal;
