//! The audit trail: who did what, when, from where; and nobody's typing.

use hook_core::OrganizationId;
use http::Method;
use jiff::SignedDuration;
use serde_json::{Value, json};
use zb_server::Role;

use crate::world::{PASSWORD, World};

async fn trail(world: &World, cookie: &str, query: &str) -> Vec<Value> {
    let answer = world.get(&format!("/api/v1/audit{query}")).cookie(cookie).answer().await.is(200).json();
    answer["items"].as_array().unwrap().clone()
}

fn actions(trail: &[Value]) -> Vec<&str> {
    trail.iter().map(|entry| entry["action"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn what_was_done_is_there_newest_first() {
    let world = World::empty();
    let ana = world.operator().await;
    let call = |method: Method, path: &str, body: Value| {
        world.wait(SignedDuration::from_secs(1));
        world.call(method, &format!("/api/v1/{path}")).cookie(&ana).json(body).answer()
    };
    let jon = call(Method::POST, "users", json!({"username": "jon"})).await.is(201).json();
    let jon = jon["userId"].as_str().unwrap();
    call(Method::POST, &format!("users/{jon}/set-up-link"), json!({})).await.is(201);
    call(Method::PUT, "organizations/org_default/members/jon", json!({"role": "viewer"})).await.is(201);
    call(Method::PUT, "organizations/org_default/members/jon", json!({"role": "member"})).await.is(200);
    call(Method::DELETE, "organizations/org_default/members/jon", json!({})).await.is(204);
    let token = call(Method::POST, "tokens", json!({"name": "x", "scope": "read"})).await.is(201).json();
    let token = token["tokenId"].as_str().unwrap();
    call(Method::DELETE, &format!("tokens/{token}"), json!({})).await.is(204);
    let studio = call(Method::POST, "organizations", json!({"name": "Studio", "roots": ["/srv"]}))
        .await
        .is(201)
        .json();
    assert_eq!(
        (&studio["jobs"], &studio["members"], &studio["roots"]),
        (&json!(0), &json!(1), &json!(["/srv"]))
    );
    let studio = studio["organizationId"].as_str().unwrap();
    call(Method::PATCH, "organizations/org_default", json!({"name": "Home"})).await.is(200);
    call(Method::DELETE, &format!("organizations/{studio}"), json!({})).await.is(204);
    call(Method::DELETE, &format!("users/{jon}"), json!({})).await.is(204);
    call(Method::PATCH, "user", json!({"name": "Ana"})).await.is(200);

    let all = trail(&world, &ana, "").await;
    assert_eq!(
        actions(&all),
        [
            "user.replaced",
            "user.deleted",
            "organization.deleted",
            "organization.replaced",
            "organization.created",
            "token.deleted",
            "token.created",
            "member.deleted",
            "member.replaced",
            "member.created",
            "user.linked",
            "user.created",
            "session.started",
            "user.set-up",
        ]
    );
    let targets: Vec<_> = all.iter().skip(1).take(4).map(|entry| entry["target"].as_str().unwrap()).collect();
    assert_eq!(targets, [jon, studio, "org_default", studio]);
    let deleted = &all[1];
    assert_eq!(deleted["address"], "10.0.0.7");
    assert_eq!((&deleted["actor"]["username"], &deleted["actor"]["tokenId"]), (&json!("ana"), &Value::Null));
    assert_eq!(deleted["time"], "2026-11-24T01:00:11Z");

    let some = trail(&world, &ana, "?action=token.created,token.deleted").await;
    assert_eq!(actions(&some), ["token.deleted", "token.created"]);
    let some = trail(&world, &ana, "?since=2026-11-24T01:00:06Z&until=2026-11-24T01:00:08Z").await;
    assert_eq!(actions(&some), ["token.deleted", "token.created"]);
    let mut paged = Vec::new();
    let mut query =
        "?limit=4&action=token.created,token.deleted,user.created,member.created,user.deleted".to_owned();
    let filter = query.clone();
    loop {
        let page = world.get(&format!("/api/v1/audit{query}")).cookie(&ana).answer().await.is(200).json();
        paged.extend(page["items"].as_array().unwrap().clone());
        let Some(cursor) = page["nextCursor"].as_str() else { break };
        query = format!("{filter}&cursor={cursor}");
    }
    assert_eq!(
        actions(&paged),
        ["user.deleted", "token.deleted", "token.created", "member.created", "user.created"]
    );
}

#[tokio::test]
async fn a_failed_sign_in_is_there_but_not_what_was_typed() {
    let world = World::empty();
    let studio = world.organization("studio").await;
    let ana = world.operator().await;
    let jon = world.session(&studio, "jon", Role::Owner).await;
    for username in ["jon", "hunter2hunter2"] {
        let body = json!({"username": username, "password": "wrong horse battery"});
        world.post("/api/v1/session", body).answer().await.problem(401, "invalid-credentials");
    }
    world.post("/api/v1/session", json!({"username": "jon", "password": PASSWORD})).answer().await.is(200);
    let theirs = trail(&world, &jon, "?action=session.failed,session.started").await;
    assert_eq!(actions(&theirs), ["session.started", "session.failed", "session.started"]);
    assert_eq!(theirs[1]["actor"]["username"], "jon");
    let homes = trail(&world, &ana, "?action=session.failed").await;
    assert_eq!(actions(&homes), ["session.failed"]);
    let nobody = json!({"userId": null, "username": null, "tokenId": null});
    assert_eq!((&homes[0]["actor"], &homes[0]["target"]), (&nobody, &Value::Null));
    let all = trail(&world, &ana, "").await;
    assert!(!json!(all).to_string().contains("hunter2"));
}

/// Several of one moment: none is lost or told twice between two pages.
#[tokio::test]
async fn a_page_may_end_in_the_middle_of_a_moment() {
    let world = World::empty();
    let ana = world.operator().await;
    let mut names = Vec::new();
    for number in 0..7 {
        let body = json!({"username": format!("user{number}")});
        let made = world.post("/api/v1/users", body).cookie(&ana).answer().await.is(201).json();
        names.push(made["userId"].clone());
    }
    names.reverse();
    for limit in 1..=8 {
        let (mut seen, mut cursor) = (Vec::new(), String::new());
        loop {
            let path = format!("/api/v1/audit?action=user.created&limit={limit}{cursor}");
            let page = world.get(&path).cookie(&ana).answer().await.is(200).json();
            seen.extend(page["items"].as_array().unwrap().iter().map(|entry| entry["target"].clone()));
            let Some(next) = page["nextCursor"].as_str() else { break };
            cursor = format!("&cursor={next}");
        }
        assert_eq!(seen, names, "{limit} a page");
    }
}

#[tokio::test]
async fn an_entry_goes_after_400_days() {
    let world = World::empty();
    let ana = world.operator().await;
    assert_eq!(trail(&world, &ana, "").await.len(), 2);
    world.wait(SignedDuration::from_hours(401 * 24));
    let ana = world.session(&OrganizationId::default(), "ana", Role::Owner).await;
    assert_eq!(trail(&world, &ana, "").await.len(), 2, "those of the new sign-in");
}
