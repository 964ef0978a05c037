//! `zb serve` at work: the jobs, the scheduler, the runs in progress, and their end.

mod book;
mod elsewhere;
mod entry;
mod figures;
mod files;
mod front;
mod messenger;
mod port;
mod repository;
mod retention;
mod runner;
mod runs;
mod slots;
mod systemd;
mod within;

pub(crate) use book::{Book, Changes};
pub(crate) use elsewhere::Elsewhere;
pub(crate) use figures::Gauges;
pub(crate) use files::Files;
pub(crate) use front::{Parts, browsable, is_alive, listen, reached, service};
pub(crate) use messenger::ServiceMessenger;
pub(crate) use port::{Marks, fresh_id};
pub(crate) use runner::ServiceRunner;
pub(crate) use runs::Runs;
pub(crate) use systemd::Systemd;
