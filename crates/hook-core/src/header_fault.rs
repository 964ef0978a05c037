//! Why a line is no header that a hook may have, in words (`spec.md` §2, "Headers text").

use thiserror::Error;

use crate::limits::{HEADER_BYTES, HEADERS};

/// A text that is no list of headers: the first line at fault, and its fault. Values are never repeated.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
#[error("line {line}: {fault}")]
#[non_exhaustive]
pub struct InvalidHeaders {
    /// Counts from 1, in the headers' own text, blank lines included.
    pub line: usize,
    /// What is wrong there.
    pub fault: HeaderFault,
}

/// What is wrong with a line.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
#[non_exhaustive]
pub enum HeaderFault {
    /// Not of the form `Name: value`.
    #[error("there is no colon between name and value")]
    NoColon,
    /// Nothing before the colon.
    #[error("there is no name before the colon")]
    EmptyName,
    /// RFC 9112 §5.1: a space before the colon has let messages be smuggled; one before the name continues the
    /// line before.
    #[error("there is a space before or behind the name")]
    SpaceAroundName,
    /// RFC 9110 §5.6.2.
    #[error("the name contains a character that is not allowed in a header name")]
    NotToken,
    /// Nothing behind the colon.
    #[error("there is no value behind the colon")]
    EmptyValue,
    /// TAB and CR included.
    #[error("the value contains the control character U+{:04X}", u32::from(*.0))]
    Control(char),
    /// Receivers do not agree on what it means.
    #[error("the value contains a character that is not ASCII")]
    NotAscii,
    /// The same name in an earlier line, in whatever letter case.
    #[error("{name} is there twice")]
    Repeated {
        /// In the spelling of the later line.
        name: String,
    },
    /// It frames or routes the message: `Host` would route past the allowlist behind a shared proxy.
    #[error("{name} frames or routes the message, and a hook may not set it")]
    Reserved {
        /// In the user's spelling.
        name: String,
    },
    /// Over [`HEADERS`].
    #[error("there are more than {HEADERS} headers")]
    TooMany,
    /// Over [`HEADER_BYTES`].
    #[error("names and values have more than {HEADER_BYTES} bytes in all")]
    TooLarge,
}
