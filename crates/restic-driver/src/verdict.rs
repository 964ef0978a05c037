//! What the end of a backup means (`spec.md` §3 and §4).

use std::fmt::Write;

use crate::{BackupSummary, Exit, FileError, Report};

/// How many unreadable or missing items a verdict names.
const NAMED: usize = 3;

/// What the end of a backup means, with the reason for a person to read: a lower-case fragment in one line.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Verdict {
    /// There is a whole snapshot (or, with `--skip-if-unchanged`, no need for one).
    Complete,
    /// There is a snapshot that lacks something.
    Incomplete {
        /// What it lacks.
        why: String,
    },
    /// There is no snapshot.
    Failed {
        /// What restic said, and how it ended.
        why: String,
    },
    /// It ended because the caller cancelled.
    Cancelled {
        /// How it ended.
        why: String,
    },
}

impl Report<BackupSummary> {
    /// Judges by what this crate did as well as by the code: after its own SIGINT, 130 (0.14, 0.19), 1 (0.18) and
    /// death by the signal all mean "cancelled"; but a backup that had finished is what it is. A code that nobody
    /// knows is a failure.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        match self.exit {
            Exit::Ok => self.lacking().map_or(Verdict::Complete, |why| Verdict::Incomplete { why }),
            Exit::Incomplete => Verdict::Incomplete { why: self.gaps() },
            _ if self.is_cancelled() => Verdict::Cancelled { why: self.cancelled() },
            _ => Verdict::Failed { why: self.failure() },
        }
    }

    /// The name of the signal that ended restic, as `SIGSEGV`.
    #[must_use]
    pub fn signal(&self) -> Option<String> {
        self.exit.signal_name()
    }

    fn is_cancelled(&self) -> bool {
        let by_us =
            matches!(self.exit, Exit::Signal(2)) || (self.killed && matches!(self.exit, Exit::Signal(9)));
        self.interrupted && (by_us || matches!(self.code, Some(1 | 130)))
    }

    /// Why a backup that ended with 0 is no whole one.
    fn lacking(&self) -> Option<String> {
        let silent = "restic ended well but printed no summary: whether there is a snapshot is not known";
        self.missing().or_else(|| self.output.is_none().then(|| silent.to_owned()))
    }

    /// Why restic itself says that something is missing (exit 3).
    fn gaps(&self) -> String {
        let gaps: Vec<_> = self.missing().into_iter().chain(self.unreadable()).collect();
        if gaps.is_empty() { "restic could not read everything (exit 3)".to_owned() } else { gaps.join("; ") }
    }

    fn missing(&self) -> Option<String> {
        let named =
            named(&self.missing_sources, self.missing_sources.len(), ", ", |source| printable(source))?;
        Some(format!("the snapshot lacks what does not exist: {named}"))
    }

    fn unreadable(&self) -> Option<String> {
        let count = usize::try_from(self.file_error_count).unwrap_or(usize::MAX);
        let named = named(&self.file_errors, count, "; ", |FileError { item, message, .. }| {
            // Newer restics name the path in the message, too.
            if message.contains(item) { printable(message) } else { printable(&format!("{item}: {message}")) }
        })?;
        let plural = if count == 1 { "" } else { "s" };
        Some(format!("restic could not read {count} item{plural}: {named}"))
    }

    fn cancelled(&self) -> String {
        if self.killed {
            "restic was killed, because it did not end when it was interrupted".to_owned()
        } else {
            "restic was interrupted".to_owned()
        }
    }

    fn failure(&self) -> String {
        let mut why = match &self.last_word {
            Some(word) => format!("restic: {}", printable(word)),
            None => self.exit.to_string(),
        };
        let _ = match (self.code, self.signal()) {
            (Some(code), _) => write!(why, " (exit {code})"),
            (None, Some(signal)) if self.last_word.is_some() => write!(why, " (killed by {signal})"),
            (None, _) => Ok(()),
        };
        why
    }
}

/// The first few of `count` things; nothing where there is none.
fn named<T>(things: &[T], count: usize, separator: &str, name: impl Fn(&T) -> String) -> Option<String> {
    let mut names: Vec<_> = things.iter().take(NAMED).map(name).collect();
    names.extend((count > NAMED).then(|| "…".to_owned()));
    (!names.is_empty()).then(|| names.join(separator))
}

/// Control characters made visible: a file may have a line end in its name.
fn printable(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for char in text.chars() {
        if char.is_control() {
            shown.extend(char.escape_default());
        } else {
            shown.push(char);
        }
    }
    shown
}
