//! Destinations of notifications (`api.md` §7): what both the API and the pages do with them.

mod keep;
mod kinds;
mod mask;
#[cfg(test)]
mod mask_laws;
mod read;
mod show;

pub(crate) use kinds::{Form, KINDS, Kind, OCCASIONS};
pub(crate) use show::{Definition, delivery};
