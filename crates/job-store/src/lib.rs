#![doc = include_str!("../README.md")]

mod store;
mod thread;

mod directory;
mod error;
mod key;

mod database;

mod events;
mod journal;
mod projection;

mod claims;
mod plans;
mod run_store;
mod runs;
mod seal;

pub use error::OpenError;
pub use store::Store;
