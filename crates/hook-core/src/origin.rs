//! The origin of an address: what the allowlist compares (WHATWG URL, "Origin": scheme, host and port).

use std::fmt;

use url::{Host, Url};

/// Scheme, host and port of an `http` or `https` URL, normalised by the WHATWG parser: letter case, IDNA, default
/// ports, and spellings of an address such as `127.1`.
///
/// An opaque origin cannot be expressed, so it can match nothing. Display is exactly what to paste into
/// `WEBHOOK_ALLOWED_ORIGINS`: `http://host:9000`, or `https://host` where the port is the scheme's own.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Origin {
    scheme: Scheme,
    host: Host,
    port: u16,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
enum Scheme {
    Http,
    Https,
}

impl Origin {
    /// The origin of a URL; `None` for any scheme but `http` and `https`. The scheme is asked first, because the
    /// standard gives `blob:http://host/` the origin of the URL inside.
    #[must_use]
    pub fn of(url: &Url) -> Option<Self> {
        let scheme = match url.scheme() {
            "http" => Scheme::Http,
            "https" => Scheme::Https,
            _ => return None,
        };
        Some(Self { scheme, host: url.host()?.to_owned(), port: url.port_or_known_default()? })
    }
}

impl Scheme {
    fn word_and_port(self) -> (&'static str, u16) {
        match self {
            Self::Http => ("http", 80),
            Self::Https => ("https", 443),
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (scheme, default_port) = self.scheme.word_and_port();
        write!(f, "{scheme}://{}", self.host)?;
        if self.port != default_port {
            write!(f, ":{}", self.port)?;
        }
        Ok(())
    }
}
