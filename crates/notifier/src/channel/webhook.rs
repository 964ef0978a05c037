//! A JSON document to any address, with the headers of the Standard Webhooks specification:
//! `docs/reference/notification.md`.

use std::str::FromStr as _;

use hook_core::{HeaderFrom, HookHeaders, HookUrl, ReadValue, SigningSecret};
use http::{HeaderName, HeaderValue};
use serde_json::{Value, json};

use super::{
    Note, Parcel, Post,
    settings::{InvalidSetting, NotReady, Readable, Setting, Settings, masked, take},
};
use crate::{Message, Topic};

const WEBHOOK_ID: HeaderName = HeaderName::from_static("webhook-id");
const WEBHOOK_TIMESTAMP: HeaderName = HeaderName::from_static("webhook-timestamp");
const WEBHOOK_SIGNATURE: HeaderName = HeaderName::from_static("webhook-signature");

#[derive(Debug)]
pub(super) struct Webhook {
    url: Setting<HookUrl>,
    headers: HookHeaders,
    headers_from: Vec<HeaderFrom>,
    signing_secret: Option<Setting<SigningSecret>>,
}

impl Webhook {
    pub(super) fn new(settings: &mut Settings) -> Result<Self, InvalidSetting> {
        let url = Setting::needed("url", settings.url.take(), "it is the address to send to")?;
        let headers = HookHeaders::from_str(&std::mem::take(&mut settings.headers))
            .map_err(|error| InvalidSetting::new("headers", error.to_string()))?;
        let headers_from = std::mem::take(&mut settings.headers_from);
        let mut names = headers.clone();
        for HeaderFrom { name, .. } in &headers_from {
            names
                .insert(name, "x")
                .map_err(|fault| InvalidSetting::new("headers_from", format!("{name}: {fault}")))?;
        }
        let signing_secret = Setting::maybe("signing_secret", settings.signing_secret.take())?;
        Ok(Self { url, headers, headers_from, signing_secret })
    }

    /// The user's headers, with the values that are elsewhere.
    fn headers(&self, read: ReadValue<'_>) -> Result<HookHeaders, NotReady> {
        let mut headers = self.headers.clone();
        for HeaderFrom { name, from, .. } in &self.headers_from {
            let setting = format!("the header {name}");
            let HeaderText(value) = take(&setting, from, read)?;
            headers.insert(name, &value).map_err(|fault| NotReady::new(&setting, from, fault.to_string()))?;
        }
        Ok(headers)
    }
}

impl Post for Webhook {
    fn address(&self) -> String {
        self.url.shown(masked)
    }

    fn parcel(&self, note: &Note<'_>, read: ReadValue<'_>) -> Result<Parcel, NotReady> {
        let mut parcel = Parcel::to(&self.url.get(read)?).json(&document(note));
        // An id is text of zb's own, and a time is digits.
        if let Ok(id) = HeaderValue::from_str(note.delivery_id) {
            parcel.headers.insert(WEBHOOK_ID, id);
        }
        parcel.headers.insert(WEBHOOK_TIMESTAMP, HeaderValue::from(note.now));
        for (name, value) in self.headers(read)?.iter() {
            parcel.headers.insert(name.clone(), value.clone());
            // Its words too: of `Bearer abc` the second.
            let text = value.to_str().unwrap_or_default();
            parcel.secrets.add(text.split(' ').chain([text]).map(str::to_owned));
        }
        if let Some(secret) = &self.signing_secret
            && !parcel.headers.contains_key(WEBHOOK_SIGNATURE)
        {
            // What is sent is signed: an id or a time that the user named is the one that the receiver sees.
            let header = |name| parcel.headers.get(name).map(HeaderValue::as_bytes).unwrap_or_default();
            let (id, time) = (header(WEBHOOK_ID), header(WEBHOOK_TIMESTAMP));
            let signature = secret.get(read)?.sign(id, time, &parcel.body);
            if let Some(signature) = signature {
                parcel.secret_header(WEBHOOK_SIGNATURE, &signature);
            }
        }
        Ok(parcel)
    }
}

fn document(note: &Note<'_>) -> Value {
    let Message { topic, severity, title, lines, run, time, .. } = note.message;
    let (topic, occasion) = match *topic {
        Topic::Occasion(occasion) => ("occasion", Some(occasion)),
        Topic::Reminder(occasion) => ("reminder", Some(occasion)),
        Topic::Started => ("started", None),
        Topic::Recovered => ("recovered", None),
        Topic::Test => ("test", None),
    };
    let mut document = json!({
        "type": "zb.notification",
        "id": note.delivery_id,
        "time": time,
        "topic": topic,
        "severity": severity,
        "title": title,
        "lines": lines,
    });
    if let Some(occasion) = occasion {
        document["occasion"] = json!(occasion);
    }
    if let Some(run) = run {
        document["run"] = json!(run);
    }
    document
}

impl Readable for SigningSecret {
    fn read(text: &str) -> Result<Self, String> {
        text.parse().map_err(|error: hook_core::InvalidSigningSecret| error.to_string())
    }

    /// Its key never leaves the machine, so nobody can repeat it.
    fn secrets(&self) -> Vec<String> {
        Vec::new()
    }
}

/// The value of a header: its form is the headers' own business.
#[derive(Clone)]
struct HeaderText(String);

impl Readable for HeaderText {
    fn read(text: &str) -> Result<Self, String> {
        Ok(Self(text.to_owned()))
    }

    fn secrets(&self) -> Vec<String> {
        vec![self.0.clone()]
    }
}
