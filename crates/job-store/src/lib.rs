#![doc = include_str!("../README.md")]

mod beside;
mod changes;
mod store;
mod thread;

mod directory;
mod error;
mod files;
mod key;

mod database;

mod deliveries;
mod delivery_lists;
mod destinations;
mod events;
mod journal;
mod marks;
mod memories;
mod outbox;
mod projection;

mod claims;
mod plans;
mod progress_files;
mod run_store;

mod accounts;

mod hook_tests;
mod idempotency;
mod job_lists;
mod job_rows;
mod repositories;
mod stored_job;
mod stored_jobs;

mod history;
mod run;
mod run_lists;
mod run_sql;
mod runs;
mod seal;

#[cfg(feature = "test-util")]
pub mod testing;

pub use accounts::{
    Account, Actor, AuditEntry, AuditFilter, AuditPlace, DeleteOrganization, DeleteUser, Digest,
    FirstAccount, Identity, LinkFor, Member, Membership, NewLink, NewToken, Organization, OrganizationChange,
    PutMember, RemoveMember, Role, Scope, Token,
};
pub use beside::Serving;
pub use changes::Changes;
pub use delivery_lists::{DeliveryFilter, DeliveryPlace, ListedDelivery};
pub use destinations::{ChangeDestination, NewDestination, StoredDestination};
pub use error::OpenError;
pub use history::{RunFilter, RunWithHistory};
pub use job_lists::{Facts, JobList, JobPlace, ListedJob};
pub use progress_files::{ProgressFiles, ProgressTeller, Watching};
pub use repositories::{DeleteRepository, NewRepository, PutRepository, StoredRepository};
pub use run::{Detail, HookAttempt, HookReport, Hooks, PostHook, Retention, Run, Stage, Summary};
pub use run_lists::{RunGlance, RunList, RunPlace, WaitingForYou};
pub use store::Store;
pub use stored_job::{DeleteJob, Expected, JobName, JobRevision, NewJob, PutJob, StoredJob};
