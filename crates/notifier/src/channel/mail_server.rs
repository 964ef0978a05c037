//! The address of a mail server: `smtps://user@host:465`, `smtp://user@host:587`, `smtp://host:25?tls=none`.

use std::fmt;

use hook_core::limits::URL_BYTES;
use percent_encoding::percent_decode_str;
use url::{Host, Url};

use super::settings::Readable;

/// Where letters are handed in, and as whom.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct MailServer {
    /// Without brackets around an IPv6 address.
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) tls: MailTls,
    /// The account, decoded.
    pub(crate) user: Option<String>,
}

/// How the connection is encrypted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum MailTls {
    /// From its first byte: `smtps`.
    Implicit,
    /// By STARTTLS, before anything is said. Where a server does not offer it, nothing is sent.
    StartTls,
    /// Not at all: for a relay on the same machine.
    None,
}

impl MailServer {
    pub(crate) fn is_encrypted(&self) -> bool {
        self.tls != MailTls::None
    }

    /// `host:port`, as a person may see it.
    pub(crate) fn place(&self) -> String {
        let host = if self.host.contains(':') { format!("[{}]", self.host) } else { self.host.clone() };
        format!("{host}:{}", self.port)
    }
}

impl Readable for MailServer {
    fn read(text: &str) -> Result<Self, String> {
        if text.len() > URL_BYTES {
            return Err(format!("it has {} bytes, and {URL_BYTES} are allowed", text.len()));
        }
        if text.contains(|c: char| c.is_control() || c.is_whitespace() || c == '\\') {
            return Err("it contains a space, a control character or a backslash".to_owned());
        }
        let url = Url::parse(text).map_err(|error| error.to_string())?;
        let tls = match (url.scheme(), url.query()) {
            ("smtps", None) => MailTls::Implicit,
            ("smtp", None) => MailTls::StartTls,
            ("smtp", Some("tls=none")) => MailTls::None,
            ("smtp" | "smtps", Some(_)) => return Err("its query is not tls=none, with smtp".to_owned()),
            _ => return Err("it does not begin with smtps:// or smtp://".to_owned()),
        };
        if !matches!(url.path(), "" | "/") || url.fragment().is_some() {
            return Err("it has more than a host and a port".to_owned());
        }
        if url.password().is_some() {
            return Err("it has a password, which belongs into token".to_owned());
        }
        let host = match url.host() {
            Some(Host::Domain(name)) => name.to_ascii_lowercase(),
            Some(Host::Ipv4(address)) => address.to_string(),
            Some(Host::Ipv6(address)) => address.to_string(),
            None => return Err("it has no host".to_owned()),
        };
        let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b".-_:".contains(&byte);
        if host.is_empty() || !host.bytes().all(is_name) {
            return Err("its host is none".to_owned());
        }
        let port = url.port().unwrap_or(if tls == MailTls::Implicit { 465 } else { 587 });
        let user = percent_decode_str(url.username()).decode_utf8().map_err(|_| "its user is no UTF-8")?;
        if user.contains(char::is_control) {
            return Err("its user contains a control character".to_owned());
        }
        let user = Some(user.into_owned()).filter(|user| !user.is_empty());
        Ok(Self { host, port, tls, user })
    }

    /// A user's name is none, and a server says it often.
    fn secrets(&self) -> Vec<String> {
        Vec::new()
    }
}

/// Without the user.
impl fmt::Display for MailServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (scheme, query) = match self.tls {
            MailTls::Implicit => ("smtps", ""),
            MailTls::StartTls => ("smtp", ""),
            MailTls::None => ("smtp", "?tls=none"),
        };
        write!(f, "{scheme}://{}{query}", self.place())
    }
}
