//! The scheduler from outside, a subject a file.

mod described;
