//! A hook that may be sent, as far as its own words go: to hold one is to know that it is within the limits.

use std::{fmt, path::Path, time::Duration};

use thiserror::Error;

use crate::{
    HeaderFault, HeaderFrom, HookConfig, HookHeaders, HookUrl, InvalidHeaders, InvalidSigningSecret,
    InvalidUrl, Origin, PayloadKind, SigningSecret,
    limits::{ATTEMPTS, BODY_BYTES, TIMEOUT_SECONDS},
};

/// A checked hook (`spec.md` §2, "Limits"). Whether its origin is allowed is another question, with an answer that
/// can change: [`AllowedOrigins::permit`](crate::AllowedOrigins::permit).
#[derive(Clone, PartialEq, Eq)]
pub struct HookSpec {
    config: HookConfig,
    url: HookUrl,
    headers: HookHeaders,
    body: HookBody,
    signing_secret: Option<SigningSecret>,
}

impl HookSpec {
    /// Checks what a person wrote.
    ///
    /// # Errors
    /// The first setting that is over a limit or does not parse.
    pub fn new(config: HookConfig) -> Result<Self, InvalidHook> {
        let url = config.url.parse().map_err(Fault::Url)?;
        let headers = config.headers.parse().map_err(Fault::Headers)?;
        check_names(&headers, &config.headers_from)?;
        let body = HookBody::new(&config.body)?;
        if !ATTEMPTS.contains(&config.attempts) {
            return Err(Fault::Attempts { attempts: config.attempts }.into());
        }
        if config.timeout.subsec_nanos() != 0 || !TIMEOUT_SECONDS.contains(&config.timeout.as_secs()) {
            return Err(Fault::Timeout { timeout: config.timeout }.into());
        }
        let signing_secret =
            config.signing_secret.as_deref().map(str::parse).transpose().map_err(Fault::SigningSecret)?;
        Ok(Self { config, url, headers, body, signing_secret })
    }

    /// What was checked: to be sealed with a run.
    #[must_use]
    pub fn config(&self) -> &HookConfig {
        &self.config
    }

    /// Where to.
    #[must_use]
    pub fn url(&self) -> &HookUrl {
        &self.url
    }

    /// What the allowlist is asked about.
    #[must_use]
    pub fn origin(&self) -> Origin {
        self.url.origin().clone()
    }

    /// The same hook with other words that are known to be as good.
    pub(crate) fn with_config(&self, config: HookConfig) -> Self {
        Self { config, ..self.clone() }
    }

    /// The user's headers, but for those whose values are elsewhere.
    #[must_use]
    pub fn headers(&self) -> &HookHeaders {
        &self.headers
    }

    /// The headers whose values are elsewhere: [`resolve`](Self::resolve) reads them.
    #[must_use]
    pub fn headers_from(&self) -> &[HeaderFrom] {
        &self.config.headers_from
    }

    /// Whether the user named this header, wherever its value is.
    #[must_use]
    pub fn names(&self, name: &http::HeaderName) -> bool {
        let elsewhere = |header: &HeaderFrom| header.name.eq_ignore_ascii_case(name.as_str());
        self.headers.contains(name) || self.headers_from().iter().any(elsewhere)
    }

    /// Which body.
    #[must_use]
    pub fn body(&self) -> &HookBody {
        &self.body
    }

    /// The body to send: the user's own, byte for byte, else `context`.
    #[must_use]
    pub fn body_for<'a>(&'a self, context: &'a str) -> &'a str {
        match &self.body {
            HookBody::Context => context,
            HookBody::Custom(body) => body,
        }
    }

    /// Which backup context, for a hook without a body of its own.
    #[must_use]
    pub fn payload(&self) -> PayloadKind {
        self.config.payload
    }

    /// Whether any certificate will do.
    #[must_use]
    pub fn insecure_tls(&self) -> bool {
        self.config.insecure_tls
    }

    /// Certificates to trust instead of the platform's.
    #[must_use]
    pub fn ca_file(&self) -> Option<&Path> {
        self.config.ca_file.as_deref()
    }

    /// A 2xx whose body begins so is a failure; empty turns it off.
    #[must_use]
    pub fn reject_body(&self) -> &str {
        &self.config.reject_body
    }

    /// From 1 to 10.
    #[must_use]
    pub fn attempts(&self) -> u32 {
        self.config.attempts
    }

