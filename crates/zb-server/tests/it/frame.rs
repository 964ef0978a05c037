//! The frame around every request (`api.md` §1, §8).

use http::Method;
use serde_json::json;
use zb_server::{ServerSettings, openapi};

use crate::world::World;

#[tokio::test]
async fn a_path_that_is_none_and_a_method_that_is_none() {
    let world = World::empty();
    for path in ["/api/v1/nothing", "/api/v1/user/", "/api/v1", "/healthz/", "//healthz", "/api/v2/user"] {
        world.get(path).answer().await.problem(404, "not-found");
        world.call(Method::OPTIONS, path).answer().await.problem(404, "not-found");
    }
    for (method, path, allow) in [
        (Method::OPTIONS, "/api/v1/user", "GET,HEAD,PATCH"),
        (Method::DELETE, "/api/v1/user", "GET,HEAD,PATCH"),
        (Method::GET, "/api/v1/session", "POST,PATCH,DELETE"),
        (Method::HEAD, "/api/v1/session", "POST,PATCH,DELETE"),
        (Method::POST, "/healthz", "GET,HEAD"),
        (Method::TRACE, "/healthz", "GET,HEAD"),
    ] {
        let answer = world.call(method.clone(), path).answer().await.is(405);
        assert_eq!(answer.header("allow"), allow, "{method} {path}");
        assert!(answer.header("access-control-allow-origin").is_empty());
    }
}

#[tokio::test]
async fn every_get_has_a_head() {
    let world = World::empty();
    let cookie = world.operator().await;
    let document = openapi("");
    for (path, item) in document["paths"].as_object().unwrap() {
        if item.get("get").is_some() && !path.contains('{') && !path.ends_with("events") {
            let get = world.get(path).cookie(&cookie).answer().await;
            let head = world.call(Method::HEAD, path).cookie(&cookie).answer().await;
            assert_eq!((head.status, head.text.as_str()), (get.status, ""), "{path}");
            assert_eq!(head.header("content-type"), get.header("content-type"), "{path}");
        }
    }
}

#[tokio::test]
async fn an_answer_is_of_a_type_that_is_accepted() {
    let world = World::empty();
    let cookie = world.operator().await;
    let user = |accept: &str| world.get("/api/v1/user").cookie(&cookie).header("accept", accept).answer();
    for accept in ["*/*", "application/json", "application/*;q=0.1", "text/html, application/json"] {
        user(accept).await.is(200);
    }
    for accept in ["text/html", "application/json;q=0"] {
        user(accept).await.problem(406, "not-acceptable");
        let call = world.post("/api/v1/users", json!({"username": "jon"})).cookie(&cookie);
        call.header("accept", accept).answer().await.problem(406, "not-acceptable");
    }
    world.post("/api/v1/users", json!({"username": "jon"})).cookie(&cookie).answer().await.is(201);
    world.get("/api/v1/nothing").header("accept", "text/html").answer().await.problem(404, "not-found");
    let none = world.call(Method::DELETE, "/api/v1/session").cookie(&cookie).header("accept", "text/html");
    none.answer().await.is(204);
}

#[tokio::test]
async fn heads_and_urls_have_their_limits() {
    let world = World::empty();
    let url = |bytes: usize| format!("/healthz?{}", "a".repeat(bytes - "/healthz?".len()));
    world.get(&url(8 * 1024)).answer().await.is(200);
    world.get(&url(8 * 1024 + 1)).answer().await.problem(414, "uri-too-long");
    let head = |bytes: usize| world.get("/healthz").header("x-filler", "a".repeat(bytes)).answer();
    head(31 * 1024).await.is(200);
    head(32 * 1024).await.problem(431, "head-too-large");
}

#[tokio::test]
async fn a_base_path_is_before_everything() {
    let world = World::with(ServerSettings { base_path: "/zb".to_owned(), ..ServerSettings::default() });
    let status = |path: &str| {
        let call = world.get(path);
        async move { call.answer().await.status.as_u16() }
    };
    assert_eq!(status("/zb/healthz").await, 200);
    for path in ["/healthz", "/zbx/healthz", "/zb/zb/healthz", "/"] {
        assert_eq!(status(path).await, 404, "{path}");
    }
    assert_eq!(status("/zb/api/v1/user").await, 503);
}

#[tokio::test]
async fn a_service_says_what_it_is() {
    let world = World::empty();
    assert_eq!(world.get("/healthz").answer().await.is(200).text, "ok");
    assert_eq!(world.get("/readyz").answer().await.is(200).text, "ok");
    world.get("/api/v1/openapi.json").answer().await.problem(503, "set-up-required");
    world.get("/metrics").answer().await.problem(503, "set-up-required");
    let cookie = world.operator().await;
    let document = world.get("/api/v1/openapi.json").answer().await.is(200).json();
    assert_eq!(document, openapi(""));
    assert_eq!(document["openapi"], "3.1.0");
    world.get("/metrics").answer().await.problem(401, "unauthenticated");
    let figures = world.get("/metrics").cookie(&cookie).answer().await.is(200);
    assert_eq!(figures.text, "zb_of{organization=\"org_default\"} 1\n");
    assert_eq!(figures.header("content-type"), "text/plain; version=0.0.4; charset=utf-8");
    world.service.ending.cancel();
    assert_eq!(world.get("/readyz").answer().await.is(503).text, "shutting-down\n");
}

/// What the document says of who may call is what the routes do.
#[tokio::test]
async fn the_document_says_who_may_call() {
    let world = World::empty();
    let viewer = world
        .token(&world.organization("studio").await, zb_server::Role::Viewer, zb_server::Scope::Read)
        .await;
    let document = openapi("");
    let mut names = std::collections::BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            assert!(names.insert(operation["operationId"].as_str().unwrap()), "{operation}");
            let call =
                || world.call(method.to_ascii_uppercase().parse().unwrap(), &path.replace(['{', '}'], ""));
            let (who, anonymous) = (operation["x-zb-who"].as_str().unwrap(), call().answer().await);
            if who == "anyone" {
                assert_ne!(anonymous.status, 401, "{method} {path}");
                continue;
            }
            anonymous.problem(401, "unauthenticated");
            let by_viewer = call().token(&viewer).answer().await;
            let is_refused = by_viewer.status == 403;
            assert_eq!(is_refused, who != "read", "{method} {path} {who} {by_viewer:?}");
        }
    }
}
