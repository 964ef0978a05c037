//! restic's JSON lines, tolerant of new fields and new kinds.

use std::{borrow::Cow, io};

use serde::Deserialize;
use serde_json::Value;

use crate::terminal;

/// One line of `restic --json`.
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub enum Message {
    /// How far restic is.
    Status(Progress),
    /// Something that restic could not read.
    Error(FileError),
    /// What restic did with one item; only with `--verbose`.
    Verbose(ItemDone),
    /// The last word of a backup that made (or, unchanged, did without) a snapshot.
    Summary(BackupSummary),
    /// The last word of a restic that failed (0.17 and later).
    ExitError(ExitError),
}

/// How far a backup is.
#[derive(Clone, PartialEq, Debug, Default, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Progress {
    /// From 0 to 1.
    pub percent_done: f64,
    /// Files read so far.
    pub files_done: u64,
    /// Bytes read so far.
    pub bytes_done: u64,
    /// Files found so far.
    pub total_files: u64,
    /// Bytes found so far.
    pub total_bytes: u64,
    /// restic's own estimate, in seconds.
    pub seconds_remaining: Option<u64>,
    /// What restic reads at this moment.
    pub current_files: Vec<String>,
}

/// Something that restic could not read.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct FileError {
    /// The path, as restic has it.
    pub item: String,
    /// Why, in restic's words where it had any.
    pub message: String,
    /// `archival`, or `scan` for the count that runs ahead of the backup: that one costs no data.
    pub during: String,
}

/// What restic did with one item.
#[derive(Clone, PartialEq, Debug, Default, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct ItemDone {
    /// `new`, `changed`, `unchanged`, `scan_finished`.
    pub action: String,
    /// The path within the snapshot; a directory ends in `/`.
    pub item: String,
    /// Bytes of its content.
    pub data_size: u64,
}

/// What a backup read and saved.
#[derive(Clone, PartialEq, Debug, Default, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct BackupSummary {
    /// Files that the parent snapshot did not have.
    pub files_new: u64,
    /// Files that differ from the parent snapshot.
    pub files_changed: u64,
    /// Files as they were.
    pub files_unmodified: u64,
    /// Bytes added to the repository, before compression.
    pub data_added: u64,
    /// Files read.
    pub total_files_processed: u64,
    /// Bytes read.
    pub total_bytes_processed: u64,
    /// 8 hexadecimal digits from old restics, 64 from new ones; none where `--skip-if-unchanged` made no snapshot.
    #[serde(deserialize_with = "snapshot_id")]
    pub snapshot_id: Option<String>,
}

/// Why restic failed, in its own words.
#[derive(Clone, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct ExitError {
    /// The exit code that follows.
    pub code: i32,
    /// May have several lines.
    pub message: String,
}

impl Message {
    /// Reads one line. `None` for what is no JSON, is no message, or is of an unknown kind.
    #[must_use]
    pub fn parse(line: &[u8]) -> Option<Self> {
        let line = terminal::without_leading_codes(line);
        // Asked first: a look is far quicker than the search for what would have to be replaced.
        let line = str::from_utf8(line).map_or_else(|_| String::from_utf8_lossy(line), Cow::Borrowed);
        match &*kind(&line)? {
            "status" => status(&line),
            "error" => file_error(&line).map(Self::Error),
            "verbose_status" => serde_json::from_str(&line).ok().map(Self::Verbose),
            "summary" => serde_json::from_str(&line).ok().map(Self::Summary),
            "exit_error" => serde_json::from_str(&line).ok().map(Self::ExitError),
            _ => None,
        }
    }
}

/// restic writes the kind first: a look is enough, and status lines are many.
fn kind(line: &str) -> Option<Cow<'_, str>> {
    #[derive(Deserialize)]
    struct Head<'a> {
        #[serde(borrow)]
        message_type: Cow<'a, str>,
    }
    let first = line.strip_prefix(r#"{"message_type":""#).and_then(|rest| rest.split_once('"'));
    match first {
        Some((kind, _)) => Some(Cow::Borrowed(kind)),
        None if line.starts_with('{') => {
            serde_json::from_str::<Head<'_>>(line).ok().map(|head| head.message_type)
        }
        None => None,
    }
}

/// restic 0.14 prints the end of its scan as a `status` with an `action`.
fn status(line: &str) -> Option<Message> {
    if line.contains(r#""action":"#)
        && let Ok(done) = serde_json::from_str::<ItemDone>(line)
        && !done.action.is_empty()
    {
        return Some(Message::Verbose(done));
    }
    serde_json::from_str(line).ok().map(Message::Status)
}

fn file_error(line: &str) -> Option<FileError> {
    #[derive(Deserialize)]
    #[serde(default)]
    #[derive(Default)]
    struct Line {
        error: Value,
        during: String,
        item: String,
    }
    let Line { error, during, item } = serde_json::from_str(line).ok()?;
    Some(FileError { item, message: reason(&error), during })
}

/// An error is a text, `{"message":…}` (0.17 and later), a Go error (`{"Op":…,"Err":13}`) or `{}` (before).
fn reason(error: &Value) -> String {
    let text = error.as_str().or_else(|| error.get("message")?.as_str()).filter(|text| !text.is_empty());
    if let Some(text) = text {
        return text.to_owned();
    }
    match error.get("Err").and_then(Value::as_i64).and_then(|code| i32::try_from(code).ok()) {
        Some(code) => os_reason(code),
        None => "restic could not read it and did not say why".to_owned(),
    }
}

/// `permission denied` for 13: without the number, and in the case in which restic prints it.
fn os_reason(code: i32) -> String {
    let text = io::Error::from_raw_os_error(code).to_string();
    text.split(" (os error").next().unwrap_or(&text).to_lowercase()
}

fn snapshot_id<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let id = Option::<String>::deserialize(deserializer)?;
    Ok(id.filter(|id| matches!(id.len(), 8 | 64) && id.bytes().all(|byte| byte.is_ascii_hexdigit())))
}
