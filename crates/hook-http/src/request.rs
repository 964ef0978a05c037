//! The request of one call: what the user wrote, and what is added unless the user named it (`spec.md` §2).

use hook_core::{HookBody, HookSpec, Permitted, Phase};
use http::{
    HeaderMap, HeaderName, HeaderValue, Method,
    header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, USER_AGENT},
};
use reqwest::Request;
use thiserror::Error;

const WEBHOOK_ID: HeaderName = HeaderName::from_static("webhook-id");
const WEBHOOK_TIMESTAMP: HeaderName = HeaderName::from_static("webhook-timestamp");
const WEBHOOK_SIGNATURE: HeaderName = HeaderName::from_static("webhook-signature");
const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// What changes from one call of a hook to the next.
#[derive(Clone, Copy, Debug)]
pub struct Call<'a> {
    /// Which hook: outcomes begin with it.
    pub phase: Phase,
    /// The body of a hook that has none of its own: sent as `application/json`.
    pub context: &'a str,
    /// The same for every attempt, so that a receiver can drop repeats.
    pub webhook_id: &'a str,
    /// W3C Trace Context, where there is a trace.
    pub traceparent: Option<&'a str>,
}

/// A header of the call that HTTP cannot carry. The value is not repeated: it may be a secret.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
#[error("what the header {name} should say is no header value")]
pub(crate) struct InvalidCall {
    name: HeaderName,
}

/// Puts the request together. `now` is in seconds since 1970, UTC.
pub(crate) fn build(
    permitted: &Permitted<'_>,
    call: &Call<'_>,
    user_agent: &HeaderValue,
    now: u64,
) -> Result<Request, InvalidCall> {
    let hook = permitted.hook();
    let mut headers =
        Unless(permitted.headers().iter().map(|(name, value)| (name.clone(), value.clone())).collect());
    let body = hook.body_for(call.context);
    if *hook.body() == HookBody::Context {
        headers.named(CONTENT_TYPE, || Ok(HeaderValue::from_static("application/json")))?;
    }
    headers.named(USER_AGENT, || Ok(user_agent.clone()))?;
    headers.named(ACCEPT, || Ok(HeaderValue::from_static("*/*")))?;
    headers.named(WEBHOOK_ID, || value(WEBHOOK_ID, call.webhook_id))?;
    headers.named(WEBHOOK_TIMESTAMP, || Ok(HeaderValue::from(now)))?;
    if let Some(traceparent) = call.traceparent {
        headers.named(TRACEPARENT, || value(TRACEPARENT, traceparent))?;
    }
    if let Some(basic) = hook.url().basic_auth() {
        headers.named(AUTHORIZATION, || secret(AUTHORIZATION, basic.expose()))?;
    }
    if let Some(signature) = signature(hook, &headers.0, body) {
        headers.named(WEBHOOK_SIGNATURE, || secret(WEBHOOK_SIGNATURE, &signature))?;
    }

    let mut request = Request::new(Method::POST, hook.url().url().clone());
    *request.headers_mut() = headers.0;
    *request.body_mut() = Some(body.to_owned().into());
    Ok(request)
}

/// Signs what is sent: an id or a timestamp that the user named is the one that the receiver sees.
fn signature(hook: &HookSpec, headers: &HeaderMap, body: &str) -> Option<String> {
    let (id, timestamp) = (headers.get(WEBHOOK_ID)?, headers.get(WEBHOOK_TIMESTAMP)?);
    hook.signing_secret()?.sign(id.as_bytes(), timestamp.as_bytes(), body.as_bytes())
}

/// The user's headers, to which others are added unless they are named there.
struct Unless(HeaderMap);

impl Unless {
    fn named(
        &mut self,
        name: HeaderName,
        value: impl FnOnce() -> Result<HeaderValue, InvalidCall>,
    ) -> Result<(), InvalidCall> {
        if !self.0.contains_key(&name) {
            self.0.insert(name, value()?);
        }
        Ok(())
    }
}

fn value(name: HeaderName, text: &str) -> Result<HeaderValue, InvalidCall> {
    HeaderValue::from_str(text).map_err(|_| InvalidCall { name })
}

/// A value that no Debug shows and that HTTP/2 does not index.
fn secret(name: HeaderName, text: &str) -> Result<HeaderValue, InvalidCall> {
    let mut value = value(name, text)?;
    value.set_sensitive(true);
    Ok(value)
}
