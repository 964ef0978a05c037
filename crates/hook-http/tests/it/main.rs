//! hook-http against servers that we wrote by hand: only such can drip, stall, cut and reset.

mod caps;
mod deadline;
mod headers;
mod outcomes;
mod server;
