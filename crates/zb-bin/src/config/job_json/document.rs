//! A document while it is read: its values, where they stand in it, and what is wrong with it so far.

use serde_json::Value;
use toml::{
    Table,
    de::{DeTable, DeValue},
};
use zb_server::{Fault, FieldError, JobDocument, NotRead, Reading};

use super::{keys, known, read};
use crate::config::BadInput;

/// A document while it is read. It has no Debug: secrets stand in it.
pub(super) struct Draft<'d> {
    pub(super) table: Table,
    document: &'d JobDocument,
    faults: Fault,
}

impl<'d> Draft<'d> {
    pub(super) fn of(document: &'d JobDocument) -> Result<Self, NotRead> {
        let (table, faults) = match document {
            JobDocument::Json(Value::Object(members)) => read::job(members),
            JobDocument::Json(_) => {
                return Err(NotRead::Invalid(vec![FieldError::new("", "it is an object")]));
            }
            JobDocument::Toml(text) => (toml(text)?, Fault::new()),
        };
        Ok(Self { table, document, faults })
    }

    /// Says whose it is where it does not.
    pub(super) fn belongs_to(&mut self, reading: &Reading<'_>) {
        let mut unsaid = |key: &str, id: String| {
            self.table.entry(key).or_insert(id.into());
        };
        unsaid("organization", reading.organization.to_string());
        if let Some(schedule) = reading.schedule {
            unsaid("id", schedule.to_string());
        }
    }

    /// Takes a repository that is known, if the document says nothing else.
    pub(super) fn takes_repository(&mut self, known: &Table, masked: &Table) {
        for path in known::differing(&self.table, known, masked) {
            let reason = "is not what this repository has: change it at /repositories";
            self.note(FieldError::new(keys::pointer(&path), reason), &path, None);
        }
        known::put(&mut self.table, known);
    }

    /// What was read, if nothing was wrong; else everything, in the order of the document.
    pub(super) fn conclude<T>(mut self, read: Result<T, Vec<BadInput>>) -> Result<T, Fault> {
        match read {
            Ok(read) if self.faults.is_empty() => return Ok(read),
            Ok(_) => {}
            Err(faults) => {
                for fault in faults {
                    let error = FieldError::new(keys::pointer(&fault.key), reason(&fault));
                    self.note(error, &fault.key, fault.header_line);
                }
            }
        }
        let mut faults = std::mem::take(&mut self.faults);
        match self.document {
            JobDocument::Json(document) => {
                faults.sort_by_cached_key(|fault| (place(document, &fault.field), fault.line));
            }
            JobDocument::Toml(_) => faults.sort_by_key(|fault| fault.line.unwrap_or(usize::MAX)),
        }
        Err(faults)
    }

    fn note(&mut self, mut error: FieldError, path: &[String], header_line: Option<u32>) {
        error.line = match self.document {
            JobDocument::Json(_) => header_line.map(lines),
            JobDocument::Toml(text) => line(text, path, header_line),
        };
        self.faults.push(error);
    }
}

/// The fault's words, without the name of its key, which is told apart.
fn reason(fault: &BadInput) -> String {
    let named = fault.reason.strip_prefix('`').and_then(|rest| rest.split_once('`'));
    match named {
        Some((name, rest)) if fault.key.join(".").starts_with(name) => {
            rest.trim_start_matches([' ', ',', ':']).to_owned()
        }
        _ => fault.reason.trim_start_matches("[repository] ").to_owned(),
    }
}

/// Where a field stands: the number of its member in each object on the way. What is missing comes behind the rest.
fn place(document: &Value, pointer: &str) -> Vec<usize> {
    let mut place = Vec::new();
    let mut at = Some(document);
    for name in pointer.split('/').skip(1).map(|name| name.replace("~1", "/").replace("~0", "~")) {
        let found = match at {
            Some(Value::Object(members)) => members
                .iter()
                .enumerate()
                .find(|(_, (key, _))| **key == name)
                .map(|(at, (_, value))| (at, value)),
            Some(Value::Array(items)) => name.parse().ok().and_then(|at: usize| Some((at, items.get(at)?))),
            _ => None,
        };
        place.push(found.map_or(usize::MAX, |(at, _)| at));
        at = found.map(|(_, value)| value);
    }
    place
}

fn toml(text: &str) -> Result<Table, NotRead> {
    // The parser's message may have a piece of the text, which may be a secret.
    text.parse().map_err(|error: toml::de::Error| {
        let line = error.span().map(|span| line_at(text, span.start));
        let place = line.map(|line| format!(": line {line}")).unwrap_or_default();
        NotRead::Malformed(format!("the body is no TOML{place}"))
    })
}

/// The line of a key; where it is missing, of its table. Of a headers text, the line in it.
fn line(text: &str, path: &[String], header_line: Option<u32>) -> Option<usize> {
    let root = DeTable::parse(text).ok()?;
    let mut table = Some(root.get_ref());
    let mut found = None;
    for key in path {
        let Some((written, value)) = table.and_then(|table| table.get_key_value(key.as_str())) else { break };
        found = Some((written.span().start, value.span()));
        table = match value.get_ref() {
            DeValue::Table(inner) => Some(inner),
            _ => None,
        };
    }
    let (key, value) = found?;
    let written = text.get(value.clone()).unwrap_or_default();
    let is_block = ["\"\"\"\n", "'''\n"].iter().any(|quotes| written.starts_with(quotes));
    Some(match header_line {
        Some(line) if is_block => line_at(text, value.start) + lines(line),
        _ => line_at(text, key),
    })
}

fn lines(count: u32) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX)
}

fn line_at(text: &str, offset: usize) -> usize {
    text.bytes().take(offset).filter(|byte| *byte == b'\n').count() + 1
}
