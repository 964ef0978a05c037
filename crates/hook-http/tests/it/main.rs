//! hook-http against servers that we wrote by hand: only such can drip, stall, cut and reset.

#![expect(clippy::unwrap_used, reason = "helpers of tests are tests")]

mod caps;
mod certificates;
mod deadline;
mod gate;
mod headers;
mod outcomes;
mod proxy;
mod secrets;
mod server;
mod tls;
mod tls_server;
mod tls_words;
mod wire_laws;
