//! A request as a value: what a channel makes of a message, before anything is looked up or connected.

use std::fmt;

use hook_core::{HookUrl, MASK, Origin};
use http::{
    HeaderMap, HeaderName, HeaderValue,
    header::{AUTHORIZATION, CONTENT_TYPE},
};
use serde_json::Value;
use url::Url;

use super::settings::{Readable, Token};

/// One `POST`.
#[derive(Clone)]
pub(crate) struct Parcel {
    /// Where to.
    pub(crate) url: Url,
    /// Of the URL.
    pub(crate) origin: Origin,
    /// Whether a person typed it, so that the allowlist has to be asked.
    pub(crate) is_typed: bool,
    /// All but `User-Agent` and `Accept`, which are the transport's.
    pub(crate) headers: HeaderMap,
    /// The body.
    pub(crate) body: Vec<u8>,
    /// What the service may repeat, and nobody may see.
    pub(crate) secrets: Secrets,
}

impl Parcel {
    /// An empty one to an address, with its credentials as Basic auth.
    pub(crate) fn to(address: &HookUrl) -> Self {
        let mut parcel = Self {
            url: address.url().clone(),
            origin: address.origin().clone(),
            is_typed: true,
            headers: HeaderMap::new(),
            body: Vec::new(),
            secrets: Secrets::default(),
        };
        parcel.secrets.learn(address);
        if let Some(basic) = address.basic_auth() {
            parcel.secret_header(AUTHORIZATION, basic.expose());
        }
        parcel
    }

    /// The same, where nobody typed the address: it is the service's own.
    pub(crate) fn fixed(self) -> Self {
        Self { is_typed: false, ..self }
    }

    /// With this document as its body.
    pub(crate) fn json(mut self, document: &Value) -> Self {
        self.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        self.body = document.to_string().into_bytes();
        self
    }

    /// With a text as its body.
    pub(crate) fn text(mut self, text: String) -> Self {
        self.headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
        self.body = text.into_bytes();
        self
    }

    /// With a token in a header, behind `before`.
    pub(crate) fn token(&mut self, name: HeaderName, before: &str, token: &Token) {
        self.secrets.learn(token);
        self.secret_header(name, &format!("{before}{}", token.expose()));
    }

    /// A value that no Debug shows and that HTTP/2 does not index. One that is no header value is none of ours:
    /// tokens, base64 and signatures are visible ASCII.
    pub(crate) fn secret_header(&mut self, name: HeaderName, value: &str) {
        if let Ok(mut value) = HeaderValue::from_str(value) {
            value.set_sensitive(true);
            self.headers.insert(name, value);
        }
    }
}

impl fmt::Debug for Parcel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Parcel").field("bytes", &self.body.len()).finish_non_exhaustive()
    }
}

/// Adds segments to the path of an address, whether or not it ends in a slash; its query stays.
pub(crate) fn below(url: &mut Url, segments: &[&str]) {
    // An http URL has a path, so there is nothing to fail.
    if let Ok(mut path) = url.path_segments_mut() {
        path.pop_if_empty().extend(segments);
    }
}

/// Texts that are masked wherever they appear in what a service says.
#[derive(Clone, Default)]
pub(crate) struct Secrets(Vec<String>);

/// A shorter one is no secret, and a text without its "a" would be no text.
const SHORTEST: usize = 3;

impl Secrets {
    pub(crate) fn learn(&mut self, from: &impl Readable) {
        self.add(from.secrets());
    }

    /// Each as it is, and as it stands in a JSON document.
    pub(crate) fn add(&mut self, secrets: impl IntoIterator<Item = String>) {
        for secret in secrets.into_iter().filter(|secret| secret.len() >= SHORTEST) {
            let quoted = Value::from(secret.as_str()).to_string();
            self.0.extend([quoted.trim_matches('"').to_owned(), secret]);
        }
        // The longest first: what is left of it would tell a part.
        self.0.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        self.0.dedup();
    }

    /// The text without them.
    pub(crate) fn mask(&self, text: &str) -> String {
        self.0.iter().fold(text.to_owned(), |text, secret| text.replace(secret.as_str(), MASK))
    }
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secrets({})", self.0.len())
    }
}
