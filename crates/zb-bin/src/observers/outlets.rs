//! The destinations of the configuration, and the ways to all.

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
pub(crate) struct Way {
    transport: Transport,
    channel: Channel,
}

#[async_trait]
impl Carrier for Way {
    async fn carry(&self, message: &Message, delivery_id: &str) -> Result<Answer, Failed> {
        self.transport.send(&self.channel, message, delivery_id).await
    }
}

/// What the configuration says of notifications, and what sends them.
#[derive(Clone, Debug)]
pub(crate) struct Ways {
    notify: Arc<[Notify]>,
    transport: Transport,
}

impl Ways {
    /// Of the settings.
    #[must_use]
    pub(crate) fn new(settings: &Settings, around: &Surroundings) -> Self {
        let user_agent = HeaderValue::from_static(concat!("zb/", env!("CARGO_PKG_VERSION")));
        let reader = hook_values::reader(around.variables.clone());
        let allowed = Arc::clone(&settings.allowed_origins.value);
        let transport = Transport::new(allowed, user_agent, clock::unix_seconds, reader);
        Self { notify: Arc::clone(&settings.notify.value), transport }
    }

    /// Every destination of the configuration.
    #[must_use]
    pub(crate) fn configured(&self) -> Vec<Outlet> {
        let outlet = |notify: &Notify| Outlet {
            destination: destination(notify),
            carrier: Arc::new(self.way(notify.channel.clone())),
        };
        self.notify.iter().map(outlet).collect()
    }

    /// What the configuration has.
    pub(crate) fn notify(&self) -> &[Notify] {
        &self.notify
    }

    /// What sends messages.
    pub(crate) fn transport(&self) -> &Transport {
        &self.transport
    }

    /// The way by a channel.
    pub(crate) fn way(&self, channel: Channel) -> Way {
        Way { transport: self.transport.clone(), channel }
    }
}

/// Who is told of what by the configuration.
pub(crate) fn destination(notify: &Notify) -> Destination {
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
