//! Pushover: <https://pushover.net/api#messages>.

use hook_core::ReadValue;
use serde_json::json;

use super::{
    Note, Parcel, Post,
    parcel::below,
    server::Server,
    settings::{InvalidSetting, NotReady, Setting, Settings, Token},
    text::{UTF16, Words, cut},
};
use crate::Severity;

/// Its only server; another is for those who have a relay of their own.
const SERVER: &str = "https://api.pushover.net/";
/// <https://pushover.net/api#limits>
const MESSAGE_CHARACTERS: usize = 1024;
/// <https://pushover.net/api#limits>
const TITLE_CHARACTERS: usize = 250;

#[derive(Debug)]
pub(super) struct Pushover {
    server: Server,
    token: Setting<Token>,
    user: Setting<Token>,
}

impl Pushover {
    pub(super) fn new(settings: &mut Settings) -> Result<Self, InvalidSetting> {
        Ok(Self {
            server: Server::new(settings, SERVER)?,
            token: Setting::needed("token", settings.token.take(), "it is the token of an application")?,
            user: Setting::needed("user", settings.user.take(), "it is the key of a user or group")?,
        })
    }
}

impl Post for Pushover {
    fn address(&self) -> String {
        self.server.masked()
    }

    fn parcel(&self, note: &Note<'_>, read: ReadValue<'_>) -> Result<Parcel, NotReady> {
        let words = Words::of(note.message);
        let (token, user) = (self.token.get(read)?, self.user.get(read)?);
        // Quiet, usual and through quiet hours (https://pushover.net/api#priority). 2 would ring until a person answers.
        let priority = match note.message.severity {
            Severity::Good => -1,
            Severity::Notice => 0,
            Severity::Bad => 1,
        };
        let mut parcel = self.server.parcel(read)?;
        parcel.secrets.learn(&token);
        parcel.secrets.learn(&user);
        below(&mut parcel.url, &["1", "messages.json"]);
        Ok(parcel.json(&json!({
            "token": token.expose(),
            "user": user.expose(),
            "title": cut(&words.title, TITLE_CHARACTERS, UTF16),
            "message": cut(&words.details, MESSAGE_CHARACTERS, UTF16),
            "priority": priority,
            "timestamp": note.message.time.as_second(),
        })))
    }
}
