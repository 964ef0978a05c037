//! The destinations of the configuration, with the way to each.

use std::sync::Arc;

use async_trait::async_trait;
use http::HeaderValue;
use notifier::{Answer, Carrier, Channel, ChannelKind, Destination, Failed, Message, Outlet, Transport};

use crate::{
    clock,
    config::{Notify, Settings, Surroundings},
    hook_values,
};

/// A channel, and what sends on it.
struct Way {
    transport: Transport,
    channel: Channel,
}

#[async_trait]
impl Carrier for Way {
    async fn carry(&self, message: &Message, delivery_id: &str) -> Result<Answer, Failed> {
        self.transport.send(&self.channel, message, delivery_id).await
    }
}

/// Every destination of the configuration.
#[must_use]
pub(crate) fn outlets(settings: &Settings, around: &Surroundings) -> Vec<Outlet> {
    let transport = transport(settings, around);
    let outlet = |notify: &Notify| Outlet {
        destination: destination(notify),
        carrier: Arc::new(Way { transport: transport.clone(), channel: notify.channel.clone() }),
    };
    settings.notify.value.iter().map(outlet).collect()
}

/// What sends messages.
fn transport(settings: &Settings, around: &Surroundings) -> Transport {
    let user_agent = HeaderValue::from_static(concat!("zb/", env!("CARGO_PKG_VERSION")));
    let reader = hook_values::reader(around.variables.clone());
    Transport::new(Arc::clone(&settings.allowed_origins.value), user_agent, clock::unix_seconds, reader)
}

fn destination(notify: &Notify) -> Destination {
    let mut destination = match notify.channel.kind() {
        ChannelKind::Healthchecks => Destination::pings(&notify.name),
        _ => Destination::people(&notify.name),
    };
    if let Some(on) = &notify.on {
        destination.on.clone_from(on);
    }
    destination.jobs.clone_from(&notify.jobs);
    destination.organization.clone_from(&notify.organization);
    destination
}
