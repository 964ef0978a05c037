//! A collector of a few lines: it notes what it gets, and answers as it was told.

use std::time::Duration;

use http::{HeaderMap, HeaderName};
use opentelemetry_proto::tonic::{
    collector::trace::v1::ExportTraceServiceRequest, common::v1::any_value::Value, trace::v1::Span,
};
use prost::Message;
use telemetry::{Collector, Export};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::mpsc,
    time,
};

/// What it does with a request.
#[derive(Clone)]
pub(crate) enum Answer {
    /// A whole answer: status line's rest, headers, body.
    Http(&'static str, &'static str, Vec<u8>),
    /// Nothing, and the connection stays.
    Silence,
    /// These bytes, then the end.
    Bytes(&'static [u8]),
}

impl Answer {
    pub(crate) fn ok() -> Self {
        Self::Http("200 OK", "", Vec::new())
    }

    pub(crate) fn status(line: &'static str) -> Self {
        Self::Http(line, "", Vec::new())
    }
}

/// A request as it came.
pub(crate) struct Request {
    pub(crate) line: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Request {
    pub(crate) fn trace(&self) -> ExportTraceServiceRequest {
        ExportTraceServiceRequest::decode(self.body.as_slice()).unwrap()
    }

    pub(crate) fn spans(&self) -> Vec<Span> {
        let of_resources = self.trace().resource_spans.into_iter();
        of_resources.flat_map(|it| it.scope_spans).flat_map(|it| it.spans).collect()
    }

    /// The resource's attributes, all of which are texts.
    pub(crate) fn resource(&self) -> Vec<(String, String)> {
        let resource = self.trace().resource_spans[0].resource.clone().unwrap();
        let text = |value| match value {
            Some(Value::StringValue(text)) => text,
            other => panic!("{other:?} is no text"),
        };
        resource.attributes.into_iter().map(|it| (it.key, text(it.value.unwrap().value))).collect()
    }
}

/// The collector at work, until it is dropped with its runtime.
pub(crate) struct Server {
    pub(crate) base: String,
    requests: mpsc::UnboundedReceiver<Request>,
}

impl Server {
    /// Answers the nth request (of whichever connection) with the nth answer, and all after them with the last.
    pub(crate) async fn start(answers: Vec<Answer>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let (sender, requests) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            let mut served = 0;
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                // One connection at a time: each answer says that it is the last.
                let Some(request) = read(&mut stream).await else { continue };
                let answer = answers[served.min(answers.len() - 1)].clone();
                served += 1;
                // Nobody listens where a test is over.
                let _ = sender.send(request);
                answer_with(stream, answer).await;
            }
        });
        Self { base, requests }
    }

    /// The next request; a test that waits for one in vain fails.
    pub(crate) async fn next(&mut self) -> Request {
        time::timeout(Duration::from_secs(60), self.requests.recv()).await.unwrap().unwrap()
    }

    /// Whether nothing has come that was not taken with `next`.
    pub(crate) fn is_empty(&self) -> bool {
        self.requests.is_empty()
    }

    /// zb's way to it.
    pub(crate) fn export(&self) -> Export {
        Export::to(format!("{}/v1/traces", self.base).parse().unwrap())
    }

    pub(crate) fn collector(&self) -> Collector {
        client(self.export())
    }
}

pub(crate) fn client(export: Export) -> Collector {
    Collector::new("zb/test".parse().unwrap(), Some(export), None)
}

async fn answer_with(mut stream: TcpStream, answer: Answer) {
    match answer {
        Answer::Http(status, headers, body) => {
            let length = body.len();
            let head = format!(
                "HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: {length}\r\n{headers}\r\n"
            );
            // A client that has gone is its own business.
            let _ = stream.write_all(&[head.into_bytes(), body].concat()).await;
        }
        Answer::Bytes(bytes) => _ = stream.write_all(bytes).await,
        Answer::Silence => _ = tokio::spawn(async move { stream.read_to_end(&mut Vec::new()).await }),
    }
}

/// One whole request; nothing where the client breaks off.
pub(crate) async fn read(stream: &mut (impl AsyncRead + Unpin)) -> Option<Request> {
    let mut bytes = Vec::new();
    let end = loop {
        if let Some(at) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break at;
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    };
    let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
    let (line, rest) = head.split_once("\r\n").unwrap();
    let headers: HeaderMap = rest
        .split("\r\n")
        .map(|line| line.split_once(": ").unwrap())
        .map(|(name, value)| (name.parse::<HeaderName>().unwrap(), value.parse().unwrap()))
        .collect();
    let length: usize = headers["content-length"].to_str().unwrap().parse().unwrap();
    let mut body = bytes.split_off(end + 4);
    while body.len() < length {
        if stream.read_buf(&mut body).await.ok()? == 0 {
            return None;
        }
    }
    Some(Request { line: line.to_owned(), headers, body })
}
