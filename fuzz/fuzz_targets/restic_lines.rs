//! The law of restic-driver's tests, on bytes that no restic has printed yet.
#![no_main]

#[path = "../../crates/restic-driver/tests/it/lines_laws.rs"]
mod lines_laws;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| lines_laws::hold_for(bytes));
