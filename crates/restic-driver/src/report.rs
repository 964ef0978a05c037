//! What there is to say once restic has ended.

use crate::{Exit, FileError, Output, streams::Said};

/// How a restic ended and what it said. Once restic has started there is always a report: exit code, stderr and
/// noise are data, not errors. No secret of the invocation is in it.
#[derive(Debug)]
#[non_exhaustive]
pub struct Report<T> {
    /// How it ended, also where an older restic says so only in words.
    pub exit: Exit,
    /// The plain exit code; absent where a signal ended it.
    pub code: Option<i32>,
    /// What the command was run for, as far as it came.
    pub output: Option<T>,
    /// The first 100 items that could not be read.
    pub file_errors: Vec<FileError>,
    /// How many items could not be read.
    pub file_error_count: u64,
    /// Sources that "do not exist, skipping": restic before 0.19 says so at exit 0. At most 100.
    pub missing_sources: Vec<String>,
    /// The first and last 64 KiB of stderr, without terminal codes.
    pub stderr: String,
    /// restic's last word on why it failed, in one line.
    pub last_word: Option<String>,
    /// `init` found a repository in its place.
    pub repository_exists: bool,
    /// Lines that were no message, or too long to be one.
    pub skipped_lines: u64,
    /// SIGINT was sent, because the caller cancelled.
    pub interrupted: bool,
    /// SIGKILL was sent, because restic outlived the grace.
    pub killed: bool,
}

/// The end of the process itself.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ended {
    pub(crate) exit: Exit,
    pub(crate) code: Option<i32>,
    pub(crate) interrupted: bool,
    pub(crate) killed: bool,
}

impl<T: Output> Report<T> {
    pub(crate) fn new(ended: Ended, said: Said) -> Self {
        let Ended { exit, code, interrupted, killed } = ended;
        let Said { mut heard, document, skipped_lines } = said;
        let exit = if exit == Exit::Fatal { heard.meaning.unwrap_or(exit) } else { exit };
        Self {
            exit,
            code,
            output: T::take(heard.summary.take(), &document),
            last_word: heard.last_word().map(str::to_owned),
            file_errors: heard.file_errors,
            file_error_count: heard.file_error_count,
            missing_sources: heard.missing_sources,
            stderr: heard.stderr.into_text(),
            repository_exists: heard.repository_exists,
            skipped_lines,
            interrupted,
            killed,
        }
    }
}
