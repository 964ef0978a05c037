//! The settings of a destination, as a person writes them, and what is made of each.

use std::{fmt, path::PathBuf};

use hook_core::{HeaderFrom, HookUrl, InvalidUrl, MASK, ReadValue, Secret, ValueFrom};
use thiserror::Error;

/// What `[[notify]]` says of a channel (`spec.md` §9). Each kind needs some of it and refuses the rest:
/// [`Channel::new`](crate::Channel::new). Debug tells which are there.
#[derive(Clone, Default)]
#[expect(clippy::exhaustive_structs, reason = "it is filled in by whoever reads a configuration")]
pub struct Settings {
    /// Where to. A channel's address is a secret: whoever has it can write there.
    pub url: Option<SecretValue>,
    /// What proves that zb may write there: an access token, or the password of a mail account.
    pub token: Option<SecretValue>,
    /// Pushover: the key of a user or group.
    pub user: Option<SecretValue>,
    /// Telegram: a number, or `@` and the name of a channel.
    pub chat_id: Option<String>,
    /// E-mail: who gets it.
    pub to: Vec<String>,
    /// E-mail: who sends it; absent: the account of the URL.
    pub from: Option<String>,
    /// Webhook: one `Name: value` a line (`spec.md` §2, "Headers text").
    pub headers: String,
    /// Webhook: headers whose values are elsewhere, read at each send.
    pub headers_from: Vec<HeaderFrom>,
    /// Webhook: `whsec_…`.
    pub signing_secret: Option<SecretValue>,
    /// PEM: the certificates of the only authorities that may have signed the server's.
    pub ca_file: Option<PathBuf>,
}

impl Settings {
    /// Those that are there, but for `ca_file`, which all kinds know.
    fn there(&self) -> impl Iterator<Item = &'static str> {
        let settings = [
            ("url", self.url.is_some()),
            ("token", self.token.is_some()),
            ("user", self.user.is_some()),
            ("chat_id", self.chat_id.is_some()),
            ("to", !self.to.is_empty()),
            ("from", self.from.is_some()),
            ("headers", !self.headers.is_empty()),
            ("headers_from", !self.headers_from.is_empty()),
            ("signing_secret", self.signing_secret.is_some()),
        ];
        settings.into_iter().filter(|(_, is_there)| *is_there).map(|(name, _)| name)
    }

    /// The first that is there when a kind has taken out what it knows.
    pub(crate) fn left_over(&self) -> Option<&'static str> {
        self.there().next()
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.there()).finish()
    }
}

/// A secret, or where it is. Debug hides it.
#[derive(Clone, PartialEq, Eq, Debug)]
#[expect(clippy::exhaustive_enums, reason = "a value is here or elsewhere")]
pub enum SecretValue {
    /// Written in the configuration itself.
    Given(Secret),
    /// Elsewhere: read at each send, so that it may change between two.
    From(ValueFrom),
}

impl From<String> for SecretValue {
    fn from(text: String) -> Self {
        Self::Given(text.into())
    }
}

impl From<ValueFrom> for SecretValue {
    fn from(from: ValueFrom) -> Self {
        Self::From(from)
    }
}

/// A setting that cannot be used. Display is the reason, without the setting's name and without its value.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
#[error("{reason}")]
#[non_exhaustive]
pub struct InvalidSetting {
    /// The key in the configuration: `url`, `token`, `to` …
    pub setting: &'static str,
    /// What is wrong, and what is expected.
    pub reason: String,
}

impl InvalidSetting {
    pub(crate) fn new(setting: &'static str, reason: impl Into<String>) -> Self {
        Self { setting, reason: reason.into() }
    }
}

/// A value that is needed now and is not where it should be, or cannot be used. It is not repeated.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
#[error("{setting} cannot be taken from {from}: {reason}")]
pub(crate) struct NotReady {
    setting: String,
    from: ValueFrom,
    reason: String,
}

impl NotReady {
    pub(crate) fn new(setting: &str, from: &ValueFrom, reason: String) -> Self {
        Self { setting: setting.to_owned(), from: from.clone(), reason }
    }
}

/// What a setting's text is read as.
pub(crate) trait Readable: Clone {
    /// The reason, fit to stand behind a colon.
    fn read(text: &str) -> Result<Self, String>;

    /// What of it nobody may see.
    fn secrets(&self) -> Vec<String>;
}

/// A setting: read where it is given, to be read where it is elsewhere.
#[derive(Clone)]
pub(crate) struct Setting<T> {
    name: &'static str,
    place: Place<T>,
}

