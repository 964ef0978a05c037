//! Gotify: <https://gotify.net/docs/pushmsg>.

use hook_core::{HookUrl, ReadValue};
use http::HeaderName;
use serde_json::json;

use super::{
    Note, Parcel, Post,
    parcel::below,
    settings::{InvalidSetting, NotReady, Setting, Settings, Token, masked},
    text::{BYTES, Words, cut},
};
use crate::Severity;

const TOKEN: HeaderName = HeaderName::from_static("x-gotify-key");

/// No limit is documented; a proxy in front may have one.
const MESSAGE_BYTES: usize = 16 * 1024;
/// No limit is documented. Phones show less.
const TITLE_BYTES: usize = 250;

#[derive(Debug)]
pub(super) struct Gotify {
    url: Setting<HookUrl>,
    token: Setting<Token>,
}

impl Gotify {
    pub(super) fn new(settings: &mut Settings) -> Result<Self, InvalidSetting> {
        Ok(Self {
            url: Setting::needed("url", settings.url.take(), "it is the server's address")?,
            token: Setting::needed("token", settings.token.take(), "it is the token of an application")?,
        })
    }
}

impl Post for Gotify {
    fn address(&self) -> String {
        self.url.shown(masked)
    }

    fn parcel(&self, note: &Note<'_>, read: ReadValue<'_>) -> Result<Parcel, NotReady> {
        let words = Words::of(note.message);
        // From 4 the Android app makes a sound, from 8 it insists (https://github.com/gotify/android#message-priorities).
        let priority = match note.message.severity {
            Severity::Good => 2,
            Severity::Notice => 5,
            Severity::Bad => 8,
        };
        let mut parcel = Parcel::to(&self.url.get(read)?);
        below(&mut parcel.url, &["message"]);
        parcel.token(TOKEN, "", &self.token.get(read)?);
        Ok(parcel.json(&json!({
            "title": cut(&words.title, TITLE_BYTES, BYTES),
            "message": cut(&words.details, MESSAGE_BYTES, BYTES),
            "priority": priority,
            "extras": { "client::display": { "contentType": "text/plain" } },
        })))
    }
}
