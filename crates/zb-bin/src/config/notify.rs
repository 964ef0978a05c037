//! `[[notify]]`: who is told how runs end (`spec.md` §9).

use std::{collections::BTreeSet, sync::Arc};

use hook_core::OrganizationId;
use notifier::{Channel, ChannelKind, InvalidSetting, Occasion, SecretValue, Settings};

use super::{
    BadInput, Section,
    job_hook::{headers, headers_from},
    job_identity::parsed,
    value_from::value_from,
};

/// The keys of a destination, in the order of the page.
pub const NOTIFY_KEYS: [&str; 15] = [
    "name",
    "kind",
    "on",
    "jobs",
    "organization",
    "url",
    "token",
    "user",
    "chat_id",
    "to",
    "from",
    "headers",
    "headers_from",
    "signing_secret",
    "ca_file",
];

/// The longest name of a destination, in characters.
const MAX_NAME_CHARS: usize = 64;

/// What deliveries of the store's destinations are kept under begins with this.
const STORED: &str = "dest_";

/// One destination.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Notify {
    /// Its name, unique in the file: deliveries are kept under it.
    pub name: String,
    /// How it is reached.
    pub channel: Channel,
    /// What it is told of; absent where the file leaves that to its kind.
    pub on: Option<BTreeSet<Occasion>>,
    /// Of which jobs, by name or `scheduleId`; absent for all.
    pub jobs: Option<Vec<String>>,
    /// Of whose jobs; absent for all.
    pub organization: Option<OrganizationId>,
}

/// Reads every destination.
pub(super) fn read(destinations: &[Section<'_>]) -> Result<Arc<[Notify]>, BadInput> {
    let mut names = BTreeSet::new();
    let one = |section: &Section<'_>| {
        let notify = Notify::read(section)?;
        if !names.insert(notify.name.clone()) {
            return Err(section.fault("name", format!("is {:?} a second time", notify.name)));
        }
        Ok(notify)
    };
    destinations.iter().map(one).collect()
}

impl Notify {
    fn read(section: &Section<'_>) -> Result<Self, BadInput> {
        section.only(&NOTIFY_KEYS)?;
        let name = section.required_text("name")?;
        if name.chars().count() > MAX_NAME_CHARS || name.chars().any(char::is_control) {
            let reason = format!("must be one line of at most {MAX_NAME_CHARS} characters");
            return Err(section.fault("name", reason));
        }
        if name.starts_with(STORED) {
            let reason = format!("begins with {STORED:?}, as the ids of destinations of the service do");
            return Err(section.fault("name", reason));
        }
        Ok(Self {
            name: name.to_owned(),
            channel: channel(section)?,
            on: occasions(section)?,
            jobs: owned(section.texts("jobs")?),
            organization: parsed(section, "organization")?,
        })
    }
}

fn owned(texts: Option<Vec<&str>>) -> Option<Vec<String>> {
    texts.map(|texts| texts.into_iter().map(ToOwned::to_owned).collect())
}

fn channel(section: &Section<'_>) -> Result<Channel, BadInput> {
    section.required_text("kind")?;
    let kinds: Vec<_> = ChannelKind::ALL.iter().map(|kind| (kind.as_str(), *kind)).collect();
    // It is there: it was required.
    let Some(kind) = section.choice("kind", &kinds)? else { return Err(section.fault("kind", "is missing")) };
    let settings = Settings {
        url: secret(section, "url")?,
        token: secret(section, "token")?,
        user: secret(section, "user")?,
        chat_id: section.text("chat_id")?.map(ToOwned::to_owned),
        to: owned(section.texts("to")?).unwrap_or_default(),
        from: section.text("from")?.map(ToOwned::to_owned),
        headers: headers(section)?,
        headers_from: headers_from(section)?,
        signing_secret: secret(section, "signing_secret")?,
        ca_file: section.path("ca_file")?,
    };
    Channel::new(kind, settings).map_err(|InvalidSetting { setting, reason, .. }| {
        BadInput::new(section.place(setting), format!("`{}`: {reason}", section.full_name(setting)))
    })
}

/// A text, or where it is: read at each send.
fn secret(section: &Section<'_>, key: &str) -> Result<Option<SecretValue>, BadInput> {
    const FORMS: &str = "must be a text, { env = \"NAME\" } or { file = \"PATH\" }";
    if !section.has(key) {
        return Ok(None);
    }
    if section.is_text(key) {
        return Ok(section.filled_text(key)?.map(|text| text.to_owned().into()));
    }
    value_from(section, key, FORMS).map(|from| Some(from.into()))
}

fn occasions(section: &Section<'_>) -> Result<Option<BTreeSet<Occasion>>, BadInput> {
    let Some(texts) = section.texts("on")? else { return Ok(None) };
    if texts.is_empty() {
        return Err(section.fault("on", "is empty: it would tell nothing"));
    }
    let words = || Occasion::ALL.map(Occasion::as_str).join(", ");
    let one = |text: &str| {
        let unknown = |error| section.fault("on", format!("cannot be used: {error}"));
        text.parse().map_err(|error| unknown(error).hint(format!("the occasions are: {}", words())))
    };
    texts.into_iter().map(one).collect::<Result<_, _>>().map(Some)
}
