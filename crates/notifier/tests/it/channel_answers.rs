//! What an answer means: taken or not, again or never, and what a person is told.

use std::time::Duration;

use notifier::Retry;
use serde_json::json;

use crate::channel_server::{Server, answers, channel, http, send, transport};

async fn retry_of(kind: &str, answer: String) -> Retry {
    let server = Server::start(answers(answer)).await;
    let settings = match kind {
        "telegram" => json!({ "url": server.origin(), "token": "1:a", "chat_id": "1" }),
        _ => json!({ "url": format!("{}/topic-secret", server.origin()) }),
    };
    let failed = send(&transport(server.origin()), &channel(kind, &settings)).await.unwrap_err();
    assert_eq!(server.seen().len(), 1, "sent once: {failed}");
    assert!(failed.http_status.is_some(), "{failed}");
    failed.retry
}

#[tokio::test]
async fn a_status_tells_whether_to_try_again() {
    let cases = [
        ([400, 404, 405, 410, 413, 418, 422].as_slice(), Retry::Never),
        (&[301, 302, 307, 308, 401, 403, 408, 425, 429, 500, 502, 503, 504, 599], Retry::Later),
    ];
    for (statuses, retry) in cases {
        for &status in statuses {
            let answer = http(status, "location: /elsewhere\r\n", "no");
            assert_eq!(retry_of("ntfy", answer).await, retry, "{status}");
        }
    }
}

#[tokio::test]
async fn a_whole_answer_of_2xx_is_success() {
    for status in [200, 201, 202, 204, 299] {
        let body = if status == 204 { "" } else { "it is done" };
        let server = Server::start(answers(http(status, "", body))).await;
        let channel = channel("slack", &json!({ "url": format!("{}/x", server.origin()) }));
        let answer = send(&transport(server.origin()), &channel).await.unwrap();
        assert_eq!(answer.http_status, Some(status));
        assert_eq!(answer.said.as_deref(), Some(body).filter(|body| !body.is_empty()));
    }
}

/// The test's clock shows 2021-02-25 15:02:10 UTC.
#[tokio::test]
async fn a_pause_that_the_destination_asks_for_is_kept() {
    let after = |seconds| Retry::After(Duration::from_secs_f64(seconds));
    for (kind, head, body, retry) in [
        ("ntfy", "retry-after: 120\r\n", "", after(120.0)),
        ("ntfy", "retry-after: 0\r\n", "", after(0.0)),
        ("ntfy", "retry-after: Thu, 25 Feb 2021 15:03:10 GMT\r\n", "", after(60.0)),
        ("ntfy", "retry-after: Thu, 25 Feb 2021 15:00:00 GMT\r\n", "", after(0.0)),
        ("ntfy", "retry-after: 99999999999999999999999\r\n", "", Retry::After(Duration::from_secs(u64::MAX))),
        ("ntfy", "retry-after: soon\r\n", "", Retry::Later),
        ("ntfy", "retry-after: -1\r\n", "", Retry::Later),
        (
            "discord",
            "retry-after: 1\r\n",
            r#"{"message":"slow","retry_after":1.25,"global":false}"#,
            after(1.25),
        ),
        ("discord", "", r#"{"retry_after":1e300}"#, Retry::Later),
        ("discord", "", r#"{"retry_after":-1}"#, Retry::Later),
        ("telegram", "", r#"{"ok":false,"error_code":429,"parameters":{"retry_after":30}}"#, after(30.0)),
    ] {
        let retry_of = retry_of(kind, http(429, head, body)).await;
        assert_eq!(retry_of, retry, "{kind} {head}{body}");
    }
}

#[tokio::test]
async fn a_person_is_told_what_failed_and_what_to_do() {
    for (status, body, reason) in [
        (401, "", "ntfy at ORIGIN answered HTTP 401 (is the token, or the secret in the url, right?)"),
        (403, "", "ntfy at ORIGIN answered HTTP 403 (is the token, or the secret in the url, right?)"),
        (404, "page\nnot found", "ntfy at ORIGIN answered HTTP 404 (is the url right?): page not found"),
        (302, "", "ntfy at ORIGIN answered HTTP 302 (a redirect, which is not followed)"),
        (500, "\u{1b}[2Joops", "ntfy at ORIGIN answered HTTP 500: \\u{1b}[2Joops"),
        (502, " \n ", "ntfy at ORIGIN answered HTTP 502"),
        (400, "no topic-secret here", "ntfy at ORIGIN answered HTTP 400: no •••••••• here"),
    ] {
        let server = Server::start(answers(http(status, "", body))).await;
        let channel = channel("ntfy", &json!({ "url": format!("{}/topic-secret", server.origin()) }));
        let failed = send(&transport(server.origin()), &channel).await.unwrap_err();
        assert_eq!(failed.to_string(), reason.replace("ORIGIN", server.origin()));
    }
}

/// Both come with the status 200 (<https://healthchecks.io/docs/http_api/>).
#[tokio::test]
async fn a_check_that_is_not_there_is_no_success() {
    for (body, retry) in
        [("OK", None), ("OK (not found)", Some(Retry::Never)), ("OK (rate limited)", Some(Retry::Later))]
    {
        let server = Server::start(answers(http(200, "", body))).await;
        let channel = channel("healthchecks", &json!({ "url": format!("{}/uuid", server.origin()) }));
        let sent = send(&transport(server.origin()), &channel).await;
        assert_eq!(sent.err().map(|failed| failed.retry), retry, "{body}");
    }
}
