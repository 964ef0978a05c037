#![doc = include_str!("../README.md")]

mod caller;
mod ports;
mod problem;
mod service;

mod api;

pub use caller::{Caller, Credential, Role, Scope};
pub use ports::{
    CheckedJob, Fault, HookAnswer, HookRefused, JobForms, RepositoryCheck, RunRefused, Runner, StoredForm,
};
pub use problem::{FieldError, Kind, More, Problem};
pub use service::{FillRandom, ServerSettings, Service, Surroundings, router};
