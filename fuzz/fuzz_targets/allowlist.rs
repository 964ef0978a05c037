//! The laws of hook-core's tests, on texts that nobody has thought of.
#![no_main]

#[path = "../../crates/hook-core/tests/it/allowlist_laws.rs"]
mod allowlist_laws;

libfuzzer_sys::fuzz_target!(|text: &[u8]| {
    if let Ok(text) = std::str::from_utf8(text) {
        allowlist_laws::hold_for(text);
    }
});
