//! What an answer, or none, means: whether the message was taken, what a person is told, and whether to try again.

use std::{error::Error, fmt, path::Path, time::Duration};

use hook_core::visible;
use http::{HeaderMap, StatusCode, header::RETRY_AFTER};
use jiff::fmt::rfc2822;
use serde_json::Value;

use super::{
    exchange::Broken,
    failure,
    mail::{NotTaken, Stage},
    reply::Reply,
};
use crate::{
    Answer, Channel, Failed, Retry,
    channel::{
        Post, Secrets,
        text::{BYTES, cut, one_line},
    },
};

/// What is kept of an answer, in bytes.
const KEPT_BYTES: usize = 1024;
/// What of it stands in a reason, in bytes.
const BRIEF_BYTES: usize = 200;

/// Whose answer it is.
pub(super) struct Place<'a> {
    /// As `ntfy at https://ntfy.sh`.
    name: String,
    ca_file: Option<&'a Path>,
    secrets: &'a Secrets,
    /// Seconds since 1970-01-01 UTC.
    now: u64,
}

impl<'a> Place<'a> {
    pub(super) fn new(
        channel: &'a Channel,
        address: &impl fmt::Display,
        secrets: &'a Secrets,
        now: u64,
    ) -> Self {
        let name = format!("{} at {address}", channel.kind());
        Self { name, ca_file: channel.ca_file(), secrets, now }
    }

    /// A whole answer by HTTP.
    pub(super) fn answered(&self, reply: &Reply, service: &dyn Post) -> Result<Answer, Failed> {
        let http_status = Some(reply.status.as_u16());
        let said = self.said(&String::from_utf8_lossy(&reply.body));
        if reply.status.is_success() {
            return match service.lie(&reply.body) {
                None => Ok(Answer { http_status, said }),
                Some((reason, retry)) => Err(Failed {
                    reason: format!("{} has not taken it: {reason}", self.name),
                    http_status,
                    retry,
                }),
            };
        }
        let (retry, hint) = self.judge(reply);
        let said = said.map(in_brief).unwrap_or_default();
        let reason = format!("{} answered HTTP {}{hint}{said}", self.name, reply.status.as_u16());
        Err(Failed { reason, http_status, retry })
    }

    /// A mail server has taken the letter.
    pub(super) fn taken(&self, said: &str) -> Answer {
        Answer { http_status: None, said: self.said(said) }
    }

    /// A mail server has not. Only what it says of the letter itself is final: an account, a greeting and a
    /// certificate can be mended.
    pub(super) fn not_taken(&self, not_taken: &NotTaken) -> Failed {
        let error = &not_taken.error;
        let Some(code) = error.status() else { return self.unreachable(&self.reason(error)) };
        let code = u16::from(code);
        // RFC 4954 §6: what is wrong is the login, whenever it is said.
        let is_login = not_taken.stage == Stage::Login || matches!(code, 530 | 534 | 535 | 538);
        let is_final = not_taken.stage == Stage::Letter && !is_login && error.is_permanent();
        let hint = if is_login { " (are the user in the url and the password in token right?)" } else { "" };
        let said = error.source().and_then(|source| self.said(&source.to_string()));
        let said = said.map(in_brief).unwrap_or_default();
        Failed {
            reason: format!("{} answered {code}{hint}{said}", self.name),
            http_status: None,
            retry: if is_final { Retry::Never } else { Retry::Later },
        }
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
        said.into_iter().flatten().max().map_or(Retry::Later, Retry::After)
    }

    /// No whole answer: it may have arrived or not, and a repeat does no harm.
    pub(super) fn unanswered(&self, broken: &Broken) -> Failed {
        self.unreachable(&self.reason(broken))
    }

    /// The same, with the reason.
    pub(super) fn unreachable(&self, reason: &str) -> Failed {
        Failed::because(format!("{} could not be reached: {reason}", self.name), Retry::Later)
    }

    /// Why there was no answer, in one line and without a secret.
    fn reason(&self, error: &(dyn Error + 'static)) -> String {
        let reason = self.secrets.mask(&failure::reason(error, self.ca_file));
        visible(reason.as_bytes(), false)
    }

    /// What a person may see of an answer.
    fn said(&self, text: &str) -> Option<String> {
        let text = self.secrets.mask(text);
        let kept = &text.as_bytes()[..text.len().min(KEPT_BYTES)];
        (!kept.is_empty()).then(|| visible(kept, kept.len() < text.len()))
    }
}

/// As a part of a reason: one line, for many answer with a page.
fn in_brief(said: String) -> String {
    if said.trim().is_empty() {
        String::new()
    } else {
        format!(": {}", cut(&one_line(&said), BRIEF_BYTES, BYTES))
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
