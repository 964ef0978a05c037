//! One request, as a collector sees it, and what its answers mean.

use std::time::Duration;

use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTracePartialSuccess, ExportTraceServiceResponse,
};
use prost::Message;
use telemetry::{Collector, Export, Sent, Signal, Transport};
use tokio::{io::AsyncWriteExt, net::TcpListener};

use crate::collector::{Answer, Server, client, read};

/// What comes of one request that is answered so.
async fn sent(answer: Answer) -> (Server, Sent) {
    let server = Server::start(vec![answer]).await;
    let sent = server.collector().send(Signal::Traces, b"spans".to_vec()).await;
    (server, sent)
}

#[tokio::test]
async fn a_request_is_one_post_of_protobuf_with_the_settings_headers() {
    let mut server = Server::start(vec![Answer::ok()]).await;
    let mut export = server.export();
    export.headers.insert("api-key", "planted-secret".parse().unwrap());
    assert_eq!(client(export).send(Signal::Traces, b"spans".to_vec()).await, Sent::Taken);
    let request = server.next().await;
    assert_eq!(request.line, "POST /v1/traces HTTP/1.1");
    assert_eq!(request.body, b"spans");
    let header =
        |name: &str| request.headers.get_all(name).iter().map(|it| it.to_str().unwrap()).collect::<Vec<_>>();
    assert_eq!(header("content-type"), ["application/x-protobuf"]);
    assert_eq!(header("user-agent"), ["zb/test"]);
    assert_eq!(header("api-key"), ["planted-secret"]);
    assert!(server.is_empty());
}

/// OTLP, "OTLP/HTTP Response": 429, 502, 503 and 504 are worth another try, and no others.
#[tokio::test]
async fn the_status_decides_whether_to_come_again() {
    for (line, retried) in [
        ("429 Too Many Requests", true),
        ("502 Bad Gateway", true),
        ("503 Service Unavailable", true),
        ("504 Gateway Timeout", true),
        ("302 Found", false),
        ("400 Bad Request", false),
        ("401 Unauthorized", false),
        ("403 Forbidden", false),
        ("404 Not Found", false),
        ("413 Content Too Large", false),
        ("500 Internal Server Error", false),
        ("501 Not Implemented", false),
    ] {
        let (server, sent) = sent(Answer::status(line)).await;
        let why = format!("{} answered HTTP {}", server.base, &line[..3]);
        let expected = if retried { Sent::Later { after: None, why } } else { Sent::Refused(why) };
        assert_eq!(sent, expected, "{line}");
    }
    for line in ["200 OK", "202 Accepted", "204 No Content"] {
        assert_eq!(sent(Answer::status(line)).await.1, Sent::Taken, "{line}");
    }
}

#[tokio::test]
async fn a_wait_that_is_asked_for_is_handed_on() {
    let (_server, sent) = sent(Answer::Http("429 Too Many Requests", "Retry-After: 17\r\n", vec![])).await;
    let Sent::Later { after, .. } = sent else { panic!("{sent:?}") };
    assert_eq!(after, Some(Duration::from_secs(17)));
}

/// A redirect could lead the headers anywhere.
#[tokio::test]
async fn a_redirect_is_not_followed() {
    let mut elsewhere = Server::start(vec![Answer::ok()]).await;
    let location = format!("Location: {}/v1/traces\r\n", elsewhere.base).leak();
    let (mut server, sent) = sent(Answer::Http("307 Temporary Redirect", location, vec![])).await;
    assert_eq!(sent, Sent::Refused(format!("{} answered HTTP 307", server.base)));
    server.next().await;
    assert!(elsewhere.is_empty() && server.is_empty());
    // The other one would have been heard.
    assert_eq!(elsewhere.collector().send(Signal::Traces, b"spans".to_vec()).await, Sent::Taken);
    elsewhere.next().await;
}

#[tokio::test]
async fn a_part_that_was_thrown_away_is_not_sent_again() {
    let partial = ExportTracePartialSuccess { rejected_spans: 3, error_message: "too old".to_owned() };
    let body = ExportTraceServiceResponse { partial_success: Some(partial) }.encode_to_vec();
    assert_eq!(sent(Answer::Http("200 OK", "", body)).await.1, Sent::Taken);
}

