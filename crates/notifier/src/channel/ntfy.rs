//! ntfy: <https://docs.ntfy.sh/publish/#publish-as-json>.

use hook_core::{HookUrl, ReadValue};
use http::header::AUTHORIZATION;
use serde_json::json;
use url::Url;

use super::{
    Note, Parcel, Post,
    settings::{InvalidSetting, NotReady, Readable, Setting, Settings, Token, masked},
    text::{JSON, Words, cut},
};
use crate::Severity;

/// What a message may have in bytes; a longer one becomes an attachment
/// (<https://docs.ntfy.sh/publish/#limitations>). Counted as JSON, because the server takes no document of more than
/// twice as much.
const MESSAGE_BYTES: usize = 4096;
/// No limit is documented. Phones show less.
const TITLE_BYTES: usize = 250;

#[derive(Debug)]
pub(super) struct Ntfy {
    url: Setting<TopicUrl>,
    token: Option<Setting<Token>>,
}

impl Ntfy {
    pub(super) fn new(settings: &mut Settings) -> Result<Self, InvalidSetting> {
        let url =
            Setting::needed("url", settings.url.take(), "it is server and topic, as https://ntfy.sh/topic")?;
        let token = Setting::maybe("token", settings.token.take())?;
        let has_credentials = url.here().is_some_and(|url: &TopicUrl| url.0.credentials().is_some());
        if has_credentials && token.is_some() {
            return Err(InvalidSetting::new("token", "the url has a user and password already"));
        }
        Ok(Self { url, token })
    }
}

impl Post for Ntfy {
    fn address(&self) -> String {
        self.url.shown(|url| masked(&url.0))
    }

    /// To the server itself, the topic in the document: a header could not carry a title that is not ASCII.
    fn parcel(&self, note: &Note<'_>, read: ReadValue<'_>) -> Result<Parcel, NotReady> {
        let address = self.url.get(read)?.0;
        let (base, topic) = split(address.url());
        let words = Words::of(note.message);
        let (priority, tag) = match note.message.severity {
            Severity::Good => (2, "white_check_mark"),
            Severity::Notice => (3, "warning"),
            Severity::Bad => (4, "rotating_light"),
        };
        let mut parcel = Parcel::to(&address);
        parcel.url = base;
        if let Some(token) = &self.token {
            parcel.token(AUTHORIZATION, "Bearer ", &token.get(read)?);
        }
        Ok(parcel.json(&json!({
            "topic": topic,
            "title": cut(&words.title, TITLE_BYTES, JSON),
            "message": cut(&words.details, MESSAGE_BYTES, JSON),
            "priority": priority,
            "tags": [tag],
        })))
    }
}

/// An address whose path ends in a topic.
#[derive(Clone)]
pub(super) struct TopicUrl(pub(super) HookUrl);

impl Readable for TopicUrl {
    fn read(text: &str) -> Result<Self, String> {
        let url = HookUrl::read(text)?;
        let (_, topic) = split(url.url());
        // What the server itself takes: https://docs.ntfy.sh/publish/, "topic names".
        let valid = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
        if !matches!(topic.len(), 1..=64) || !topic.bytes().all(valid) {
            return Err("its path does not end in a topic, which is 1 to 64 of A-Z a-z 0-9 _ -".to_owned());
        }
        if url.url().query().is_some() {
            return Err("it has a query, and ntfy's address has none".to_owned());
        }
        Ok(Self(url))
    }

    fn secrets(&self) -> Vec<String> {
        self.0.secrets()
    }
}

/// The server's address, and the last segment of the path.
fn split(url: &Url) -> (Url, String) {
    let mut base = url.clone();
    let mut segments: Vec<&str> = url.path_segments().into_iter().flatten().collect();
    let topic = segments.pop().unwrap_or_default().to_owned();
    base.set_path(&segments.iter().map(|segment| format!("/{segment}")).collect::<String>());
    (base, topic)
}
