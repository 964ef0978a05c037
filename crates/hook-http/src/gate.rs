//! The webhook subscriber: asked by the engine at the two places where a hook is due.

use std::sync::Arc;

use async_trait::async_trait;
use event_bus::Gate;
use hook_core::{AllowedOrigins, HookDue, HookOutcome, HookSpec};
use tokio_util::sync::CancellationToken;

use crate::{Call, HookClient, PrepareError, verdict::refused};

/// Permits, then sends. It reports what happened and judges nothing: what follows is the engine's business.
#[derive(Clone, Debug)]
pub struct WebhookGate {
    client: HookClient,
    allowed: Arc<AllowedOrigins>,
}

impl WebhookGate {
    /// A gate that sends to these origins only.
    #[must_use]
    pub fn new(client: HookClient, allowed: Arc<AllowedOrigins>) -> Self {
        Self { client, allowed }
    }

    /// [`HookClient::prepare`]: for both hooks of a run, before its pre hook.
    ///
    /// # Errors
    /// The CA file cannot be used, or TLS cannot be set up here.
    pub fn prepare(&self, hook: &HookSpec) -> Result<(), PrepareError> {
        self.client.prepare(hook)
    }
}

#[async_trait]
impl Gate<HookDue, HookOutcome> for WebhookGate {
    async fn ask(&self, due: &HookDue, cancel: &CancellationToken) -> HookOutcome {
        match self.allowed.permit(due.phase, &due.hook) {
            Ok(permitted) => {
                let call = Call {
                    phase: due.phase,
                    context: &due.context,
                    webhook_id: &due.webhook_id,
                    traceparent: due.traceparent.as_deref(),
                };
                self.client.send(&permitted, &call, cancel).await
            }
            Err(refusal) => refused(refusal.to_string()),
        }
    }
}
