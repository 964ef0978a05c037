//! The ways out: what each service needs to know, and what it is sent.

mod discord;
mod email;
mod gotify;
mod healthchecks;
#[cfg(test)]
mod laws;
mod mail_server;
mod ntfy;
mod parcel;
mod pushover;
mod server;
mod settings;
mod slack;
mod telegram;
pub(crate) mod text;
mod webhook;

use std::{
    fmt,
    path::{Path, PathBuf},
    str::FromStr,
    sync::Arc,
};

use hook_core::ReadValue;
use thiserror::Error;

pub(crate) use email::{Email, Posting};
pub(crate) use mail_server::{MailServer, MailTls};
pub(crate) use parcel::{Parcel, Secrets};
use settings::NotReady;
pub use settings::{InvalidSetting, SecretValue, Settings};

use crate::{Message, Retry};

/// A way out, with all that it needs to know (`spec.md` §9). Debug and Display show no secret.
#[derive(Clone, Debug)]
pub struct Channel {
    kind: ChannelKind,
    how: How,
    ca_file: Option<PathBuf>,
}

/// What is spoken.
#[derive(Clone, Debug)]
pub(crate) enum How {
    /// SMTP.
    Mail(Arc<Email>),
    /// HTTP.
    Post(Arc<dyn Post>),
}

impl Channel {
    /// Checks the settings: what the kind needs is there, what it does not know is not, and all of it is of the right
    /// form. What is elsewhere is checked when it is read, at each send.
    ///
    /// # Errors
    /// The first setting that cannot be used, by its name.
    pub fn new(kind: ChannelKind, mut settings: Settings) -> Result<Self, InvalidSetting> {
        let ca_file = settings.ca_file.take();
        if ca_file.as_deref().is_some_and(|path| !path.is_absolute()) {
            return Err(InvalidSetting::new("ca_file", "it is no absolute path"));
        }
        let how = match kind {
            ChannelKind::Email => How::Mail(Arc::new(Email::new(&mut settings)?)),
            ChannelKind::Webhook => How::post(webhook::Webhook::new(&mut settings)?),
            ChannelKind::Ntfy => How::post(ntfy::Ntfy::new(&mut settings)?),
            ChannelKind::Gotify => How::post(gotify::Gotify::new(&mut settings)?),
            ChannelKind::Slack => How::post(slack::Slack::new(&mut settings)?),
            ChannelKind::Discord => How::post(discord::Discord::new(&mut settings)?),
            ChannelKind::Telegram => How::post(telegram::Telegram::new(&mut settings)?),
            ChannelKind::Pushover => How::post(pushover::Pushover::new(&mut settings)?),
            ChannelKind::Healthchecks => How::post(healthchecks::Healthchecks::new(&mut settings)?),
        };
        match settings.left_over() {
            Some(setting) => Err(InvalidSetting::new(setting, format!("{kind} has no such setting"))),
            None => Ok(Self { kind, how, ca_file }),
        }
    }

    /// The same mail server for other recipients; nothing where this is no mail.
    ///
    /// # Errors
    /// An address of `to` cannot be used.
    #[must_use]
    pub fn addressed_to(&self, to: &[String]) -> Option<Result<Self, InvalidSetting>> {
        let How::Mail(email) = &self.how else { return None };
        let addressed = email.addressed_to(to);
        Some(addressed.map(|email| Self { how: How::Mail(Arc::new(email)), ..self.clone() }))
    }

    /// Of which kind it is.
    #[must_use]
    pub fn kind(&self) -> ChannelKind {
        self.kind
    }

    /// What a person may see: the kind and the address, masked.
    #[must_use]
    pub fn describe(&self) -> String {
        let address = match &self.how {
            How::Mail(email) => email.address(),
            How::Post(service) => service.address(),
        };
        format!("{} {address}", self.kind)
    }

    /// Whose signature a server's certificate must have; absent: the platform's authorities.
    pub(crate) fn ca_file(&self) -> Option<&Path> {
        self.ca_file.as_deref()
    }

    pub(crate) fn how(&self) -> &How {
        &self.how
    }
}

impl How {
    fn post(service: impl Post + 'static) -> Self {
        Self::Post(Arc::new(service))
    }
}

impl fmt::Display for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.describe())
    }
}

/// What a request is made of, beside the settings.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Note<'a> {
    pub(crate) message: &'a Message,
    /// The same for every try, so that a receiver can tell a repeat.
    pub(crate) delivery_id: &'a str,
    /// Seconds since 1970-01-01 UTC.
    pub(crate) now: u64,
}

/// A service that is spoken to by HTTP.
pub(crate) trait Post: fmt::Debug + Send + Sync {
    /// The address as a person may see it.
    fn address(&self) -> String;

    /// The request for a message. Looks nothing up; blocks where a value has to be read.
    fn parcel(&self, note: &Note<'_>, read: ReadValue<'_>) -> Result<Parcel, NotReady>;

    /// What is wrong with an answer that says 2xx and is none: the reason, and whether to try again.
    fn lie(&self, _body: &[u8]) -> Option<(&'static str, Retry)> {
        None
    }
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident $word:literal,)*) => {
        /// The kinds of `[[notify]]` (`spec.md` §9).
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        #[non_exhaustive]
        pub enum ChannelKind {
            $($(#[$doc])* $name,)*
        }

        impl ChannelKind {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// Its name in `kind`.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $word,)*
                }
            }
        }
    };
}

kinds! {
    /// A mail server.
    Email "email",
    /// A JSON document to any address, signed if wanted.
    Webhook "webhook",
    /// ntfy.sh, or a server of one's own.
    Ntfy "ntfy",
    /// A Gotify server.
    Gotify "gotify",
    /// An incoming webhook of Slack, or of whatever understands Slack's.
    Slack "slack",
    /// A webhook of Discord.
    Discord "discord",
    /// A bot of Telegram.
    Telegram "telegram",
    /// An application of Pushover.
    Pushover "pushover",
    /// healthchecks.io, or a server of one's own: signs of life.
    Healthchecks "healthchecks",
}

impl fmt::Display for ChannelKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A text that names no kind.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
#[error("{0:?} is no kind of destination")]
pub struct InvalidKind(String);

impl FromStr for ChannelKind {
    type Err = InvalidKind;

    fn from_str(text: &str) -> Result<Self, InvalidKind> {
        let found = Self::ALL.iter().copied().find(|kind| kind.as_str() == text);
        found.ok_or_else(|| InvalidKind(text.to_owned()))
    }
}
