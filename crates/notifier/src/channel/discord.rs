//! Discord: <https://docs.discord.com/developers/resources/webhook#execute-webhook>.

use hook_core::{HookUrl, ReadValue};
use serde_json::json;

use super::{
    Note, Parcel, Post,
    settings::{InvalidSetting, NotReady, Setting, Settings, masked},
    text::{Words, cut},
};

/// What `content` may have in characters.
const MESSAGE_CHARACTERS: usize = 2000;
/// Flag `SUPPRESS_EMBEDS`: an address in a text gets no preview.
const SUPPRESS_EMBEDS: u32 = 1 << 2;

#[derive(Debug)]
pub(super) struct Discord {
    url: Setting<HookUrl>,
}

impl Discord {
    pub(super) fn new(settings: &mut Settings) -> Result<Self, InvalidSetting> {
        let url = Setting::needed("url", settings.url.take(), "it is the address of a webhook")?;
        Ok(Self { url })
    }
}

impl Post for Discord {
    fn address(&self) -> String {
        self.url.shown(masked)
    }

    fn parcel(&self, note: &Note<'_>, read: ReadValue<'_>) -> Result<Parcel, NotReady> {
        let text = cut(&Words::of(note.message).whole(), MESSAGE_CHARACTERS, |c| {
            c.len_utf16() + usize::from(is_markdown(c))
        });
        let mut content = String::with_capacity(text.len());
        for c in text.chars() {
            if is_markdown(c) {
                content.push('\\');
            }
            content.push(c);
        }
        let mut parcel = Parcel::to(&self.url.get(read)?);
        // Without it Discord answers before it knows whether the message could be made.
        if !parcel.url.query_pairs().any(|(name, _)| name == "wait") {
            parcel.url.query_pairs_mut().append_pair("wait", "true");
        }
        Ok(parcel.json(&json!({
            "content": content,
            "allowed_mentions": { "parse": [] },
            "flags": SUPPRESS_EMBEDS,
        })))
    }
}

/// What would be emphasis, a quote, a heading, a list, a link or a mention: a name such as `*db*` is none.
fn is_markdown(c: char) -> bool {
    matches!(c, '\\' | '*' | '_' | '~' | '`' | '|' | '>' | '<' | '#' | '[' | ']' | '@')
}
