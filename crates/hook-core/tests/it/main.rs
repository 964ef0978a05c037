//! The public API of hook-core: tables for cases, properties for laws, golden files for what is on the wire.
#![expect(
    clippy::unwrap_used,
    reason = "clippy.toml allows it in tests, but sees only the functions marked as such"
)]

mod allowlist;
mod allowlist_laws;
mod body;
mod corpus;
mod events;
mod header_from;
mod header_laws;
mod headers;
mod hook;
mod hook_url;
mod ids;
mod signing;
mod trace;
mod wire;
