//! Requests that another site's page makes: every unsafe route refuses them before it does anything.

use http::Method;
use serde_json::json;

use crate::world::{PASSWORD, World};

#[tokio::test]
async fn every_unsafe_route_refuses_another_sites_page() {
    let world = World::empty();
    let cookie = world.operator().await;
    let token = world.owner().await;
    let routes = [
        (Method::POST, "set-up"),
        (Method::POST, "session"),
        (Method::PATCH, "session"),
        (Method::DELETE, "session"),
        (Method::PATCH, "user"),
        (Method::POST, "users"),
        (Method::POST, "users/user_x/set-up-link"),
        (Method::DELETE, "users/user_x"),
        (Method::POST, "organizations"),
        (Method::PATCH, "organizations/org_default"),
        (Method::DELETE, "organizations/org_default"),
        (Method::PUT, "organizations/org_default/members/ana"),
        (Method::DELETE, "organizations/org_default/members/ana"),
        (Method::POST, "tokens"),
        (Method::DELETE, "tokens/token_x"),
    ];
    for (method, path) in routes {
        let call = || {
            let call = world.call(method.clone(), &format!("/api/v1/{path}")).cookie(&cookie);
            call.json(json!({"username": "ana", "password": PASSWORD, "token": "x"}))
        };
        for (name, value) in [
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-site", "same-site"),
            ("sec-fetch-site", "none"),
            ("origin", "http://evil.example"),
            ("origin", "null"),
        ] {
            call().header(name, value).answer().await.problem(403, "cross-site");
        }
        let both = call().header("sec-fetch-site", "cross-site").header("origin", "http://zb.lan:4097");
        both.answer().await.problem(403, "cross-site");
        // A token is sent by no page on its own.
        let by_token = call().token(&token).header("origin", "http://evil.example").answer().await;
        if !matches!((&method, path), (&Method::POST, "session" | "set-up")) {
            by_token.problem(403, "forbidden");
        }
    }
    for path in ["user", "users", "tokens", "audit", "organizations"] {
        let call =
            world.get(&format!("/api/v1/{path}")).cookie(&cookie).header("sec-fetch-site", "cross-site");
        call.answer().await.is(200);
    }
    let own = world.call(Method::DELETE, "/api/v1/session").cookie(&cookie);
    own.header("sec-fetch-site", "same-origin").header("origin", "null").answer().await.is(204);
}
