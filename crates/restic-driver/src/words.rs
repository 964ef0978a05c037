//! What restic says only in words: its text on stderr, from 0.14 to today.

use crate::Exit;

/// `/data does not exist, skipping`: a source that the snapshot lacks, at exit 0 before 0.19.
pub(crate) fn missing_source(line: &str) -> Option<&str> {
    line.strip_suffix(" does not exist, skipping")
}

/// The words that follow `Fatal: `.
pub(crate) fn fatal(line: &str) -> Option<&str> {
    line.strip_prefix("Fatal: ")
}

/// The first line of a Go program's crash.
pub(crate) fn is_crash(line: &str) -> bool {
    ["panic: ", "fatal error: ", "runtime: "].iter().any(|start| line.starts_with(start))
}

/// The second of the two lines that a Go stack has for each function: a tab, file and line.
pub(crate) fn is_stack_place(line: &str) -> bool {
    line.starts_with('\t')
}

/// The words with which `init` refuses a location that has a repository.
pub(crate) fn says_repository_exists(line: &str) -> bool {
    line.contains("config file already exists") || line.contains("config already initialized")
}

/// What newer restics say by exit code and older ones by exit 1 and these words.
pub(crate) fn meaning(line: &str) -> Option<Exit> {
    const ABSENT: [&str; 4] = ["no such file or directory", "does not exist", "not found", "Not Found"];
    if line.contains("wrong password or no key found") {
        Some(Exit::WrongPassword)
    } else if line.contains("repository is already locked") {
        Some(Exit::Locked)
    } else if line.contains("unable to open config file") && ABSENT.iter().any(|word| line.contains(word)) {
        Some(Exit::NoRepository)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::meaning;
    use crate::Exit;

    #[test]
    fn only_plain_words_have_a_meaning() {
        let cases = [
            ("Fatal: wrong password or no key found", Some(Exit::WrongPassword)),
            (
                "Fatal: unable to open config file: stat /none/config: no such file or directory",
                Some(Exit::NoRepository),
            ),
            (
                "Fatal: unable to open config file: unexpected HTTP response (404): 404 Not Found",
                Some(Exit::NoRepository),
            ),
            (
                "Fatal: unable to open config file: Stat: The specified bucket does not exist",
                Some(Exit::NoRepository),
            ),
            ("Fatal: unable to open config file: stat /repo/config: permission denied", None),
            (
                "unable to create lock in backend: repository is already locked by PID 5600 on vm by root (UID 0, GID 0)",
                Some(Exit::Locked),
            ),
            (
                "Fatal: unable to create lock in backend: repository is already locked exclusively by PID 7 on vm",
                Some(Exit::Locked),
            ),
            ("Fatal: all target directories/files do not exist", None),
            ("/data does not exist, skipping", None),
            ("", None),
        ];
        for (line, expect) in cases {
            assert_eq!(meaning(line), expect, "{line}");
        }
    }
}