#[tokio::test]
async fn what_a_success_says_that_nobody_understands_is_a_success() {
    for body in [b"<html>hello</html>".to_vec(), vec![0xff; 200_000]] {
        assert_eq!(sent(Answer::Http("200 OK", "", body)).await.1, Sent::Taken);
    }
    // The head is whole, the body is cut.
    let cut = b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\nhalf";
    assert_eq!(sent(Answer::Bytes(cut)).await.1, Sent::Taken);
}

#[tokio::test]
async fn no_answer_means_later() {
    for bytes in [&b""[..], b"SSH-2.0-OpenSSH_9.2\r\n", b"HTTP/1.1 2"] {
        let (server, sent) = sent(Answer::Bytes(bytes)).await;
        let Sent::Later { after: None, why } = sent else { panic!("{sent:?}") };
        assert!(why.starts_with(&format!("{} cannot be reached: ", server.base)), "{why}");
    }
}

#[tokio::test]
async fn silence_ends_at_the_limit() {
    let server = Server::start(vec![Answer::Silence]).await;
    let mut export = server.export();
    export.timeout = Duration::from_millis(50);
    let sent = client(export).send(Signal::Traces, b"spans".to_vec()).await;
    let why = format!("{} did not answer within 50ms", server.base);
    assert_eq!(sent, Sent::Later { after: None, why });
}

/// Neither the address but for its origin, nor a header, is in any text.
#[tokio::test]
async fn a_failure_shows_no_secret() {
    // A port that was just free: nobody listens.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let address = format!("http://user:planted-secret@127.0.0.1:{port}/planted-secret?key=planted-secret");
    let mut export = Export::to(address.parse().unwrap());
    export.headers.insert("authorization", "planted-secret".parse().unwrap());
    export.timeout = Duration::from_secs(60);
    let shown = format!("{export:?}");
    let collector = client(export);
    let sent = collector.send(Signal::Traces, vec![]).await;
    let texts = format!("{shown} {collector:?} {sent:?}");
    assert!(!texts.contains("planted-secret"), "{texts}");
    assert!(matches!(sent, Sent::Later { .. }) && shown.contains("authorization"), "{texts}");
}

/// A kept connection belongs to the runtime that opened it; own spans and runs have a runtime each.
#[tokio::test]
async fn no_connection_is_kept() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}/v1/traces", listener.local_addr().unwrap());
    let collector = client(Export::to(address.parse().unwrap()));
    let mut kept_by_the_server = Vec::new();
    for _ in 0..2 {
        let serve = async {
            let (mut stream, _) = listener.accept().await.unwrap();
            read(&mut stream).await.unwrap();
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await.unwrap();
            kept_by_the_server.push(stream);
        };
        let mut sending = collector.send(Signal::Traces, b"spans".to_vec());
        // On the kept connection nobody would answer.
        let sent = tokio::select! {
            () = serve => sending.await,
            sent = &mut sending => sent,
        };
        assert_eq!(sent, Sent::Taken);
    }
    assert_eq!(kept_by_the_server.len(), 2);
}

#[tokio::test]
async fn a_signal_without_an_address_is_refused() {
    let nowhere = Collector::new("zb/test".parse().unwrap(), None, None);
    let why = "no collector is set for metrics".to_owned();
    assert_eq!(nowhere.send(Signal::Metrics, vec![]).await, Sent::Refused(why));
}

#[tokio::test]
async fn a_certificate_that_cannot_be_used_is_named_and_may_come_later() {
    let folder = tempfile::tempdir().unwrap();
    let empty = folder.path().join("empty.pem");
    std::fs::write(&empty, "no certificate").unwrap();
    let missing = folder.path().join("missing.pem");
    for (path, reason) in [(&empty, "holds no certificate"), (&missing, "cannot be read")] {
        let mut export = Export::to("https://127.0.0.1:1/v1/traces".parse().unwrap());
        export.certificate = Some(path.clone());
        let sent = client(export).send(Signal::Traces, vec![]).await;
        let Sent::Later { why, .. } = sent else { panic!("{sent:?}") };
        let expected = format!("{} of OTEL_EXPORTER_OTLP_CERTIFICATE {reason}", path.display());
        assert!(why.contains(&expected), "{why}");
    }
}
