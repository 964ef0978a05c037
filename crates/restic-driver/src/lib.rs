#![doc = include_str!("../README.md")]

mod environment;
mod locate;
mod version;

mod repository;
mod secrets;

mod backup;
mod flags;
mod forget;
mod maintain;

mod locks;
mod occupant;
mod unlock;

mod plain;

mod invocation;
mod linux;
mod output;
mod run;
mod spawn;

mod excerpt;
mod heard;
mod lines;
mod message;
mod streams;
mod terminal;
mod words;

mod exit;
mod report;
mod verdict;

pub mod orphans;

mod error;

pub use backup::{BackupArgs, Compression};
pub use environment::BaseEnv;
pub use error::{LocateError, SpawnError};
pub use exit::Exit;
pub use flags::{FlagFault, RefusedFlag, SafeFlags};
pub use forget::{ForgetArgs, Forgotten, Keep};
pub use invocation::Invocation;
pub use lines::Lines;
pub use locate::{Remembered, Restic};
pub use locks::{Lock, LocksError};
pub use maintain::Snapshot;
pub use message::{BackupSummary, ExitError, FileError, ItemDone, Message, Progress};
pub use occupant::Occupant;
pub use output::Output;
pub use plain::{Attached, PlainArgs};
pub use report::Report;
pub use repository::{Password, RefusedVariable, Repository};
pub use secrets::MASK;
pub use spawn::{PipeKeeper, Priority};
pub use unlock::Removal;
pub use verdict::Verdict;
pub use version::{InvalidVersion, Version};
