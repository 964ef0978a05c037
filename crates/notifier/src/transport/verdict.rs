//! What an answer, or none, means: whether the message was taken, what a person is told, and whether to try again.

use std::{error::Error, io, time::Duration};

use hook_core::{Origin, visible};
use http::{HeaderMap, StatusCode, header::RETRY_AFTER};
use jiff::fmt::rfc2822;
use serde_json::Value;

use super::{exchange::Broken, reply::Reply};
use crate::{Answer, Channel, Failed, Retry, channel::Secrets};

/// What is kept of an answer, in bytes.
const KEPT_BYTES: usize = 1024;
/// A destination that asks for a longer pause is asked again after this one: it may have been mended by then.
const LONGEST_PAUSE: Duration = Duration::from_secs(24 * 60 * 60);

/// Whose answer it is.
pub(super) struct Service<'a> {
    pub(super) channel: &'a Channel,
    pub(super) origin: &'a Origin,
    pub(super) secrets: &'a Secrets,
    /// Seconds since 1970-01-01 UTC.
    pub(super) now: u64,
}

impl Service<'_> {
    /// A whole answer.
    pub(super) fn answered(&self, reply: &Reply) -> Result<Answer, Failed> {
        let http_status = Some(reply.status.as_u16());
        let said = self.said(&reply.body);
        if reply.status.is_success() {
            return match self.channel.how().lie(&reply.body) {
                None => Ok(Answer { http_status, said }),
                Some((reason, retry)) => {
                    let reason =
                        format!("{} at {} has not taken it: {reason}", self.channel.kind(), self.origin);
                    Err(Failed { reason, http_status, retry })
                }
            };
        }
        let (retry, what_to_do) = self.judge(reply);
        let answered =
            format!("{} at {} answered HTTP {}", self.channel.kind(), self.origin, reply.status.as_u16());
        let said = said.map(|said| format!(": {}", said.trim_end())).unwrap_or_default();
        Err(Failed { reason: format!("{answered}{what_to_do}{said}"), http_status, retry })
    }

    /// Whether another try can mend it, and what a person can.
    fn judge(&self, reply: &Reply) -> (Retry, &'static str) {
        match reply.status {
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
                (Retry::Later, " (is the token, or the secret in the url, right?)")
            }
            StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_EARLY | StatusCode::TOO_MANY_REQUESTS => {
                (self.pause(reply), "")
            }
            status if status.is_server_error() => (self.pause(reply), ""),
            // A network that wants a person to log in answers so too, for a while.
            status if status.is_redirection() => (Retry::Later, " (a redirect, which is not followed)"),
            StatusCode::NOT_FOUND | StatusCode::GONE => (Retry::Never, " (is the url right?)"),
            status if status.is_client_error() => (Retry::Never, ""),
            _ => (Retry::Later, " (which is no final answer)"),
        }
    }

    /// How long the destination asks to wait: the longest that it says, in the head or in the document.
    fn pause(&self, reply: &Reply) -> Retry {
        let said = [in_the_head(&reply.headers, self.now), in_the_document(&reply.body)];
        match said.into_iter().flatten().max() {
            Some(pause) => Retry::After(pause.min(LONGEST_PAUSE)),
            None => Retry::Later,
        }
    }

    /// No whole answer: it may have arrived or not, and a repeat does no harm.
    pub(super) fn unanswered(&self, broken: &Broken) -> Failed {
        self.unreachable(&reason(broken))
    }

    /// The same, with the reason.
    pub(super) fn unreachable(&self, reason: &str) -> Failed {
        Failed::later(format!("{} at {} could not be reached: {reason}", self.channel.kind(), self.origin))
    }

    /// What a person may see of an answer.
    fn said(&self, body: &[u8]) -> Option<String> {
        let text = self.secrets.mask(&String::from_utf8_lossy(body));
        let kept = &text.as_bytes()[..text.len().min(KEPT_BYTES)];
        (!kept.is_empty()).then(|| visible(kept, kept.len() < text.len()))
    }
}

impl Failed {
    /// Another try may mend it; HTTP has said nothing.
    pub(crate) fn later(reason: String) -> Self {
        Self { reason, http_status: None, retry: Retry::Later }
    }
}

/// `Retry-After` (RFC 9110 §10.2.3): seconds, or a date.
fn in_the_head(headers: &HeaderMap, now: u64) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(Duration::from_secs(text.parse().unwrap_or(u64::MAX)));
    }
    let until = rfc2822::parse(text).ok()?.timestamp().as_second();
    Some(Duration::from_secs(u64::try_from(until).unwrap_or_default().saturating_sub(now)))
}

/// Seconds as Discord (`retry_after`, a fraction) and Telegram (`parameters.retry_after`) say them.
fn in_the_document(body: &[u8]) -> Option<Duration> {
    let document: Value = serde_json::from_slice(body).ok()?;
    let seconds =
        document.get("retry_after").or_else(|| document.get("parameters")?.get("retry_after"))?.as_f64()?;
    Duration::try_from_secs_f64(seconds).ok()
}

/// Why there was no answer: the end of the chain, for what stands before only says that something failed.
fn reason(broken: &Broken) -> String {
    if chain(broken).any(is_cut) {
        return "the server closed the connection too early".to_owned();
    }
    let text = chain(broken).last().map_or_else(|| broken.to_string(), ToString::to_string);
    let text = visible(text.as_bytes(), false);
    match text.split_once(" (os error ") {
        // The system's own words, as a part of a sentence: "connection refused".
        Some((words, _)) => words.to_lowercase(),
        None => text,
    }
}

/// An error, what is inside of it, and so on. An [`io::Error`] that holds another passes for it.
fn chain<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&error| {
        match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
            Some(inner) => Some(inner),
            None => error.source(),
        }
    })
}

/// An end where TLS or a length forbids one.
fn is_cut(error: &(dyn Error + 'static)) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::UnexpectedEof)
}
