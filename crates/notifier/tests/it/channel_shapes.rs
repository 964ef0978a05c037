//! What each service gets, field by field, against shapes that were written from its public documentation.

use std::{fs, path::Path};

use notifier::{Channel, ChannelKind};
use serde_json::{Value, json};

use crate::channel_server::{DELIVERY, Server, answers, http, message_with, settings, transport};

/// A file of `tests/shapes`: settings and message in, request out.
async fn holds(shape: &Value) {
    let server = Server::start(answers(http(200, "", "ok"))).await;
    let settings_text = shape["settings"].to_string().replace("{origin}", server.origin());
    let given = settings(&serde_json::from_str(&settings_text).unwrap());
    let channel = Channel::new(shape["kind"].as_str().unwrap().parse().unwrap(), given).unwrap();
    let message = message_with(&shape["message"]);
    transport(server.origin()).send(&channel, &message, DELIVERY).await.unwrap();

    let [request] = &server.seen()[..] else { panic!("one request, and no other") };
    let expected = &shape["request"];
    assert_eq!(request.method, "POST");
    assert_eq!(request.path, expected["path"], "{channel}");
    assert_eq!(request.headers["user-agent"], "zb/1.2.3");
    for (name, value) in expected["headers"].as_object().unwrap() {
        assert_eq!(request.headers.get(name).map(|value| json!(value)), Some(value.clone()), "{name}");
    }
    let body = String::from_utf8(request.body.clone()).unwrap();
    match expected["body"].as_str() {
        Some(text) => assert_eq!(body, text),
        None => assert_eq!(serde_json::from_str::<Value>(&body).unwrap(), expected["body"], "{channel}"),
    }
}

fn shapes() -> Vec<(String, Value)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/shapes");
    let mut shapes: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            (name, serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap())
        })
        .collect();
    shapes.sort_by(|one: &(String, Value), other| one.0.cmp(&other.0));
    shapes
}

#[tokio::test]
async fn every_service_gets_what_its_documentation_asks_for() {
    for (name, shape) in shapes() {
        assert!(shape["documentation"].as_str().unwrap().starts_with("https://"), "{name}");
        holds(&shape).await;
    }
}

#[test]
fn every_kind_that_speaks_http_has_a_shape() {
    let shapes = shapes();
    for kind in ChannelKind::ALL.iter().filter(|kind| **kind != ChannelKind::Email) {
        assert!(shapes.iter().any(|(_, shape)| shape["kind"] == kind.as_str()), "{kind}");
    }
}

/// `docs/reference/notification.md` shows what is sent.
#[tokio::test]
async fn the_reference_shows_the_document_of_a_webhook() {
    let page = include_str!("../../../../docs/reference/notification.md");
    let example = page.split("```json\n").nth(1).unwrap().split("```").next().unwrap();
    let example: Value = serde_json::from_str(example).unwrap();
    let message = json!({ "title": example["title"], "lines": example["lines"], "run": example["run"] });
    let shape = json!({
        "kind": "webhook",
        "settings": { "url": "{origin}/" },
        "message": message,
        "request": { "path": "/", "headers": {}, "body": example },
    });
    holds(&shape).await;
}
