//! hook-http against servers that we wrote by hand: only such can drip, stall, cut and reset.

mod headers;
mod outcomes;
mod server;
