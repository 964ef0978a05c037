#![doc = include_str!("../README.md")]

mod auth;
mod caller;

mod frame;
mod openapi;
mod route;
mod schema;
mod server;
mod stream;

mod body;
mod etag;
mod location;
mod named;
mod nearest;
mod page;
mod query;

mod ports;
mod problem;
mod service;
mod trouble;

mod api;
mod destinations;
mod jobs;
mod pages;

pub use api::{is_label, is_username};
pub use auth::{Accounts, Action, AddUser, Limits, Minted, Peer, set_up_link, set_up_url};
pub use caller::{Caller, Credential};
pub use job_store::{Role, Scope};
pub use nearest::nearest;
pub use openapi::openapi;
pub use ports::{
    CheckedJob, CheckedRepository, ConfiguredDestination, Fault, FileProblem, HookAnswer, HookRefused,
    JobDocument, JobFacts, JobForms, ManagedBy, Messenger, Need, NeedKind, NextStart, NotRead, Reading,
    RepositoryCheck, RepositoryNamed, RunRefused, Runner, SchedulePreview, Timing,
};
pub use problem::{FieldError, Kind, More, Problem};
pub use server::{Inherited, Listener, serve};
pub use service::{FillRandom, ServerSettings, Service, Surroundings, router};
