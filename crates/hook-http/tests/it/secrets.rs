//! What a person trusted zb with is in no error and in no Debug, however a call ends.

use std::sync::Arc;

use event_bus::Gate;
use hook_core::{AllowedOrigins, HookConfig, HookDue, HookSpec, Phase};
use hook_http::WebhookGate;
use tokio::net::TcpStream;
use tokio_util::sync::CancellationToken;

use crate::server::{Server, answers, client, hook, impatient};

const SECRETS: [&str; 7] =
    ["hunter2", "aHVudGVyMg", "query-secret", "header-secret", "body-secret", "answer-secret", "c2VjcmV0"];

fn secretive(origin: &str) -> HookConfig {
    let url = format!("{}/hooks/stop?token=query-secret", origin.replace("://", "://user:hunter2@"));
    let mut config = impatient(hook(&url));
    config.headers = "X-Hook-Secret: header-secret\n".to_owned();
    config.body = "body-secret".to_owned();
    config.signing_secret = Some("whsec_c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0".to_owned());
    config
}

#[tokio::test]
async fn no_ending_tells_a_secret() {
    let answer = Server::start(answers("HTTP/1.1 500 answer-secret\r\nX: answer-secret\r\n\r\n")).await;
    let redirect = Server::start(answers("HTTP/1.1 302 F\r\nLocation: /answer-secret\r\n\r\n")).await;
    let cut = Server::start(answers("HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nanswer-secret")).await;
    let garbled = Server::start(answers("answer-secret answer-secret\r\n")).await;
    let reset = Server::start(|socket: TcpStream| async move { socket.set_zero_linger().unwrap() }).await;
    let hangs = Server::start(|socket: TcpStream| async move {
        let _open = socket;
        std::future::pending().await
    })
    .await;
    let no_tls = answer.origin().replace("http:", "https:");
    let servers = [&answer, &redirect, &cut, &garbled, &reset, &hangs].map(Server::origin);
    for origin in servers.into_iter().chain([
        no_tls,
        "http://127.0.0.1:1".to_owned(),
        "http://nobody.invalid".to_owned(),
    ]) {
        for allowed in [origin.as_str(), ""] {
            tell_nothing(&origin, allowed).await;
        }
    }
}

async fn tell_nothing(origin: &str, allowed: &str) {
    let gate = WebhookGate::new(client(), Arc::new(AllowedOrigins::parse(allowed).unwrap().0));
    let due = HookDue {
        job: "job_01h455vb4pex5vsknk084sn02q".parse().unwrap(),
        phase: Phase::Post,
        attempt: 1,
        hook: Arc::new(HookSpec::new(secretive(origin)).unwrap()),
        context: Arc::from("{}"),
        webhook_id: "msg_1_post".to_owned(),
        traceparent: None,
    };
    let outcome = gate.ask(&due, &CancellationToken::new()).await;
    let error = outcome.error.as_deref().unwrap();
    assert!(error.starts_with("post webhook "), "{error}");
    for secret in SECRETS {
        for told in [format!("{outcome:?}"), format!("{gate:?}"), format!("{due:?}")] {
            assert!(!told.contains(secret), "{secret} in {told}");
        }
    }
}
