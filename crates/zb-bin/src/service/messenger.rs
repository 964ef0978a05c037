//! What `zb-server` asks of notifications: settings checked, tests sent, and what the configuration has.

use std::sync::Arc;

use async_trait::async_trait;
use hook_core::{HookHeaders, HookUrl, OrganizationId};
use job_store::Store;
use notifier::{ChannelKind, Limits, send_now, test_message};
use serde_json::Value;
use zb_server::{ConfiguredDestination, Fault, FieldError, Messenger};

use crate::{
    clock, host,
    observers::{Kept, KeptSettings, Ways, channel, destination, mail_server},
    report::Failure,
};

/// More faults than a destination has settings.
const MOST: usize = 100;

/// Takes messages to destinations.
pub(crate) struct ServiceMessenger {
    pub(crate) store: Arc<Store>,
    pub(crate) ways: Ways,
}

#[async_trait]
impl Messenger for ServiceMessenger {
    fn check(&self, organization: &OrganizationId, kind: &str, settings: &Value) -> Fault {
        let Ok(kind) = kind.parse::<ChannelKind>() else { return vec![FieldError::new("", "is of no kind")] };
        let mut faults = form(settings);
        let mut rest = settings.clone();
        if let Some(members) = rest.as_object_mut() {
            members.retain(|name, _| faults.iter().all(|fault| fault.field != format!("/{name}")));
        }
        let Ok(mut kept) = serde_json::from_value::<KeptSettings>(rest) else { return faults };
        faults.extend(headers(&mut kept.headers));
        let mail = mail_server(self.ways.notify(), organization);
        for _ in 0..MOST {
            let Err((setting, reason)) = channel(kind, &kept, mail) else { break };
            let is_stuck = !stand_in(kind, setting, &mut kept);
            faults.push(FieldError::new(pointer(setting), reason));
            if is_stuck {
                return faults;
            }
        }
        let url = settings["url"].as_str().and_then(|url| url.parse::<HookUrl>().ok());
        let refused = url.and_then(|url| self.ways.transport().refused(url.origin()));
        faults.extend(refused.map(|reason| FieldError::new("/url", reason)));
        faults
    }

    async fn test(
        &self,
        organization: &OrganizationId,
        id: &str,
        definition: &str,
    ) -> Result<String, String> {
        let kept: Kept =
            serde_json::from_str(definition).map_err(|_| "the destination cannot be read any more")?;
        let carrier = self.ways.carrier(organization, Ok(&kept));
        let clock: event_bus::Clock = Arc::new(clock::now);
        let message = test_message(clock::now(), &host::name());
        let sent = send_now(&*self.store, id, &*carrier, message, &clock, Limits::default()).await;
        sent.kept.map(|kept| kept.id).map_err(|error| Failure::from_chain(&*error).message)
    }

    fn configured(&self, organization: &OrganizationId) -> Vec<ConfiguredDestination> {
        // Who is told of everybody's runs is the operators' affair.
        let of = |theirs: &Option<OrganizationId>| match theirs {
            Some(theirs) => theirs == organization,
            None => *organization == OrganizationId::default(),
        };
        let shown = self.ways.notify().iter().filter(|notify| of(&notify.organization)).map(|notify| {
            ConfiguredDestination {
                name: notify.name.clone(),
                address: notify.channel.describe(),
                on: destination(notify).on.iter().map(ToString::to_string).collect(),
                jobs: notify.jobs.clone(),
            }
        });
        shown.collect()
    }
}

/// What is of another form than any setting has.
fn form(settings: &Value) -> Fault {
    let members = settings.as_object().into_iter().flatten();
    let wrong = members.filter_map(|(name, value)| {
        let texts = |value: &Value| value.as_array().is_some_and(|all| all.iter().all(Value::is_string));
        let reason = match (name.as_str(), value) {
            ("to", value) if !texts(value) => "it is a list of addresses",
            ("to", _) => return None,
            (_, Value::String(_)) => return None,
            _ => "it is a text",
        };
        Some(FieldError::new(format!("/{name}"), reason))
    });
    wrong.collect()
}

/// Every line of the headers that is wrong; it is taken out.
fn headers(text: &mut String) -> Fault {
    let mut faults = Fault::new();
    while let Err(invalid) = text.parse::<HookHeaders>() {
        let mut lines: Vec<_> = text.lines().collect();
        let Some(line) = lines.get_mut(invalid.line - 1).filter(|_| faults.len() < MOST) else { break };
        *line = "";
        let blanked = lines.join("\n");
        let mut fault = FieldError::new("/headers", invalid.to_string());
        fault.line = Some(invalid.line);
        faults.push(fault);
        *text = blanked;
    }
    faults
}

/// A setting's name in JSON, as a pointer.
fn pointer(setting: &str) -> String {
    match setting {
        "chat_id" => "/chatId".to_owned(),
        "signing_secret" => "/signingSecret".to_owned(),
        other => format!("/{other}"),
    }
}

/// Something good in the place of a setting that is wrong, so that the rest can be checked: whether there is such.
fn stand_in(kind: ChannelKind, setting: &str, settings: &mut KeptSettings) -> bool {
    let good = |slot: &mut Option<String>, text: &str| slot.replace(text.to_owned()).as_deref() != Some(text);
    match (setting, kind) {
        ("url", _) => good(&mut settings.url, "https://example.org/topic"),
        ("token", ChannelKind::Telegram) => good(&mut settings.token, "1:x"),
        // With credentials in the URL there must be none.
        ("token", ChannelKind::Ntfy) => settings.token.take().is_some(),
        ("token", _) => good(&mut settings.token, "x"),
        ("user", _) => good(&mut settings.user, "x"),
        ("chat_id", _) => good(&mut settings.chat_id, "1"),
        ("signing_secret", _) => settings.signing_secret.take().is_some(),
        _ => false,
    }
}
