//! A hook's URL: checked as the user wrote it, before a parser can mend it; credentials apart from what is shown.

use std::{fmt, str::FromStr};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use percent_encoding::percent_decode_str;
use thiserror::Error;
use url::{Host, ParseError, Url};

use crate::{Origin, Secret, limits::URL_BYTES};

/// Where a hook is sent: an `http` or `https` URL of at most [`URL_BYTES`] bytes (`spec.md` §2).
///
/// Display and Debug show origin and path only. Userinfo is kept apart, for Basic auth, and a query is shown as
/// `?…`, because both are places where people put secrets.
#[derive(Clone, PartialEq, Eq)]
pub struct HookUrl {
    url: Url,
    origin: Origin,
    credentials: Option<(String, String)>,
}

impl HookUrl {
    /// The URL to request: without userinfo, never with a fragment.
    #[must_use]
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// Scheme, host and port.
    #[must_use]
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// User and password, percent-encoded as they stand in a URL: whoever sends them decodes them.
    #[must_use]
    pub fn credentials(&self) -> Option<(&str, &str)> {
        self.credentials.as_ref().map(|(user, password)| (user.as_str(), password.as_str()))
    }

    /// What `Authorization` says of the credentials (RFC 7617), where the URL has some.
    #[must_use]
    pub fn basic_auth(&self) -> Option<Secret> {
        let (user, password) = self.credentials()?;
        let pair = [percent_decode_str(user).collect(), vec![b':'], percent_decode_str(password).collect()];
        Some(format!("Basic {}", STANDARD.encode(pair.concat())).into())
    }
}

impl FromStr for HookUrl {
    type Err = InvalidUrl;

    fn from_str(text: &str) -> Result<Self, InvalidUrl> {
        let (mut url, origin) = parse_http(text)?;
        let credentials = (url.username().to_owned(), url.password().unwrap_or_default().to_owned());
        url.set_username("").and_then(|()| url.set_password(None)).map_err(|()| InvalidUrl::NoHost)?;
        let credentials =
            Some(credentials).filter(|(user, password)| !(user.is_empty() && password.is_empty()));
        Ok(Self { url, origin, credentials })
    }
}

impl fmt::Display for HookUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let query = if self.url.query().is_some() { "?…" } else { "" };
        write!(f, "{}{}{query}", self.origin, self.url.path())
    }
}

impl fmt::Debug for HookUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HookUrl({self})")
    }
}

/// Why a text is no URL that a hook may have. The text itself is not repeated: it may hold a password.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[non_exhaustive]
pub enum InvalidUrl {
    /// Nothing was written.
    #[error("it is empty")]
    Empty,
    /// Over [`URL_BYTES`].
    #[error("it has {bytes} bytes, and {URL_BYTES} are allowed")]
    TooLong {
        /// Of the text as it was written.
        bytes: usize,
    },
    /// The parser would drop it in silence.
    #[error("it contains the control character U+{:04X}", u32::from(*.0))]
    Control(char),
    /// The parser would drop or encode it.
    #[error("it contains a space (U+{:04X}); inside a path write %20", u32::from(*.0))]
    Space(char),
    /// The parser would take it for a slash.
    #[error("it contains a backslash")]
    Backslash,
    /// Another scheme, or none.
    #[error("it does not begin with http:// or https://")]
    NotHttp,
    /// Nothing between the scheme and the path.
    #[error("it has no host")]
    NoHost,
    /// A host of other characters can be in no DNS, and could not be told from an allowlist's punctuation.
    #[error("its host contains a character other than letters, digits, '.', '-' and '_'")]
    HostCharacter,
    /// It is never sent: most often a `#` that was meant as part of a path, a query or a password.
    #[error("it has a fragment, which is never sent; write # as %23")]
    Fragment,
    /// What the parser says.
    #[error(transparent)]
    Malformed(#[from] ParseError),
}

/// The one door for every address that a user can type, hook or allowlist entry.
pub(crate) fn parse_http(text: &str) -> Result<(Url, Origin), InvalidUrl> {
    check_text(text)?;
    let rest = after_scheme(text).ok_or(InvalidUrl::NotHttp)?;
    if rest.is_empty() || rest.starts_with(['/', '?', '#']) {
        return Err(InvalidUrl::NoHost); // the parser would take the first word of the path for the host
    }
    let url = Url::parse(text)?;
    if url.fragment().is_some() {
        return Err(InvalidUrl::Fragment);
    }
    if let Some(Host::Domain(name)) = url.host()
        && !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_".contains(&byte))
    {
        return Err(InvalidUrl::HostCharacter);
    }
    let origin = Origin::of(&url).ok_or(InvalidUrl::NotHttp)?;
    Ok((url, origin))
}

/// What stands behind `http://` or `https://`.
pub(crate) fn after_scheme(text: &str) -> Option<&str> {
    let (scheme, rest) = text.split_once("://")?;
    (scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https")).then_some(rest)
}

fn check_text(text: &str) -> Result<(), InvalidUrl> {
    if text.is_empty() {
        return Err(InvalidUrl::Empty);
    }
    if text.len() > URL_BYTES {
        return Err(InvalidUrl::TooLong { bytes: text.len() });
    }
    let refused = |c: char| match c {
        '\\' => Some(InvalidUrl::Backslash),
        c if c.is_control() => Some(InvalidUrl::Control(c)),
        c if c.is_whitespace() => Some(InvalidUrl::Space(c)),
        _ => None,
    };
    text.chars().find_map(refused).map_or(Ok(()), Err)
}
