//! What a body or a query may be: all that is wrong is told at once, and nothing is changed.

use http::Method;
use serde_json::{Value, json};

use crate::world::World;

#[tokio::test]
async fn a_body_is_json_and_an_object() {
    let world = World::empty();
    let cookie = world.operator().await;
    let post = || world.call(Method::POST, "/api/v1/users").cookie(&cookie);
    post().answer().await.problem(400, "malformed");
    post().text(r#"{"username":"jon"}"#).answer().await.problem(415, "unsupported-media-type");
    let typed = |kind: &str| post().header("content-type", kind);
    typed("text/plain").text("x").answer().await.problem(415, "unsupported-media-type");
    typed("application/x-www-form-urlencoded")
        .text("username=jon")
        .answer()
        .await
        .problem(415, "unsupported-media-type");
    typed("application/json").text(r#"{"username":"#).answer().await.problem(400, "malformed");
    typed("application/json").text("[]").answer().await.problem(422, "invalid");
    let large = format!(r#"{{"username":"{}"}}"#, "a".repeat(1024 * 1024));
    typed("application/json").text(&large).answer().await.problem(413, "too-large");
    typed("Application/JSON; charset=utf-8").text(r#"{"username":"jon"}"#).answer().await.is(201);
}

#[tokio::test]
async fn every_wrong_field_is_named() {
    let world = World::empty();
    let cookie = world.operator().await;
    let call = |method: Method, path: &str, body: Value| {
        world.call(method, &format!("/api/v1/{path}")).cookie(&cookie).json(body).answer()
    };
    let table: Vec<(Method, &str, Value, &[&str])> = vec![
        (
            Method::POST,
            "users",
            json!({"username": "Jon", "name": "", "x": 1}),
            &["/username", "/name", "/x"],
        ),
        (Method::POST, "users", json!({"username": null}), &["/username"]),
        (Method::POST, "users", json!({"username": "ana"}), &["/username"]),
        (Method::POST, "users?x=1", json!({"username": 7}), &["?x", "/username"]),
        (Method::POST, "session", json!({"username": 7}), &["/username", "/password"]),
        (Method::PATCH, "session", json!({}), &["/organizationId"]),
        (Method::PATCH, "user", json!({"nmae": "x"}), &["/nmae"]),
        (Method::POST, "organizations", json!({"name": "x"}), &["/roots"]),
        (
            Method::POST,
            "organizations",
            json!({"roots": ["/a", "b", 7, "/c/.."]}),
            &["/roots/1", "/roots/2", "/roots/3", "/name"],
        ),
        (
            Method::PATCH,
            "organizations/org_default",
            json!({"roots": "/a", "name": "\n"}),
            &["/roots", "/name"],
        ),
        (Method::PUT, "organizations/org_default/members/ana", json!({"role": "onwer"}), &["/role"]),
        (
            Method::POST,
            "tokens",
            json!({"scope": "all", "expiresAt": "2026-11-24T01:00:00Z"}),
            &["/scope", "/expiresAt", "/name"],
        ),
        (Method::POST, "tokens", json!({"name": "x", "scope": "read", "expiresAt": "soon"}), &["/expiresAt"]),
    ];
    for (method, path, body, fields) in table {
        let refused = call(method, path, body.clone()).await.problem(422, "invalid");
        assert_eq!(refused.fields(), fields, "{path} {body}");
    }
    let near =
        call(Method::PUT, "organizations/org_default/members/ana", json!({"role": "onwer"})).await.json();
    assert_eq!(near["errors"][0]["reason"], "there is no such role; did you mean owner?");
}

#[tokio::test]
async fn a_typo_in_a_query_returns_nothing() {
    let world = World::empty();
    let cookie = world.operator().await;
    let table: &[(&str, &[&str])] = &[
        ("user?x=1", &["?x"]),
        ("users?limt=5", &["?limt"]),
        ("users?limit=0&cursor=x", &["?limit", "?cursor"]),
        ("organizations?q=x", &["?q"]),
        ("organizations/org_default/members?limit=201", &["?limit"]),
        ("tokens?cursor=AAAA", &["?cursor"]),
        ("audit?since=today&action=job.deletd&util=x", &["?since", "?action", "?util"]),
    ];
    for (path, fields) in table {
        let refused =
            world.get(&format!("/api/v1/{path}")).cookie(&cookie).answer().await.problem(422, "invalid");
        assert_eq!(&refused.fields(), fields, "{path}");
    }
}

#[tokio::test]
async fn lists_go_on_where_the_page_before_ended() {
    let world = World::empty();
    let cookie = world.operator().await;
    for number in 0..5 {
        world.user(&format!("user{number}")).await;
    }
    let mut seen = Vec::new();
    let mut path = "/api/v1/users?limit=2".to_owned();
    loop {
        let page = world.get(&path).cookie(&cookie).answer().await.is(200).json();
        let items = page["items"].as_array().unwrap();
        assert!(items.len() <= 2);
        seen.extend(items.iter().map(|item| item["username"].as_str().unwrap().to_owned()));
        let Some(cursor) = page["nextCursor"].as_str() else { break };
        path = format!("/api/v1/users?limit=2&cursor={cursor}");
        // A cursor of one list leads nowhere in another.
        let other = world.get(&format!("/api/v1/tokens?cursor={cursor}")).cookie(&cookie).answer().await;
        assert_eq!(other.problem(422, "invalid").fields(), ["?cursor"]);
    }
    assert_eq!(seen, ["ana", "user0", "user1", "user2", "user3", "user4"]);
}
