//! Sends a message once, and says what became of it.

mod exchange;
mod failure;
mod mail;
mod reply;
mod trust;
mod verdict;

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use hook_core::{AllowedOrigins, Origin, Secret, ValueFrom};
use http::{HeaderValue, Method, header};
use reqwest::{Client, Request};

use self::{exchange::Broken, reply::Reply, trust::Trust, verdict::Place};
use crate::{
    Answer, Carrier, Channel, Failed, Message, Retry,
    channel::{Email, How, Note, Parcel, Post},
};

/// What one send may take, the answer included, unless it is told otherwise: [`Transport::within`].
const DEADLINE: Duration = Duration::from_secs(20);

/// Sends messages: one `POST` each, to the channel's own origin only, as hooks are sent (`spec.md` §2). No proxy, no
/// redirect, no cookies, nothing sent twice, no connection kept.
///
/// It reads no environment and knows no time but by what it is given. Clones share what was prepared.
#[derive(Clone)]
pub struct Transport {
    allowed: Arc<AllowedOrigins>,
    user_agent: HeaderValue,
    clock: Arc<dyn Fn() -> u64 + Send + Sync>,
    read: Arc<Read>,
    deadline: Duration,
    clients: Arc<Mutex<HashMap<Trust, Client>>>,
}

type Read = dyn Fn(&ValueFrom) -> Result<Secret, String> + Send + Sync;

impl Transport {
    /// `allowed` guards every address that a person typed. `user_agent` is sent as it is, as `zb/1.0.0`; `clock`
    /// gives seconds since 1970-01-01 UTC; `read` reads a value that is elsewhere, at each send, and may block.
    #[must_use]
    pub fn new(
        allowed: Arc<AllowedOrigins>,
        user_agent: HeaderValue,
        clock: impl Fn() -> u64 + Send + Sync + 'static,
        read: impl Fn(&ValueFrom) -> Result<Secret, String> + Send + Sync + 'static,
    ) -> Self {
        Self {
            allowed,
            user_agent,
            clock: Arc::new(clock),
            read: Arc::new(read),
            deadline: DEADLINE,
            clients: Arc::default(),
        }
    }

    /// The same, with another deadline than 20 seconds.
    #[must_use]
    pub fn within(self, deadline: Duration) -> Self {
        Self { deadline, ..self }
    }

    /// Sends a message once and waits for what becomes of it: one deadline over DNS, connect, TLS, request and answer.
    /// `delivery_id` is the same for every try, and a receiver that can tell repeats is told it.
    ///
    /// Before any lookup the allowlist is asked. Dropping the future ends the exchange. Needs a tokio runtime with
    /// time; one thread is enough.
    ///
    /// # Errors
    /// The destination has not taken the message, or nobody knows: why, and whether to try again.
    pub async fn send(
        &self,
        channel: &Channel,
        message: &Message,
        delivery_id: &str,
    ) -> Result<Answer, Failed> {
        let note = Note { message, delivery_id, now: (self.clock)() };
        match channel.how() {
            How::Mail(email) => self.mail(channel, email, &note).await,
            How::Post(service) => self.post(channel, &**service, &note).await,
        }
    }

    /// The way to one destination.
    #[must_use]
    pub fn route(&self, channel: Channel) -> Route {
        Route { transport: self.clone(), channel }
    }

    async fn post(&self, channel: &Channel, service: &dyn Post, note: &Note<'_>) -> Result<Answer, Failed> {
        let parcel = service.parcel(note, &*self.read).map_err(|error| later(error.to_string()))?;
        if parcel.is_typed {
            self.permit(&parcel.origin)?;
        }
        let place = Place::new(channel, &parcel.origin, &parcel.secrets, note.now);
        let client = self.client(&Trust::of(channel, &parcel.url));
        let client = client.map_err(|reason| place.unreachable(&reason))?;
        match self.exchange(client, self.request(&parcel)).await {
            Ok(reply) => place.answered(&reply, service),
            Err(broken) => Err(place.unanswered(&broken)),
        }
    }

    async fn mail(&self, channel: &Channel, email: &Email, note: &Note<'_>) -> Result<Answer, Failed> {
        let posting = email.posting(note, &*self.read).map_err(later)?;
        let (server, secrets) = (posting.server.place(), posting.secrets.clone());
        let place = Place::new(channel, &server, &secrets, note.now);
        let tls =
            mail::tls(&posting.server, channel.ca_file()).map_err(|reason| place.unreachable(&reason))?;
        match exchange::on_its_own_thread(self.deadline, mail::hand_in(posting, tls)).await {
            Ok(Ok(said)) => Ok(place.taken(&said)),
            Ok(Err(not_taken)) => Err(place.not_taken(&not_taken)),
            Err(broken) => Err(place.unanswered(&broken)),
        }
    }

    /// Why nothing is sent to an address of this origin that somebody typed; nothing where the list has it. The words
    /// are those of a hook's refusal (`spec.md` §2).
    #[must_use]
    pub fn refused(&self, origin: &Origin) -> Option<String> {
        let refused =
            || format!("notification URL origin is not allowed. Add {origin} to WEBHOOK_ALLOWED_ORIGINS.");
        (!self.allowed.permit_origin(origin)).then(refused)
    }

    fn permit(&self, origin: &Origin) -> Result<(), Failed> {
        self.refused(origin).map_or(Ok(()), |reason| Err(later(reason)))
    }

    fn request(&self, parcel: &Parcel) -> Request {
        let mut request = Request::new(Method::POST, parcel.url.clone());
        let headers = request.headers_mut();
        headers.insert(header::USER_AGENT, self.user_agent.clone());
        headers.insert(header::ACCEPT, HeaderValue::from_static("*/*"));
        headers.extend(parcel.headers.clone()); // the user's win
        *request.body_mut() = Some(parcel.body.clone().into());
        request
    }

    async fn exchange(&self, client: Client, request: Request) -> Result<Reply, Broken> {
        let conversation = async move {
            let response = client.execute(request).await?;
            Ok(Reply::read(response).await?)
        };
        exchange::on_its_own_thread(self.deadline, conversation).await?
    }

    /// The client for what a server must show. A CA file is read anew each time: it may have changed.
    fn client(&self, trust: &Trust) -> Result<Client, String> {
        if let Some(client) = self.lock().get(trust) {
            return Ok(client.clone());
        }
        let client = trust.client()?;
        if !matches!(trust, Trust::Only(_)) {
            self.lock().insert(trust.clone(), client.clone());
        }
        Ok(client)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Trust, Client>> {
        // A map of clients is whole after every operation, whoever panicked beside it.
        self.clients.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transport")
            .field("allowed", &self.allowed)
            .field("user_agent", &self.user_agent)
            .field("deadline", &self.deadline)
            .finish_non_exhaustive()
    }
}

/// Another try may mend it; HTTP has said nothing.
fn later(reason: String) -> Failed {
    Failed::because(reason, Retry::Later)
}

/// The way to one destination: [`Transport::route`].
#[derive(Clone, Debug)]
pub struct Route {
    transport: Transport,
    channel: Channel,
}

#[async_trait]
impl Carrier for Route {
    async fn carry(&self, message: &Message, delivery_id: &str) -> Result<Answer, Failed> {
        self.transport.send(&self.channel, message, delivery_id).await
    }
}
