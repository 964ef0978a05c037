//! The machine is pure: no clock, no randomness, no I/O, nothing that waits (architecture, law 12).

use super::{code, has_word};

const FOLDER: &str = "crates/lifecycle-engine/src/machine";

const IMPURE: [&str; 12] = [
    "async",
    "await",
    "tokio",
    "rand",
    "Instant",
    "SystemTime",
    "std::time",
    "std::fs",
    "std::env",
    "std::net",
    "std::process",
    "std::thread",
];

pub(super) fn findings(file: &str, text: &str) -> Vec<String> {
    if !file.starts_with(FOLDER) {
        return Vec::new();
    }
    let mut findings = Vec::new();
    for (number, line) in text.lines().enumerate() {
        // A duration is a number; it is the clocks beside it that are impure.
        let code = code(line).replace("std::time::Duration", "Duration");
        for word in IMPURE.iter().filter(|word| has_word(&code, word)) {
            findings.push(format!("{file}:{}: {word} in the pure machine", number + 1));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::findings;

    #[test]
    fn a_clock_in_the_machine_is_found() {
        let text = "//! No async here.\nuse std::time::Instant;\nuse std::time::Duration;\n";
        let file = "crates/lifecycle-engine/src/machine/decide.rs";
        let expected = [
            format!("{file}:2: Instant in the pure machine"),
            format!("{file}:2: std::time in the pure machine"),
        ];
        assert_eq!(findings(file, text), expected);
        assert!(findings("crates/lifecycle-engine/src/run.rs", text).is_empty());
    }
}
