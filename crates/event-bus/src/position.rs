//! Where an event stands: in the whole journal, and in its stream.

use std::{fmt, sync::Arc};

use serde::{Deserialize, Serialize};

/// The place of an event in the whole journal. Later events have greater positions; there may be gaps.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Position(u64);

impl Position {
    /// Before the first event.
    pub const START: Self = Self(0);

    /// The position with this number; events count from 1.
    #[must_use]
    pub const fn new(number: u64) -> Self {
        Self(number)
    }

    /// Its number; 0 is [`Position::START`].
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// How many events a stream holds; the version of an event is the number of events up to it and with it.
/// Without gaps: 1, 2, 3.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Version(u32);

impl Version {
    /// Of a stream without events; a writer that begins a stream expects it.
    pub const EMPTY: Self = Self(0);

    /// The version with this number.
    #[must_use]
    pub const fn new(number: u32) -> Self {
        Self(number)
    }

    /// Its number; 0 is [`Version::EMPTY`].
    #[must_use]
    pub const fn get(self) -> u32 {
        self.0
    }

    /// After one more event.
    #[must_use]
    pub const fn next(self) -> Self {
        self.plus(1)
    }

    /// After `events` more events; it stays at the greatest number when that is reached.
    #[must_use]
    pub const fn plus(self, events: u32) -> Self {
        Self(self.0.saturating_add(events))
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The name of a stream: events of one stream belong together and have one writer at a time. Any text; cheap to
/// clone.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub struct StreamId(Arc<str>);

impl StreamId {
    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&str> for StreamId {
    fn from(name: &str) -> Self {
        Self(name.into())
    }
}

impl From<String> for StreamId {
    fn from(name: String) -> Self {
        Self(name.into())
    }
}

impl From<StreamId> for String {
    fn from(stream: StreamId) -> Self {
        stream.as_str().to_owned()
    }
}

impl fmt::Display for StreamId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
