//! The destinations of the store, with the way to each: they come, change and go while zb is at work.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, PoisonError},
};

use async_trait::async_trait;
use event_bus::BoxError;
use hook_core::OrganizationId;
use job_store::{Store, StoredDestination};
use notifier::{
    Answer, Carrier, Channel, ChannelKind, Destination, Directory, Failed, InvalidSetting, Message, Occasion,
    Outlet, Retry,
};
use serde::Deserialize;

use super::outlets::{Way, Ways};
use crate::config::Notify;

/// What the store keeps of a destination, as zb-server writes it.
#[derive(Deserialize)]
pub(crate) struct Kept {
    pub(crate) kind: String,
    #[serde(default)]
    on: BTreeSet<Occasion>,
    #[serde(default)]
    jobs: Option<Vec<String>>,
    pub(crate) settings: KeptSettings,
}

/// The settings of all kinds (`api.md` §7).
#[derive(Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct KeptSettings {
    pub(crate) url: Option<String>,
    pub(crate) token: Option<String>,
    pub(crate) user: Option<String>,
    pub(crate) chat_id: Option<String>,
    pub(crate) to: Vec<String>,
    pub(crate) headers: String,
    pub(crate) signing_secret: Option<String>,
}

/// A setting that cannot be used: its key in the configuration, and why.
pub(crate) type Unusable = (&'static str, String);

/// The way to a destination over HTTP settings; mail goes by the server that the configuration has.
pub(crate) fn channel(
    kind: ChannelKind,
    settings: &KeptSettings,
    mail: Option<&Channel>,
) -> Result<Channel, Unusable> {
    let unusable = |InvalidSetting { setting, reason, .. }| (setting, reason);
    if kind == ChannelKind::Email {
        let addressed = mail.and_then(|mail| mail.addressed_to(&settings.to));
        return addressed.ok_or_else(|| ("to", NO_SERVER.to_owned()))?.map_err(unusable);
    }
    let secret = |text: &Option<String>| text.clone().map(Into::into);
    let settings = notifier::Settings {
        url: secret(&settings.url),
        token: secret(&settings.token),
        user: secret(&settings.user),
        chat_id: settings.chat_id.clone(),
        headers: settings.headers.clone(),
        signing_secret: secret(&settings.signing_secret),
        ..notifier::Settings::default()
    };
    Channel::new(kind, settings).map_err(unusable)
}

const NO_SERVER: &str = "zb has no mail server: add a [[notify]] of the kind email to its configuration file";

/// The mail server of an organization: that of the first `[[notify]]` of the kind `email` that is for it, or for all.
pub(crate) fn mail_server<'n>(notify: &'n [Notify], organization: &OrganizationId) -> Option<&'n Channel> {
    let is_theirs = |notify: &&Notify| notify.organization.as_ref().is_none_or(|of| of == organization);
    let is_mail = |notify: &&Notify| notify.channel.kind() == ChannelKind::Email;
    notify.iter().filter(is_mail).find(is_theirs).map(|notify| &notify.channel)
}

/// Those of the configuration, which stay, and those of the store, as they are at each look.
pub(super) struct StoredOutlets {
    store: Arc<Store>,
    ways: Ways,
    fixed: Vec<Outlet>,
    known: Mutex<Option<Known>>,
}

/// Each destination's revision, with its way.
type Known = BTreeMap<String, (u32, Arc<dyn Carrier>)>;

impl StoredOutlets {
    pub(super) fn new(store: Arc<Store>, ways: Ways) -> Self {
        let fixed = ways.configured();
        Self { store, ways, fixed, known: Mutex::default() }
    }

    /// Whether there is anybody to tell.
    pub(super) async fn is_anybody_there(&self) -> bool {
        if !self.fixed.is_empty() {
            return true;
        }
        let stored = self.store.enabled_revisions().await;
        stored
            .inspect_err(|error| tracing::warn!(%error, "somebody may not be notified"))
            .is_ok_and(|all| !all.is_empty())
    }

    fn are_known(&self, revisions: &[(String, u32)]) -> bool {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.as_ref().is_some_and(|known| {
            known
                .iter()
                .map(|(id, (revision, _))| (id, revision))
                .eq(revisions.iter().map(|(id, revision)| (id, revision)))
        })
    }

    fn outlet(&self, stored: &StoredDestination, before: Option<&(u32, Arc<dyn Carrier>)>) -> Outlet {
        let kept = serde_json::from_str::<Kept>(stored.definition.expose());
        // The parser's message may have a piece of the text, which may be a secret.
        let kept = kept.map_err(|_| "the destination cannot be read any more".to_owned());
        let carrier = match before {
            Some((revision, carrier)) if *revision == stored.revision => Arc::clone(carrier),
            _ => self.ways.carrier(&stored.organization, kept.as_ref().map_err(String::as_str)),
        };
        Outlet { destination: destination(stored, kept.ok().as_ref()), carrier }
    }
}

#[async_trait]
impl Directory for StoredOutlets {
    async fn changed(&self) -> Result<Option<Vec<Outlet>>, BoxError> {
        if self.are_known(&self.store.enabled_revisions().await?) {
            return Ok(None);
        }
        let stored = self.store.enabled_destinations().await?;
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let before = known.take().unwrap_or_default();
        let (mut outlets, mut now) = (self.fixed.clone(), Known::new());
        for stored in &stored {
            let outlet = self.outlet(stored, before.get(&stored.id));
            now.insert(stored.id.clone(), (stored.revision, Arc::clone(&outlet.carrier)));
            outlets.push(outlet);
        }
        *known = Some(now);
        Ok(Some(outlets))
    }
}

fn destination(stored: &StoredDestination, kept: Option<&Kept>) -> Destination {
    let mut destination = match kept {
        Some(kept) if kept.kind == ChannelKind::Healthchecks.as_str() => Destination::pings(&stored.id),
        _ => Destination::people(&stored.id),
    };
    if let Some(kept) = kept {
        destination.on.clone_from(&kept.on);
        destination.jobs.clone_from(&kept.jobs);
    }
    destination.organization = Some(stored.organization.clone());
    destination.since = Some(stored.since);
    destination
}

/// Of a destination that lacks something: its messages wait.
struct NoWay(String);

#[async_trait]
impl Carrier for NoWay {
    async fn carry(&self, _: &Message, _: &str) -> Result<Answer, Failed> {
        Err(Failed::because(self.0.clone(), Retry::Later))
    }
}

impl Ways {
    /// The way to a stored destination, or one on which everything fails for this reason.
    pub(crate) fn carrier(
        &self,
        organization: &OrganizationId,
        kept: Result<&Kept, &str>,
    ) -> Arc<dyn Carrier> {
        let way = kept.map_err(ToOwned::to_owned).and_then(|kept| self.stored(organization, kept));
        match way {
            Ok(way) => Arc::new(way),
            Err(reason) => Arc::new(NoWay(reason)),
        }
    }

    fn stored(&self, organization: &OrganizationId, kept: &Kept) -> Result<Way, String> {
        let kind: ChannelKind =
            kept.kind.parse().map_err(|error: notifier::InvalidKind| error.to_string())?;
        let mail = mail_server(self.notify(), organization);
        let channel = channel(kind, &kept.settings, mail);
        channel.map(|channel| self.way(channel)).map_err(|(setting, reason)| format!("{setting}: {reason}"))
    }
}
