//! What a person wrote about a hook, unchecked.

use std::{fmt, path::PathBuf, time::Duration};

use serde::{Deserialize, Serialize};

use crate::{HeaderFrom, HookHeaders, HookUrl, PayloadKind, text::MASK};

/// A hook's settings as a job has them (`spec.md` §5), and the form in which a hook is sealed. Any value may stand
/// here; [`HookSpec::new`](crate::HookSpec::new) checks them.
///
/// Debug shows the URL's origin and path and the headers' names; of what else may hold a secret, only its size.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HookConfig {
    /// Where to.
    pub url: String,
    /// One `Name: value` a line.
    pub headers: String,
    /// More headers, whose values are elsewhere.
    #[serde(default)]
    pub headers_from: Vec<HeaderFrom>,
    /// Sent byte for byte; empty stands for the backup context.
    pub body: String,
    /// Which backup context, where `body` is empty.
    #[serde(default)]
    pub payload: PayloadKind,
    /// Take any certificate.
    pub insecure_tls: bool,
    /// Trust these certificates (PEM), and no others: an absolute path.
    pub ca_file: Option<PathBuf>,
    /// A 2xx whose body begins so is a failure; empty turns it off (`spec.md` §2).
    pub reject_body: String,
    /// How often to try, from 1 to 10.
    pub attempts: u32,
    /// The deadline of one attempt, from DNS to the end of the body; kept in whole seconds.
    #[serde(with = "whole_seconds")]
    pub timeout: Duration,
    /// `whsec_…`.
    pub signing_secret: Option<String>,
}

impl HookConfig {
    /// How `adnanh/webhook` answers, with 200, a request that breaks its rules.
    pub const DEFAULT_REJECT_BODY: &str = "Hook rules were not satisfied.";

    /// A hook of this URL and deadline, and otherwise as a job has it that says no more: no headers, the default
    /// body, one attempt, verified TLS.
    #[must_use]
    pub fn new(url: impl Into<String>, timeout: Duration) -> Self {
        Self {
            url: url.into(),
            headers: String::new(),
            headers_from: Vec::new(),
            body: String::new(),
            payload: PayloadKind::Default,
            insecure_tls: false,
            ca_file: None,
            reject_body: Self::DEFAULT_REJECT_BODY.to_owned(),
            attempts: 1,
            timeout,
            signing_secret: None,
        }
    }
}

impl fmt::Debug for HookConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let invalid = || "(invalid)".to_owned();
        let url = self.url.parse::<HookUrl>().map_or_else(|_| invalid(), |url| url.to_string());
        let headers =
            self.headers.parse::<HookHeaders>().map_or_else(|_| invalid(), |headers| headers.masked());
        f.debug_struct("HookConfig")
            .field("url", &url)
            .field("headers", &headers)
            .field("headers_from", &self.headers_from)
            .field("body", &format_args!("({} bytes)", self.body.len()))
            .field("payload", &self.payload)
            .field("insecure_tls", &self.insecure_tls)
            .field("ca_file", &self.ca_file)
            .field("reject_body", &self.reject_body)
            .field("attempts", &self.attempts)
            .field("timeout", &self.timeout)
            .field("signing_secret", &self.signing_secret.as_ref().map(|_| MASK))
            .finish()
    }
}

mod whole_seconds {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(time: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(time.as_secs())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
        u64::deserialize(deserializer).map(Duration::from_secs)
    }
}
