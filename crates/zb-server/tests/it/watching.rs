//! A client of server-sent events, without a network between.

use axum::body::Body;
use http::{Method, Request, StatusCode};
use http_body_util::BodyExt;
use serde_json::Value;
use tower::ServiceExt;

use crate::world::World;

/// One event as a client has it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Message {
    pub(crate) event: String,
    pub(crate) id: Option<String>,
    pub(crate) data: String,
}

impl Message {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.data).unwrap()
    }
}

/// A stream that is open.
pub(crate) struct Watching {
    body: Body,
    text: String,
}

/// Opens a stream; the status where it is none.
pub(crate) async fn watch(
    world: &World,
    token: &str,
    path: &str,
    seen: Option<&str>,
) -> Result<Watching, StatusCode> {
    let mut request = Request::builder().method(Method::GET).uri(path).header("host", "zb.lan:4097");
    request = request.header("authorization", format!("Bearer {token}"));
    if let Some(seen) = seen {
        request = request.header("last-event-id", seen);
    }
    let answer = world.router().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    if answer.status() != StatusCode::OK {
        return Err(answer.status());
    }
    assert_eq!(answer.headers()["content-type"], "text/event-stream");
    assert_eq!(answer.headers()["x-accel-buffering"], "no");
    assert_eq!(answer.headers()["cache-control"], "no-store");
    Ok(Watching { body: answer.into_body(), text: String::new() })
}

impl Watching {
    /// The next event; nothing at the end. `retry` is passed over.
    pub(crate) async fn next(&mut self) -> Option<Message> {
        loop {
            if let Some((block, rest)) = self.text.split_once("\n\n") {
                let (block, rest) = (block.to_owned(), rest.to_owned());
                self.text = rest;
                if block != "retry: 2000" {
                    return Some(message(&block));
                }
                continue;
            }
            let frame = self.body.frame().await?.unwrap();
            self.text.push_str(std::str::from_utf8(&frame.into_data().unwrap()).unwrap());
        }
    }

    /// The next event that is recorded or a mark; nothing at the end.
    pub(crate) async fn next_kept(&mut self) -> Option<Message> {
        loop {
            let message = self.next().await?;
            if message.id.is_some() {
                return Some(message);
            }
        }
    }

    /// All that are recorded, to the end.
    pub(crate) async fn rest(&mut self) -> Vec<Message> {
        let mut rest = Vec::new();
        while let Some(message) = self.next_kept().await {
            rest.push(message);
        }
        rest
    }
}

fn message(block: &str) -> Message {
    let field = |name: &str| {
        let mut lines = block.lines().filter_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
        let found = lines.next().map(ToOwned::to_owned);
        assert_eq!(lines.next(), None, "{block}");
        found
    };
    Message { event: field("event").unwrap(), id: field("id"), data: field("data").unwrap() }
}
