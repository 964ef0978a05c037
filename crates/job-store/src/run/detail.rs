//! Texts that are long or not for every eye.

use serde::{Serialize, Serializer};

/// A text that belongs to a run's details: lists leave its member out (`api.md` §5).
#[derive(Clone, PartialEq, Eq, Debug, Default)]
#[expect(clippy::exhaustive_enums, reason = "it is there, is not, or is not asked for")]
pub enum Detail {
    /// There is none.
    #[default]
    Nothing,
    /// There it is.
    Text(String),
    /// Nobody asked for it: the member is not there at all.
    LeftOut,
}

impl Detail {
    /// Whether its member is to be left out.
    #[must_use]
    pub fn is_left_out(&self) -> bool {
        *self == Self::LeftOut
    }
}

impl From<Option<String>> for Detail {
    fn from(text: Option<String>) -> Self {
        text.map_or(Self::Nothing, Self::Text)
    }
}

impl Serialize for Detail {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Text(text) => serializer.serialize_some(text),
            Self::Nothing | Self::LeftOut => serializer.serialize_none(),
        }
    }
}
