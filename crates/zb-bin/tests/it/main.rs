//! What a person writes for `zb`, and what `zb` says to it.

mod desk;
mod job_good;
