//! The subscriber: the allowlist before everything, and each request of a run by itself.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use event_bus::Gate;
use hook_core::{
    AllowedOrigins, HeaderFrom, HookConfig, HookDue, HookOutcome, HookSpec, OutcomeKind, Phase, Secret,
    ValueFrom,
};
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

/// A hook with a header from `$HOOK_SECRET`, and perhaps the copy that was sealed with it.
fn secretive(server: &Server, sealed: Option<&str>) -> HookConfig {
    let header = HeaderFrom {
        name: "X-Hook-Secret".to_owned(),
        from: ValueFrom::Env("HOOK_SECRET".to_owned()),
        sealed: sealed.map(|value| Secret::from(value.to_owned())),
    };
    HookConfig { headers_from: vec![header], ..server.hook() }
}

#[tokio::test]
async fn a_value_from_elsewhere_is_read_at_every_call() {
    let server = Server::start(answers("HTTP/1.1 200 OK\r\n\r\n")).await;
    let calls = AtomicU32::new(0);
    let gate = gate(&server.origin()).reading(move |from| {
        assert_eq!(from.to_string(), "$HOOK_SECRET");
        Ok(Secret::from(format!("planted-{}", calls.fetch_add(1, Ordering::Relaxed))))
    });
    for phase in [Phase::Pre, Phase::Post] {
        let outcome = ask(&gate, &due(phase, secretive(&server, Some("planted-of-old")))).await;
        assert_eq!(outcome.kind, OutcomeKind::Ok);
    }
    for (call, request) in server.requests().iter().enumerate() {
        assert!(request.contains(&format!("\r\nx-hook-secret: planted-{call}\r\n")), "{request}");
    }
    assert!(!format!("{gate:?}").contains("planted"));
}

#[tokio::test]
async fn where_there_is_none_the_sealed_copy_goes_and_without_one_nothing() {
    let server = Server::start(answers("HTTP/1.1 200 OK\r\n\r\n")).await;
    let gate = gate(&server.origin()).reading(|_| Err("it is not set".to_owned()));
    let outcome = ask(&gate, &due(Phase::Post, secretive(&server, None))).await;
    assert_eq!(outcome.kind, OutcomeKind::Refused);
    let error = "post webhook cannot be sent: the header X-Hook-Secret cannot be taken from $HOOK_SECRET: it is not set";
    assert_eq!(outcome.error.as_deref(), Some(error));
    assert_eq!(server.requests(), Vec::<String>::new());

    let outcome = ask(&gate, &due(Phase::Post, secretive(&server, Some("planted-of-old")))).await;
    assert_eq!(outcome.kind, OutcomeKind::Ok);
    assert!(server.requests()[0].contains("\r\nx-hook-secret: planted-of-old\r\n"));
}

#[test]
fn a_gate_can_be_shared() {
    fn shared<T: Clone + Send + Sync + 'static>() {}
    shared::<WebhookGate>();
}
