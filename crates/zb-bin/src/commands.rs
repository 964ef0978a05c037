//! The commands, a file each: they get what they need as arguments and say how the process ends.

pub mod completions;
pub mod config;