    /// The deadline of one attempt, in whole seconds.
    #[must_use]
    pub fn timeout(&self) -> Duration {
        self.config.timeout
    }

    /// What requests are signed with.
    #[must_use]
    pub fn signing_secret(&self) -> Option<&SigningSecret> {
        self.signing_secret.as_ref()
    }
}

/// The rules of [`HookHeaders`] for headers of which only the names are known: they get the shortest value there is.
fn check_names(headers: &HookHeaders, more: &[HeaderFrom]) -> Result<(), Fault> {
    let mut all = headers.clone();
    more.iter().try_for_each(|HeaderFrom { name, .. }| {
        all.insert(name, "x").map_err(|fault| match fault {
            HeaderFault::Repeated { name } => Fault::HeaderTwice { name },
            fault => Fault::HeaderFrom { name: name.clone(), fault },
        })
    })
}

impl fmt::Debug for HookSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("HookSpec").field(&self.config).finish()
    }
}

/// Which body a hook sends. Debug shows the size of a custom one only.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum HookBody {
    /// The backup context, as `application/json`: [`Payload`](crate::Payload), or as
    /// [`payload`](HookSpec::payload) says.
    Context,
    /// The user's own, not empty, with no `Content-Type` but the user's.
    Custom(Box<str>),
}

impl HookBody {
    /// Only the empty text means "no custom body".
    fn new(text: &str) -> Result<Self, Fault> {
        match text.len() {
            0 => Ok(Self::Context),
            bytes if bytes > BODY_BYTES => Err(Fault::Body { bytes }),
            _ => Ok(Self::Custom(text.into())),
        }
    }
}

impl fmt::Debug for HookBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Context => f.write_str("Context"),
            Self::Custom(body) => write!(f, "Custom({} bytes)", body.len()),
        }
    }
}

/// A setting of a hook that cannot be used. Display is the reason; [`field`](Self::field) tells which setting.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
#[error(transparent)]
pub struct InvalidHook(#[from] Fault);

impl InvalidHook {
    /// The setting at fault.
    #[must_use]
    pub fn field(&self) -> HookField {
        match self.0 {
            Fault::Url(_) => HookField::Url,
            Fault::Headers(_) => HookField::Headers,
            Fault::HeaderFrom { .. } | Fault::HeaderTwice { .. } => HookField::HeadersFrom,
            Fault::Body { .. } => HookField::Body,
            Fault::Attempts { .. } => HookField::Attempts,
            Fault::Timeout { .. } => HookField::Timeout,
            Fault::SigningSecret(_) => HookField::SigningSecret,
        }
    }

    /// Which of the headers whose values are elsewhere is at fault.
    #[must_use]
    pub fn header(&self) -> Option<&str> {
        match &self.0 {
            Fault::HeaderFrom { name, .. } | Fault::HeaderTwice { name } => Some(name),
            _ => None,
        }
    }
}

#[derive(Clone, PartialEq, Eq, Debug, Error)]
enum Fault {
    #[error(transparent)]
    Url(InvalidUrl),
    #[error(transparent)]
    Headers(InvalidHeaders),
    #[error("{fault}")]
    HeaderFrom { name: String, fault: HeaderFault },
    #[error("{name} is there already, here or in headers")]
    HeaderTwice { name: String },
    #[error("it has {bytes} bytes, and {BODY_BYTES} are allowed")]
    Body { bytes: usize },
    #[error("{attempts} is not from {} to {}", ATTEMPTS.start(), ATTEMPTS.end())]
    Attempts { attempts: u32 },
    #[error("{timeout:?} is not from {} to {} whole seconds", TIMEOUT_SECONDS.start(), TIMEOUT_SECONDS.end())]
    Timeout { timeout: Duration },
    #[error(transparent)]
    SigningSecret(InvalidSigningSecret),
}

/// A setting of a hook that can be at fault.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum HookField {
    /// `url`
    Url,
    /// `headers`
    Headers,
    /// `headers_from`
    HeadersFrom,
    /// `body`
    Body,
    /// `attempts`
    Attempts,
    /// `timeout`
    Timeout,
    /// `signing_secret`
    SigningSecret,
}

impl HookField {
    /// The key in a job file.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Url => "url",
            Self::Headers => "headers",
            Self::HeadersFrom => "headers_from",
            Self::Body => "body",
            Self::Attempts => "attempts",
            Self::Timeout => "timeout",
            Self::SigningSecret => "signing_secret",
        }
    }
}

impl fmt::Display for HookField {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
