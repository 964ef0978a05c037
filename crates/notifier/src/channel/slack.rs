//! Slack's incoming webhooks: <https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks/>.

use hook_core::{HookUrl, ReadValue};
use serde_json::json;

use super::{
    Note, Parcel, Post,
    settings::{InvalidSetting, NotReady, Setting, Settings, masked},
    text::{Words, cut},
};

/// What Slack recommends; it cuts at 40,000
/// (<https://docs.slack.dev/changelog/2018-truncating-really-long-messages>).
const MESSAGE_CHARACTERS: usize = 4000;

#[derive(Debug)]
pub(super) struct Slack {
    url: Setting<HookUrl>,
}

impl Slack {
    pub(super) fn new(settings: &mut Settings) -> Result<Self, InvalidSetting> {
        let url = Setting::needed("url", settings.url.take(), "it is the address of an incoming webhook")?;
        Ok(Self { url })
    }
}

impl Post for Slack {
    fn address(&self) -> String {
        self.url.shown(masked)
    }

    fn parcel(&self, note: &Note<'_>, read: ReadValue<'_>) -> Result<Parcel, NotReady> {
        let text = cut(&Words::of(note.message).whole(), MESSAGE_CHARACTERS, |c| {
            escape(c).map_or(c.len_utf16(), str::len)
        });
        let text: String =
            text.chars().map(|c| escape(c).map_or_else(|| c.to_string(), str::to_owned)).collect();
        // mrkdwn: a name such as *db* is no emphasis.
        let document = json!({ "text": text, "mrkdwn": false, "unfurl_links": false, "unfurl_media": false });
        Ok(Parcel::to(&self.url.get(read)?).json(&document))
    }
}

/// The three characters that Slack gives a meaning, `<!channel>` among them
/// (<https://docs.slack.dev/messaging/formatting-message-text#escaping>).
fn escape(c: char) -> Option<&'static str> {
    match c {
        '&' => Some("&amp;"),
        '<' => Some("&lt;"),
        '>' => Some("&gt;"),
        _ => None,
    }
}
