//! Rules for single files: each module says what it is, stays small, and leaves nothing for later.

/// Lines of Rust in a file, tests not counted.
const MOST_LINES: usize = 450;

/// What is nowhere, with the reason. Split, so that this file passes too.
const NOWHERE: [(&str, &str); 7] = [
    (concat!("TO", "DO"), "is a promise to nobody: open an issue"),
    (concat!("FIX", "ME"), "is a promise to nobody: open an issue"),
    (concat!("#[ign", "ore"), "is a test that cannot fail"),
    (concat!("#[should_", "panic"), "accepts any panic: assert the error"),
    (concat!("#[all", "ow("), "is silent when it is no longer needed: #[expect(…, reason = \"…\")]"),
    (concat!("#![all", "ow("), "is silent when it is no longer needed: #![expect(…, reason = \"…\")]"),
    (concat!("/ro", "ot/"), "is a path of somebody's machine"),
];

pub(super) fn findings(file: &str, text: &str) -> Vec<String> {
    let mut findings = Vec::new();
    for (number, line) in text.lines().enumerate() {
        for (word, reason) in NOWHERE.iter().filter(|(word, _)| line.contains(word)) {
            findings.push(format!("{file}:{}: {word} {reason}", number + 1));
        }
    }
    if file.ends_with(".rs") {
        if !text.starts_with("//!") && !text.starts_with("#![doc = include_str!") {
            findings.push(format!("{file}:1: a module begins with what it is (//!)"));
        }
        let lines = lines_without_tests(text);
        if lines > MOST_LINES && !is_test(file) {
            findings.push(format!("{file}: {lines} lines hold more than one idea (at most {MOST_LINES})"));
        }
    }
    findings
}

/// A file of an integration test.
fn is_test(file: &str) -> bool {
    file.starts_with("tests/") || file.contains("/tests/")
}

/// Unit tests stand at a file's end.
fn lines_without_tests(text: &str) -> usize {
    text.lines().take_while(|line| *line != "#[cfg(test)]").count()
}

#[cfg(test)]
mod tests {
    use super::findings;

    #[test]
    fn a_module_says_what_it_is() {
        assert!(findings("src/a.rs", "//! It is.\n").is_empty());
        assert!(findings("src/lib.rs", "#![doc = include_str!(\"../README.md\")]\n").is_empty());
        assert_eq!(
            findings("src/a.rs", "fn main() {}\n"),
            ["src/a.rs:1: a module begins with what it is (//!)"]
        );
        assert!(findings("a.md", "No module.\n").is_empty());
    }

    #[test]
    fn a_long_module_is_found_but_tests_are_free() {
        let long = format!("//! It is.\n{}", "//\n".repeat(450));
        assert_eq!(findings("src/a.rs", &long).len(), 1);
        assert!(findings("crates/x/tests/it/a.rs", &long).is_empty());
        let tested = format!("//! It is.\n#[cfg(test)]\n{}", "//\n".repeat(450));
        assert!(findings("src/a.rs", &tested).is_empty());
    }

    #[test]
    fn nothing_is_left_for_later() {
        let later = concat!("//! It is.\n// TO", "DO: all\n");
        assert_eq!(
            findings("src/a.rs", later),
            [concat!("src/a.rs:2: TO", "DO is a promise to nobody: open an issue")]
        );
    }
}
