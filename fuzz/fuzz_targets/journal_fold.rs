//! The law of histories, on histories that nobody has thought of: each line is an event, as a journal keeps them.
#![no_main]

#[path = "../../crates/job-store/tests/it/fold_law.rs"]
mod fold_law;

libfuzzer_sys::fuzz_target!(|lines: &[u8]| {
    if let Ok(lines) = std::str::from_utf8(lines) {
        fold_law::holds_for(lines);
    }
});
