//! Everything that a person writes for zb: settings in layers, and job files.
//!
//! Reading is strict, and its one error, [`BadInput`], names file, line and key, the reason and the way out. Files
//! are read by an own walker over `toml`'s spanned tables: an unknown key at any depth, a wrong type and a range all
//! keep their place, and nothing is coerced in silence.

mod bad_input;
mod behind_proxy;
mod place;

mod durations;
mod section;
mod service;
mod toml_text;

pub mod env_vars;
mod layers;
mod log_format;
mod notify;
mod settings;
mod surroundings;

mod definition;
mod job_file;
mod job_hook;
mod job_identity;
mod job_json;
mod job_ref;
mod job_repository;
mod job_retention;
mod mask;
mod mend;
mod restic_flags;
mod secret_source;
mod value_from;

pub use bad_input::BadInput;
pub use definition::{Definition, Secrets};
pub use job_file::{BackupOptions, Compression, Depth, JOB_KEYS, Job, Priority};
pub use job_hook::{HOOK_KEYS, WHEN_KEY};
pub use job_identity::{JobIdentity, MAX_NAME_CHARS};
pub use job_json::{Forms, outside};
pub use job_ref::{EmptyJobRef, JobRef};
pub use job_repository::{
    PasswordSpec, REPOSITORY_KEYS, RepositorySpec, RepositoryUrl, ResolvedPassword, ResolvedRepository,
};
pub use job_retention::{RETENTION_KEYS, Retention};
pub use layers::{KEYS, Layered};
pub use log_format::LogFormat;
pub use notify::{NOTIFY_KEYS, Notify};
pub use place::Place;
pub use restic_flags::ResticFlags;
pub use scheduler::{Missed, Schedule};
pub(crate) use secret_source::without_line_end;
pub use secret_source::{ReadFile, ResolveError, Secret, SecretSource};
pub use section::Section;
pub use service::{Listen, SERVICE_KEYS, ServiceSettings, Shutdown};
pub use settings::Settings;
pub use surroundings::{Surroundings, Variables};
pub use toml_text::{Document, MAX_FILE_BYTES, TomlText};
