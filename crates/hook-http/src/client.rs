//! One call: prepared before the pause, sent once, judged when its answer, the deadline or the user's word comes.

use std::{
    collections::HashMap,
    error::Error,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use hook_core::{HookOutcome, HookSpec, Permitted};
use http::HeaderValue;
use reqwest::{Client, Request};
use tokio::time::timeout_at;
use tokio_util::sync::CancellationToken;

use crate::{
    Call, PrepareError,
    departure::Departure,
    exchange,
    failure::in_one_line,
    reply::Reply,
    request,
    trust::Trust,
    verdict::{Silence, Verdict, refused},
};

/// Sends hooks: one `POST` each, to the hook's own origin only (`spec.md` §2, "The request").
///
/// It reads no environment and keeps no connection. Clones share what was prepared.
#[derive(Clone)]
pub struct HookClient {
    user_agent: HeaderValue,
    clock: Arc<dyn Fn() -> u64 + Send + Sync>,
    clients: Arc<Mutex<HashMap<Trust, Client>>>,
}

impl HookClient {
    /// `user_agent` is sent as it is, as `zb/1.0.0`; `clock` gives `webhook-timestamp`, in seconds since
    /// 1970-01-01 UTC. Nothing is read or connected yet.
    #[must_use]
    pub fn new(user_agent: HeaderValue, clock: impl Fn() -> u64 + Send + Sync + 'static) -> Self {
        Self { user_agent, clock: Arc::new(clock), clients: Arc::default() }
    }

    /// Reads what TLS needs for this hook, so that [`send`](Self::send) finds it ready: nothing for `http`, the
    /// CA file at every call, the platform's roots once. Blocks on the file system; call it before a service is paused.
    ///
    /// # Errors
    /// The CA file cannot be used, or TLS cannot be set up here.
    pub fn prepare(&self, hook: &HookSpec) -> Result<(), PrepareError> {
        let trust = Trust::of(hook);
        if matches!(trust, Trust::Only(_)) || self.prepared(&trust).is_none() {
            let client = trust.client()?;
            self.lock().insert(trust, client);
        }
        Ok(())
    }

    /// Sends the hook once and waits for what becomes of it, at most [`HookSpec::timeout`]: one deadline over
    /// DNS, connect, TLS, request, head and body.
    ///
    /// `cancel` cuts the call short: the outcome is [`NotSent`](hook_core::OutcomeKind::NotSent) where no
    /// connection stood yet, [`Cancelled`](hook_core::OutcomeKind::Cancelled) where the request may have arrived.
    /// A hook that was not prepared is prepared here; that it cannot be is an outcome too
    /// ([`Refused`](hook_core::OutcomeKind::Refused)). Needs a tokio runtime with time; one thread is enough.
    pub async fn send(
        &self,
        hook: &Permitted<'_>,
        call: &Call<'_>,
        cancel: &CancellationToken,
    ) -> HookOutcome {
        let begun = Instant::now();
        let verdict = Verdict { phase: call.phase, hook: hook.hook() };
        let outcome = match self.ready(hook, call) {
            Ok((client, request)) => {
                let departure = Arc::new(Departure::default());
                let deadline = begun + hook.hook().timeout();
                match exchange_until(client, request, &departure, deadline, cancel).await {
                    Ok(reply) => verdict.answered(&reply),
                    Err(silence) => verdict.unanswered(&silence, &departure),
                }
            }
            Err(error) => refused(format!("{} webhook cannot be sent: {}", call.phase, in_one_line(&*error))),
        };
        HookOutcome { duration: begun.elapsed(), ..outcome }
    }

    fn ready(
        &self,
        hook: &Permitted<'_>,
        call: &Call<'_>,
    ) -> Result<(Client, Request), Box<dyn Error + Send + Sync>> {
        let request = request::build(hook, call, &self.user_agent, (self.clock)())?;
        let trust = Trust::of(hook.hook());
        if let Some(client) = self.prepared(&trust) {
            return Ok((client, request));
        }
        let client = trust.client()?;
        self.lock().insert(trust, client.clone());
        Ok((client, request))
    }

    fn prepared(&self, trust: &Trust) -> Option<Client> {
        self.lock().get(trust).cloned()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Trust, Client>> {
        // A map of clients is whole after every operation, whoever panicked beside it.
        self.clients.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for HookClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HookClient").field("user_agent", &self.user_agent).finish_non_exhaustive()
    }
}

async fn exchange_until(
    client: Client,
    request: Request,
    departure: &Arc<Departure>,
    deadline: Instant,
    cancel: &CancellationToken,
) -> Result<Reply, Silence> {
    if cancel.is_cancelled() {
        return Err(Silence::Cancelled);
    }
    let exchange =
        timeout_at(deadline.into(), exchange::run(client, request, Arc::clone(departure), deadline));
    tokio::select! {
        biased; // an answer that is there counts, whatever else came at the same moment
        result = exchange => match result {
            Ok(reply) => reply.map_err(Silence::Broke),
            Err(_elapsed) => Err(Silence::TimedOut),
        },
        () = cancel.cancelled() => Err(Silence::Cancelled),
    }
}

#[cfg(test)]
mod tests {
    use std::{sync::mpsc, time::Duration};

    use hook_core::{AllowedOrigins, HookConfig, OutcomeKind, Phase};
    use reqwest::dns::{Name, Resolve, Resolving};

    use super::*;
    use crate::trust;

    /// A lookup that blocks a thread of the runtime, as the system's does, until the other end goes.
    struct Hanging(Mutex<Option<mpsc::Receiver<()>>>);

    impl Resolve for Hanging {
        fn resolve(&self, _: Name) -> Resolving {
            let until = self.0.lock().unwrap().take();
            Box::pin(async move {
                let _ = tokio::task::spawn_blocking(move || until.map(|until| until.recv())).await;
                Err("the lookup was given up".into())
            })
        }
    }

    #[tokio::test]
    async fn a_name_whose_lookup_hangs_is_not_sent_at_the_deadline() {
        let (_hold, until) = mpsc::channel();
        let _ = rustls::crypto::ring::default_provider().install_default();
        let resolver = Hanging(Mutex::new(Some(until)));
        let client = HookClient::new(HeaderValue::from_static("zb/1.2.3"), || 0);
        let hanging = trust::builder().tls_certs_only([]).dns_resolver(Arc::new(resolver)).build().unwrap();
        client.lock().insert(Trust::Plain, hanging);

        let config = HookConfig::new("http://hook.example/", Duration::from_secs(1));
        let hook = HookSpec::new(config).unwrap();
        let (allowed, _) = AllowedOrigins::parse("http://hook.example").unwrap();
        let resolved = hook.resolve(&|_| Err(String::new())).unwrap();
        let permitted = allowed.permit(Phase::Pre, resolved).unwrap();
        let call = Call { phase: Phase::Pre, context: "{}", webhook_id: "msg_1_pre", traceparent: None };
        let outcome = client.send(&permitted, &call, &CancellationToken::new()).await;

        assert_eq!((outcome.kind, outcome.http_status), (OutcomeKind::NotSent, None));
        let error = "pre webhook could not connect to http://hook.example within 1 s; nothing was sent";
        assert_eq!(outcome.error.as_deref(), Some(error));
    }
}
