//! The headers of a hook: text to list and back, each the inverse of the other (`spec.md` §2, "Headers text").

use std::{fmt, str::FromStr};

use http::{HeaderName, HeaderValue};

use crate::{
    header_fault::{HeaderFault, InvalidHeaders},
    limits::{HEADER_BYTES, HEADERS},
    text::MASK,
};

/// Headers as a user wrote them, one `Name: value` a line: names are distinct tokens that neither frame nor route
/// the message, values are visible ASCII and spaces, all within [`HEADERS`] and [`HEADER_BYTES`].
///
/// `FromStr` reads the text. Display prints it, **values included**, in the user's spelling, so that the two are
/// inverse; show a person [`masked`](Self::masked) instead. Debug hides the values.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct HookHeaders(Vec<Header>);

#[derive(Clone, PartialEq, Eq)]
struct Header {
    /// [`HeaderName`] folds the letter case.
    spelling: String,
    name: HeaderName,
    value: HeaderValue,
}

impl Header {
    fn new(spelling: &str, value: &str) -> Result<Self, HeaderFault> {
        Ok(Self { spelling: spelling.to_owned(), name: parse_name(spelling)?, value: parse_value(value)? })
    }

    fn bytes(&self) -> usize {
        self.name.as_str().len() + self.value.len()
    }
}

/// Names that frame or route the message, beside all of `proxy-…`; in lower case, as [`HeaderName`] has them.
const RESERVED: [&str; 9] = [
    "host",
    "content-length",
    "transfer-encoding",
    "connection",
    "upgrade",
    "te",
    "trailer",
    "keep-alive",
    "expect",
];

/// Spaces and tabs: what is trimmed around a value.
const BLANK: [char; 2] = [' ', '\t'];

impl HookHeaders {
    /// Names and values in the user's order. The values are marked as sensitive.
    pub fn iter(&self) -> impl Iterator<Item = (&HeaderName, &HeaderValue)> {
        self.0.iter().map(|header| (&header.name, &header.value))
    }

    /// Whether the user named this header.
    #[must_use]
    pub fn contains(&self, name: &HeaderName) -> bool {
        self.0.iter().any(|header| header.name == name)
    }

    /// The text with every value as `••••••••`, whatever its length.
    #[must_use]
    pub fn masked(&self) -> String {
        self.0.iter().map(|header| format!("{}: {MASK}\n", header.spelling)).collect()
    }

    /// Adds one more, under the rules of the text; where it breaks one, nothing is added.
    ///
    /// # Errors
    /// The rule that it breaks. The value is not repeated.
    pub fn insert(&mut self, name: &str, value: &str) -> Result<(), HeaderFault> {
        self.add(Header::new(name, value)?)
    }

    fn add(&mut self, header: Header) -> Result<(), HeaderFault> {
        if self.contains(&header.name) {
            return Err(HeaderFault::Repeated { name: header.spelling });
        }
        if self.0.len() == HEADERS {
            return Err(HeaderFault::TooMany);
        }
        if self.0.iter().chain([&header]).map(Header::bytes).sum::<usize>() > HEADER_BYTES {
            return Err(HeaderFault::TooLarge);
        }
        self.0.push(header);
        Ok(())
    }
}

impl FromStr for HookHeaders {
    type Err = InvalidHeaders;

    fn from_str(text: &str) -> Result<Self, InvalidHeaders> {
        let mut headers = Self::default();
        // `lines` ends a line at LF and CRLF only: a lone CR stays in its line, and is refused there.
        let is_blank = |line: &str| line.trim_matches(BLANK).is_empty();
        for (index, line) in text.lines().enumerate().filter(|(_, line)| !is_blank(line)) {
            let added = parse_line(line).and_then(|header| headers.add(header));
            added.map_err(|fault| InvalidHeaders { line: index + 1, fault })?;
        }
        Ok(headers)
    }
}

impl fmt::Display for HookHeaders {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|header| {
            writeln!(f, "{}: {}", header.spelling, header.value.to_str().map_err(|_| fmt::Error)?)
        })
    }
}

impl fmt::Debug for HookHeaders {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.0.iter().map(|header| (&header.spelling, &header.value))).finish()
    }
}

fn parse_line(line: &str) -> Result<Header, HeaderFault> {
    let (spelling, value) = line.split_once(':').ok_or(HeaderFault::NoColon)?;
    Header::new(spelling, value)
}

fn parse_name(spelling: &str) -> Result<HeaderName, HeaderFault> {
    let inner = spelling.trim_matches(BLANK);
    if inner.is_empty() {
        return Err(HeaderFault::EmptyName);
    }
    if inner != spelling {
        return Err(HeaderFault::SpaceAroundName);
    }
    if !spelling.bytes().all(is_token_byte) {
        return Err(HeaderFault::NotToken);
    }
    let name = HeaderName::from_bytes(spelling.as_bytes()).map_err(|_| HeaderFault::NotToken)?;
    if RESERVED.contains(&name.as_str()) || name.as_str().starts_with("proxy-") {
        return Err(HeaderFault::Reserved { name: spelling.to_owned() });
    }
    Ok(name)
}

/// RFC 9110 §5.6.2, `tchar`.
fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

/// Stricter than [`HeaderValue`], which takes TAB, bytes over 0x7F and the empty value.
fn parse_value(text: &str) -> Result<HeaderValue, HeaderFault> {
    let text = text.trim_matches(BLANK);
    if text.is_empty() {
        return Err(HeaderFault::EmptyValue);
    }
    if let Some(control) = text.chars().find(|c| c.is_ascii_control()) {
        return Err(HeaderFault::Control(control));
    }
    let mut value =
        HeaderValue::from_str(text).ok().filter(|_| text.is_ascii()).ok_or(HeaderFault::NotAscii)?;
    value.set_sensitive(true);
    Ok(value)
}
