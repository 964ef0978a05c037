//! The subscriber: the allowlist before everything, and each request of a run by itself.

use std::sync::Arc;

use event_bus::Gate;
use hook_core::{AllowedOrigins, HookConfig, HookDue, HookOutcome, HookSpec, OutcomeKind, Phase};
use hook_http::WebhookGate;
use tokio_util::sync::CancellationToken;

use crate::server::{Server, answers, client, hook};

fn gate(allowed: &str) -> WebhookGate {
    WebhookGate::new(client(), Arc::new(AllowedOrigins::parse(allowed).unwrap().0))
}

fn due(phase: Phase, config: HookConfig) -> HookDue {
    HookDue {
        job: "job_01h455vb4pex5vsknk084sn02q".parse().unwrap(),
        phase,
        attempt: 1,
        hook: Arc::new(HookSpec::new(config).unwrap()),
        context: Arc::from("{}"),
        webhook_id: format!("msg_01h455vb4pex5vsknk084sn02q_{phase}"),
        traceparent: Some("00-1".to_owned()),
    }
}

async fn ask(gate: &WebhookGate, due: &HookDue) -> HookOutcome {
    gate.ask(due, &CancellationToken::new()).await
}

#[tokio::test]
async fn an_origin_that_is_not_allowed_is_refused_before_any_connection() {
    let server = Server::start(answers("HTTP/1.1 200 OK\r\n\r\n")).await;
    for allowed in ["", "http://127.0.0.1", "https://127.0.0.1:1"] {
        let outcome = ask(&gate(allowed), &due(Phase::Pre, server.hook())).await;
        assert_eq!((outcome.kind, outcome.http_status), (OutcomeKind::Refused, None), "{allowed}");
        let origin = server.origin();
        let error =
            format!("pre webhook URL origin is not allowed. Add {origin} to WEBHOOK_ALLOWED_ORIGINS.");
        assert_eq!(outcome.error, Some(error), "{allowed}");
    }
    assert_eq!(server.requests(), Vec::<String>::new());

    // Nor is there a lookup: this name would take one, and come back as not sent.
    let outcome = ask(&gate(""), &due(Phase::Post, hook("http://nobody.invalid/"))).await;
    assert_eq!(outcome.kind, OutcomeKind::Refused);
}

#[tokio::test]
async fn an_allowed_hook_is_sent_with_what_is_due() {
    let server = Server::start(answers("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok")).await;
    let gate = gate(&server.origin());
    for phase in [Phase::Pre, Phase::Post] {
        let due = due(phase, server.hook());
        gate.prepare(&due.hook).unwrap();
        let outcome = ask(&gate, &due).await;
        assert_eq!((outcome.kind, outcome.response.as_deref()), (OutcomeKind::Ok, Some("ok")));
    }
    // One connection each: none is kept from pre to post.
    let requests = server.requests();
    assert_eq!(requests.len(), 2);
    for (request, phase) in requests.iter().zip(["pre", "post"]) {
        assert!(
            request.contains(&format!("webhook-id: msg_01h455vb4pex5vsknk084sn02q_{phase}\r\n")),
            "{request}"
        );
        assert!(
            request.contains("\r\ntraceparent: 00-1\r\n") && request.ends_with("\r\n\r\n{}"),
            "{request}"
        );
    }
}

#[tokio::test]
async fn a_connection_that_the_server_keeps_open_is_not_used_again() {
    let server = Server::start(|mut socket: tokio::net::TcpStream| async move {
        use tokio::io::{AsyncReadExt, AsyncWriteExt};
        socket.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await.unwrap();
        // Ends with the connection: a second request on it would be read here.
        assert_eq!(socket.read(&mut [0; 64]).await.unwrap_or(0), 0, "a second request on one connection");
    })
    .await;
    let gate = gate(&server.origin());
    for phase in [Phase::Pre, Phase::Post] {
        assert_eq!(ask(&gate, &due(phase, server.hook())).await.kind, OutcomeKind::Ok);
    }
    assert_eq!(server.requests().len(), 2);
}

#[tokio::test]
async fn what_http_cannot_carry_is_refused() {
    let server = Server::start(answers("HTTP/1.1 200 OK\r\n\r\n")).await;
    let mut due = due(Phase::Post, server.hook());
    due.webhook_id = "two\nlines".to_owned();
    let outcome = ask(&gate(&server.origin()), &due).await;
    assert_eq!(outcome.kind, OutcomeKind::Refused);
    let error = "post webhook cannot be sent: what the header webhook-id should say is no header value";
    assert_eq!(outcome.error.as_deref(), Some(error));
    assert_eq!(server.requests(), Vec::<String>::new());
}

#[test]
fn a_gate_can_be_shared() {
    fn shared<T: Clone + Send + Sync + 'static>() {}
    shared::<WebhookGate>();
}
