//! The notifier from outside, a subject a file.

mod conformance_catches;
mod conformance_holds;
