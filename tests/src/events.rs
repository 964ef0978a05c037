//! The events of a run as `zb run --json` prints them (`spec.md` §6).

use serde_json::Value;

/// Events in the order of their lines.
#[derive(Clone, Debug)]
pub struct Events(Vec<Value>);

impl Events {
    /// One JSON object a line.
    ///
    /// # Panics
    /// At a line that is no JSON.
    #[must_use]
    pub fn parse(lines: &str) -> Self {
        let parse = |line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error} in {line:?}"));
        Self(lines.lines().map(parse).collect())
    }

    /// All of them, `progress` too.
    pub fn iter(&self) -> impl Iterator<Item = &Value> {
        self.0.iter()
    }

    /// Those that are kept: all but `progress`.
    pub fn kept(&self) -> impl Iterator<Item = &Value> {
        self.0.iter().filter(|event| event["type"] != "progress")
    }

    /// The types of those that are kept.
    #[must_use]
    pub fn types(&self) -> Vec<&str> {
        self.kept().map(|event| event["type"].as_str().expect("type is a text")).collect()
    }

    /// All of a type.
    #[must_use]
    pub fn all(&self, kind: &str) -> Vec<&Value> {
        self.0.iter().filter(|event| event["type"] == kind).collect()
    }

    /// The only one of a type.
    ///
    /// # Panics
    /// Where there is none, or more than one.
    #[must_use]
    #[track_caller]
    pub fn one(&self, kind: &str) -> &Value {
        let found = self.all(kind);
        assert_eq!(found.len(), 1, "{kind} in {:#?}", self.0);
        found[0]
    }

    /// The only one of a type and phase.
    ///
    /// # Panics
    /// Where there is none, or more than one.
    #[must_use]
    #[track_caller]
    pub fn hook(&self, kind: &str, phase: &str) -> &Value {
        let found: Vec<_> = self.all(kind).into_iter().filter(|event| event["phase"] == phase).collect();
        assert_eq!(found.len(), 1, "{kind} {phase} in {:#?}", self.0);
        found[0]
    }
}
