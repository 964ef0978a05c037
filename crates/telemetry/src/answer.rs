//! What a collector's answer means (OTLP, "OTLP/HTTP Response").

use std::time::Duration;

use http::{HeaderMap, StatusCode, header};
use jiff::{Timestamp, fmt::rfc2822};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceResponse;
use prost::Message;
use reqwest::Response;

use crate::Sent;

/// How much of an answer is read; a partial success is a few hundred bytes.
const MOST_BYTES: usize = 64 * 1024;

/// How much of a collector's own words is logged.
const MOST_WORDS: usize = 200;

/// The longest wait that a collector is granted.
const LONGEST_WAIT: Duration = Duration::from_secs(60 * 60);

/// Judges an answer. Its status alone decides; the body of a success is read for what was thrown away.
pub(crate) async fn judge(origin: &str, response: Response) -> Sent {
    let status = response.status();
    match status {
        _ if status.is_success() => {
            note_rejected(origin, &body(response).await);
            Sent::Taken
        }
        StatusCode::TOO_MANY_REQUESTS
        | StatusCode::BAD_GATEWAY
        | StatusCode::SERVICE_UNAVAILABLE
        | StatusCode::GATEWAY_TIMEOUT => {
            Sent::Later { after: wait(response.headers()), why: answered(origin, status) }
        }
        _ => Sent::Refused(answered(origin, status)),
    }
}

fn answered(origin: &str, status: StatusCode) -> String {
    format!("{origin} answered HTTP {}", status.as_u16())
}

/// What came until the cap, the deadline or a cut.
async fn body(mut response: Response) -> Vec<u8> {
    let mut body = Vec::new();
    while let Ok(Some(chunk)) = response.chunk().await {
        body.extend_from_slice(&chunk);
        if body.len() > MOST_BYTES {
            break;
        }
    }
    body
}

/// Both signals' responses have the same form on the wire: a message 1 of a number 1 and a text 2.
fn note_rejected(origin: &str, body: &[u8]) {
    let Ok(ExportTraceServiceResponse { partial_success: Some(partial) }) = Message::decode(body) else {
        return;
    };
    let words: String = partial.error_message.chars().filter(|c| !c.is_control()).take(MOST_WORDS).collect();
    match partial.rejected_spans {
        0 if words.is_empty() => {}
        0 => tracing::debug!(collector = origin, "the collector took everything, and says: {words}"),
        count => {
            tracing::warn!(collector = origin, rejected = count, "the collector threw a part away: {words}")
        }
    }
}

/// `Retry-After` (RFC 9110, 10.2.3): seconds, or a date, which is read against the answer's own `Date`.
fn wait(headers: &HeaderMap) -> Option<Duration> {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
    let asked = text(header::RETRY_AFTER)?;
    let wait = match asked.parse() {
        Ok(seconds) => Duration::from_secs(seconds),
        Err(_) => {
            let (from, until) = (date(text(header::DATE)?)?, date(asked)?);
            until.duration_since(from).try_into().unwrap_or_default()
        }
    };
    Some(wait.min(LONGEST_WAIT))
}

fn date(text: &str) -> Option<Timestamp> {
    rfc2822::DateTimeParser::new().parse_timestamp(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_seconds_or_a_date_after_the_answers_own() {
        let date = Some("Sun, 06 Nov 1994 08:49:37 GMT");
        for (asked, date, expected) in [
            ("7", None, Some(7)),
            (" 0 ", None, Some(0)),
            ("999999999", None, Some(3600)),
            ("Sun, 06 Nov 1994 08:50:07 GMT", date, Some(30)),
            ("Sun, 06 Nov 1994 08:49:07 GMT", date, Some(0)),
            ("Sun, 06 Nov 1994 08:50:07 GMT", None, None),
            ("soon", date, None),
            ("-1", date, None),
            ("", date, None),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::RETRY_AFTER, asked.parse().unwrap());
            date.map(|date| headers.insert(header::DATE, date.parse().unwrap()));
            assert_eq!(wait(&headers), expected.map(Duration::from_secs), "{asked}");
        }
        assert_eq!(wait(&HeaderMap::new()), None);
    }
}
