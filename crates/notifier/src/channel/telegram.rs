//! Telegram: <https://core.telegram.org/bots/api#sendmessage>.

use hook_core::ReadValue;
use serde_json::json;

use super::{
    Note, Parcel, Post,
    parcel::below,
    server::Server,
    settings::{InvalidSetting, NotReady, Readable, Setting, Settings, Token},
    text::{UTF16, Words, cut},
};
use crate::Severity;

/// Where bots are served, unless a person names a server of their own
/// (<https://core.telegram.org/bots/api#using-a-local-bot-api-server>).
const SERVER: &str = "https://api.telegram.org/";
/// What `text` may have in characters.
const MESSAGE_CHARACTERS: usize = 4096;

#[derive(Debug)]
pub(super) struct Telegram {
    server: Server,
    token: Setting<BotToken>,
    chat_id: String,
}

impl Telegram {
    pub(super) fn new(settings: &mut Settings) -> Result<Self, InvalidSetting> {
        let server = Server::new(settings, SERVER)?;
        let token =
            Setting::needed("token", settings.token.take(), "it is what @BotFather gave for the bot")?;
        let chat_id = settings.chat_id.take().unwrap_or_default();
        let is_number = chat_id.parse::<i64>().is_ok();
        let is_name = chat_id.strip_prefix('@').is_some_and(|name| {
            !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        });
        if !is_number && !is_name {
            let reason = "it is neither a number nor @ and the name of a channel";
            return Err(InvalidSetting::new("chat_id", reason));
        }
        Ok(Self { server, token, chat_id })
    }
}

impl Post for Telegram {
    fn address(&self) -> String {
        self.server.masked()
    }

    /// Without `parse_mode`, so that a text is shown as it is.
    fn parcel(&self, note: &Note<'_>, read: ReadValue<'_>) -> Result<Parcel, NotReady> {
        let BotToken(token) = self.token.get(read)?;
        let mut parcel = self.server.parcel(read)?;
        parcel.secrets.learn(&token);
        below(&mut parcel.url, &[&format!("bot{}", token.expose()), "sendMessage"]);
        Ok(parcel.json(&json!({
            "chat_id": self.chat_id,
            "text": cut(&Words::of(note.message).whole(), MESSAGE_CHARACTERS, UTF16),
            "link_preview_options": { "is_disabled": true },
            "disable_notification": note.message.severity == Severity::Good,
        })))
    }
}

#[derive(Clone)]
struct BotToken(Token);

impl Readable for BotToken {
    /// A number, a colon and a key, and nothing that would change the path in which it stands.
    fn read(text: &str) -> Result<Self, String> {
        let token = Token::read(text)?;
        let is_key = |key: &str| key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
        match text.split_once(':') {
            Some((bot, key)) if bot.parse::<u64>().is_ok() && !key.is_empty() && is_key(key) => {
                Ok(Self(token))
            }
            _ => Err("it is no token of a bot, such as 123456:ABC-def".to_owned()),
        }
    }

    fn secrets(&self) -> Vec<String> {
        self.0.secrets()
    }
}
