//! The webhook subscriber: asked by the engine at the two places where a hook is due.

use std::{fmt, sync::Arc};

use async_trait::async_trait;
use event_bus::Gate;
use hook_core::{AllowedOrigins, HookDue, HookOutcome, HookSpec, Resolved, Secret, Unresolved, ValueFrom};
use tokio_util::sync::CancellationToken;

use crate::{Call, HookClient, PrepareError, verdict::refused};

/// Reads what it needs, asks for permission, then sends. It reports what happened and judges nothing: what follows is
/// the engine's business.
#[derive(Clone)]
pub struct WebhookGate {
    client: HookClient,
    allowed: Arc<AllowedOrigins>,
    read: Arc<Read>,
}

type Read = dyn Fn(&ValueFrom) -> Result<Secret, String> + Send + Sync;

impl WebhookGate {
    /// A gate that sends to these origins only. It reads no value that is elsewhere: a hook that has such headers needs
    /// [`reading`](Self::reading), or a sealed copy.
    #[must_use]
    pub fn new(client: HookClient, allowed: Arc<AllowedOrigins>) -> Self {
        Self { client, allowed, read: Arc::new(|_| Err("nothing is read here".to_owned())) }
    }

    /// The same, with a way to read values that are elsewhere: asked at every call, so that a secret may change
    /// between two. It blocks the caller's thread.
    #[must_use]
    pub fn reading(
        self,
        read: impl Fn(&ValueFrom) -> Result<Secret, String> + Send + Sync + 'static,
    ) -> Self {
        Self { read: Arc::new(read), ..self }
    }

    /// [`HookSpec::resolve`] with what this gate can read.
    ///
    /// # Errors
    /// The first header that has no value, here or sealed.
    pub fn resolve<'h>(&self, hook: &'h HookSpec) -> Result<Resolved<'h>, Unresolved> {
        hook.resolve(&*self.read)
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
        let resolved = match self.resolve(&due.hook) {
            Ok(resolved) => resolved,
            Err(error) => return refused(format!("{} webhook cannot be sent: {error}", due.phase)),
        };
        match self.allowed.permit(due.phase, resolved) {
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

impl fmt::Debug for WebhookGate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebhookGate")
            .field("client", &self.client)
            .field("allowed", &self.allowed)
            .finish_non_exhaustive()
    }
}