#[derive(Clone)]
enum Place<T> {
    Here(T),
    Elsewhere(ValueFrom),
}

impl<T: Readable> Setting<T> {
    /// Checks what is given; what is elsewhere is checked when it is read.
    pub(crate) fn new(name: &'static str, value: SecretValue) -> Result<Self, InvalidSetting> {
        let place = match value {
            SecretValue::Given(secret) => {
                Place::Here(T::read(secret.expose()).map_err(|reason| InvalidSetting::new(name, reason))?)
            }
            SecretValue::From(from) => Place::Elsewhere(from),
        };
        Ok(Self { name, place })
    }

    /// The same, of a setting that a kind cannot do without.
    pub(crate) fn needed(
        name: &'static str,
        value: Option<SecretValue>,
        what: &str,
    ) -> Result<Self, InvalidSetting> {
        match value {
            Some(value) => Self::new(name, value),
            None => Err(InvalidSetting::new(name, format!("it is missing: {what}"))),
        }
    }

    /// The same, of one that a kind can do without.
    pub(crate) fn maybe(
        name: &'static str,
        value: Option<SecretValue>,
    ) -> Result<Option<Self>, InvalidSetting> {
        value.map(|value| Self::new(name, value)).transpose()
    }

    /// The value as it is now. Blocks where it has to be read.
    pub(crate) fn get(&self, read: ReadValue<'_>) -> Result<T, NotReady> {
        match &self.place {
            Place::Here(value) => Ok(value.clone()),
            Place::Elsewhere(from) => take(self.name, from, read),
        }
    }

    /// The value, where it is given.
    pub(crate) fn here(&self) -> Option<&T> {
        match &self.place {
            Place::Here(value) => Some(value),
            Place::Elsewhere(_) => None,
        }
    }
}

/// Reads a value that is elsewhere.
pub(crate) fn take<T: Readable>(setting: &str, from: &ValueFrom, read: ReadValue<'_>) -> Result<T, NotReady> {
    let value = read(from).and_then(|secret| T::read(secret.expose().trim_end_matches(['\r', '\n'])));
    value.map_err(|reason| NotReady::new(setting, from, reason))
}

impl<T> Setting<T> {
    /// What a person may see: what `show` makes of a value that is here, or where it is.
    pub(crate) fn shown(&self, show: impl Fn(&T) -> String) -> String {
        match &self.place {
            Place::Here(value) => show(value),
            Place::Elsewhere(from) => from.to_string(),
        }
    }
}

/// What a person may see of an address.
pub(crate) fn masked(url: &HookUrl) -> String {
    format!("{}/{MASK}", url.origin())
}

impl<T> fmt::Debug for Setting<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Place::Here(_) => f.write_str(MASK),
            Place::Elsewhere(from) => write!(f, "{from}"),
        }
    }
}

impl Readable for HookUrl {
    fn read(text: &str) -> Result<Self, String> {
        text.parse().map_err(|error: InvalidUrl| error.to_string())
    }

    /// Its path and query, whole and in parts: a service may repeat any of them.
    fn secrets(&self) -> Vec<String> {
        let url = self.url();
        let decoded =
            |text: &str| percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned();
        let mut secrets: Vec<String> = url.path().split('/').map(str::to_owned).collect();
        secrets.extend(url.query().map(str::to_owned));
        secrets.extend(url.query_pairs().map(|(_, value)| value.into_owned()));
        if let Some((user, password)) = self.credentials() {
            secrets.extend([user.to_owned(), password.to_owned()]);
        }
        secrets
            .extend(self.basic_auth().and_then(|basic| Some(basic.expose().split_once(' ')?.1.to_owned())));
        let also_decoded: Vec<String> = secrets.iter().map(|secret| decoded(secret)).collect();
        secrets.extend(also_decoded);
        secrets
    }
}

/// A token or key: visible ASCII, so that it fits into a header, a path and a form alike.
#[derive(Clone)]
pub(crate) struct Token(String);

impl Token {
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

/// More than any of the services has.
const TOKEN_BYTES: usize = 4096;

impl Readable for Token {
    fn read(text: &str) -> Result<Self, String> {
        if text.is_empty() {
            return Err("it is empty".to_owned());
        }
        if text.len() > TOKEN_BYTES {
            return Err(format!("it has {} bytes, and {TOKEN_BYTES} are allowed", text.len()));
        }
        if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err("it contains a space, or another character that no token has".to_owned());
        }
        Ok(Self(text.to_owned()))
    }

    fn secrets(&self) -> Vec<String> {
        vec![self.0.clone()]
    }
}
