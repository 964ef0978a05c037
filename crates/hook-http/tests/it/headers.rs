//! What stands on the wire.

use hook_core::{AllowedOrigins, HookConfig, HookSpec, Phase};
use hook_http::Call;
use tokio_util::sync::CancellationToken;

use crate::server::{NOW, Server, answers, call, client, whole};

/// Sends one hook and gives back what the server read, with `HOST` for its address.
async fn wire(change: impl FnOnce(&mut HookConfig), call: Call<'_>) -> String {
    let server = Server::start(answers(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")).await;
    let mut config = server.hook();
    change(&mut config);
    let hook = HookSpec::new(config).unwrap();
    let (allowed, _) = AllowedOrigins::parse(&server.origin()).unwrap();
    let permitted = allowed.permit(Phase::Pre, whole(&hook)).unwrap();
    client().send(&permitted, &call, &CancellationToken::new()).await;
    let [request] = server.requests().try_into().unwrap();
    request.replace(server.origin().trim_start_matches("http://"), "HOST")
}

#[tokio::test]
async fn the_default_body_and_what_is_added() {
    let traceparent = Some("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
    let request = wire(|_| {}, Call { traceparent, ..call() }).await;
    assert_eq!(
        request,
        "POST /hooks/stop HTTP/1.1\r\n\
         content-type: application/json\r\n\
         user-agent: zb/1.2.3\r\n\
         accept: */*\r\n\
         webhook-id: msg_1_pre\r\n\
         webhook-timestamp: 1614265330\r\n\
         traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\r\n\
         host: HOST\r\n\
         content-length: 15\r\n\
         \r\n\
         {\"phase\":\"pre\"}"
    );
}

#[tokio::test]
async fn a_custom_body_goes_byte_for_byte_and_without_a_type() {
    let request = wire(|hook| hook.body = " {\"text\": \"é\"}\r\n\0".to_owned(), call()).await;
    assert!(request.ends_with("\r\n\r\n {\"text\": \"é\"}\r\n\0"), "{request}");
    assert!(request.contains("\r\ncontent-length: 18\r\n"), "{request}");
    assert!(!request.contains("content-type"), "{request}");
}

#[tokio::test]
async fn what_the_user_names_is_the_users() {
    let request = wire(
        |hook| {
            hook.headers = "User-Agent: mine\nACCEPT: text/plain\nWebhook-Id: 7\nWebhook-Timestamp: 8\n\
                            Traceparent: 9\nContent-Type: text/x-mine\nAuthorization: Bearer abc\n\
                            Webhook-Signature: own\nX-Hook-Secret: s: e c\n"
                .to_owned();
            hook.url = hook.url.replace("http://", "http://user:pw@");
            hook.signing_secret = Some(SECRET.to_owned());
        },
        Call { traceparent: Some("00-1"), ..call() },
    )
    .await;
    assert_eq!(
        request,
        "POST /hooks/stop HTTP/1.1\r\n\
         user-agent: mine\r\n\
         accept: text/plain\r\n\
         webhook-id: 7\r\n\
         webhook-timestamp: 8\r\n\
         traceparent: 9\r\n\
         content-type: text/x-mine\r\n\
         authorization: Bearer abc\r\n\
         webhook-signature: own\r\n\
         x-hook-secret: s: e c\r\n\
         host: HOST\r\n\
         content-length: 15\r\n\
         \r\n\
         {\"phase\":\"pre\"}"
    );
}

#[tokio::test]
async fn credentials_in_the_url_become_basic_auth() {
    // RFC 7617 §2: "Aladdin" and "open sesame"; the second with a percent-encoded colon and at sign.
    for (userinfo, authorization) in [
        ("Aladdin:open%20sesame@", "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="),
        ("us%40er:p%3Aw@", "Basic dXNAZXI6cDp3"),
        ("token@", "Basic dG9rZW46"),
    ] {
        let url = format!("http://{userinfo}");
        let request = wire(|hook| hook.url = hook.url.replace("http://", &url), call()).await;
        assert!(request.contains(&format!("\r\nauthorization: {authorization}\r\n")), "{request}");
        assert!(request.starts_with("POST /hooks/stop HTTP/1.1\r\n"), "{request}");
        assert!(!request.contains("HOST@") && !request.contains("@HOST"), "{request}");
    }
}

#[tokio::test]
async fn the_query_is_sent_and_there_is_nothing_but_what_was_asked_for() {
    let request = wire(|hook| hook.url.push_str("?token=a%20b&c"), call()).await;
    assert!(request.starts_with("POST /hooks/stop?token=a%20b&c HTTP/1.1\r\n"), "{request}");
    for absent in
        ["referer", "cookie", "accept-encoding", "authorization", "signature", "expect", "traceparent"]
    {
        assert!(!request.contains(absent), "{absent} in {request}");
    }
}

/// The example of the Standard Webhooks specification and its libraries.
const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const SIGNED: &str = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";

#[tokio::test]
async fn the_signature_is_that_of_the_specification() {
    assert_eq!(NOW, 1_614_265_330);
    let request = wire(
        |hook| {
            hook.signing_secret = Some(SECRET.to_owned());
            hook.body = r#"{"test": 2432232314}"#.to_owned();
        },
        Call { webhook_id: "msg_p5jXN8AQM9LWM0D4loKWxJek", ..call() },
    )
    .await;
    assert!(request.contains(&format!("\r\nwebhook-signature: {SIGNED}\r\n")), "{request}");
}

#[tokio::test]
async fn an_id_and_a_time_of_the_users_own_are_what_is_signed() {
    let request = wire(
        |hook| {
            hook.signing_secret = Some(SECRET.to_owned());
            hook.body = r#"{"test": 2432232314}"#.to_owned();
            hook.headers =
                "webhook-id: msg_p5jXN8AQM9LWM0D4loKWxJek\nwebhook-timestamp: 1614265330\n".to_owned();
        },
        call(),
    )
    .await;
    assert!(request.contains(&format!("\r\nwebhook-signature: {SIGNED}\r\n")), "{request}");
}
