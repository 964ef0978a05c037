//! The table of `api.md` §2, row by row: who may, and what everybody else is told.

use http::Method;
use serde_json::json;
use zb_server::{Role, Scope};

use crate::world::{Call, World};

/// Everybody who may call: by a session in the organization *studio*, or by a token of an operator there.
const WHO: [&str; 8] =
    ["nobody", "read token", "run token", "manage token", "viewer", "member", "owner", "operator"];

/// The statuses in that order. 422 for an empty body, and 404 for what is not there, tell that the caller may.
const TABLE: &[(&str, &str, [u16; 8])] = &[
    ("POST", "session", [422, 422, 422, 422, 422, 422, 422, 422]),
    ("PATCH", "session", [401, 403, 403, 403, 422, 422, 422, 422]),
    ("GET", "user", [401, 200, 200, 200, 200, 200, 200, 200]),
    ("PATCH", "user", [401, 403, 403, 403, 200, 200, 200, 200]),
    ("GET", "users", [401, 403, 403, 403, 403, 403, 403, 200]),
    ("POST", "users", [401, 403, 403, 403, 403, 403, 403, 422]),
    ("POST", "users/user_x/set-up-link", [401, 403, 403, 403, 403, 403, 403, 404]),
    ("DELETE", "users/user_x", [401, 403, 403, 403, 403, 403, 403, 404]),
    ("GET", "organizations", [401, 200, 200, 200, 200, 200, 200, 200]),
    ("POST", "organizations", [401, 403, 403, 403, 403, 403, 403, 422]),
    ("PATCH", "organizations/STUDIO", [401, 403, 403, 403, 403, 403, 200, 200]),
    ("PATCH", "organizations/STUDIO {name}", [401, 403, 403, 403, 403, 403, 200, 403]),
    ("PATCH", "organizations/STUDIO {roots}", [401, 403, 403, 403, 403, 403, 403, 200]),
    ("DELETE", "organizations/org_default", [401, 403, 403, 403, 404, 404, 404, 409]),
    ("DELETE", "organizations/STUDIO?x=1", [401, 403, 403, 403, 403, 403, 403, 422]),
    ("GET", "organizations/STUDIO/members", [401, 200, 200, 200, 200, 200, 200, 404]),
    ("PUT", "organizations/STUDIO/members/vic", [401, 403, 403, 403, 403, 403, 422, 404]),
    ("PUT", "organizations/STUDIO/members/noone", [401, 403, 403, 403, 403, 403, 404, 404]),
    ("DELETE", "organizations/STUDIO/members/noone", [401, 403, 403, 403, 403, 403, 404, 404]),
    ("GET", "notifications/destinations", [401, 200, 200, 200, 200, 200, 200, 200]),
    ("POST", "notifications/destinations", [401, 403, 403, 422, 403, 422, 422, 422]),
    ("GET", "notifications/destinations/dest_x", [401, 404, 404, 404, 404, 404, 404, 404]),
    ("PUT", "notifications/destinations/dest_x", [401, 403, 403, 404, 403, 404, 404, 404]),
    ("DELETE", "notifications/destinations/dest_x", [401, 403, 403, 404, 403, 404, 404, 404]),
    ("POST", "notifications/destinations/dest_x/test", [401, 403, 404, 404, 403, 404, 404, 404]),
    ("GET", "notifications/deliveries", [401, 200, 200, 200, 200, 200, 200, 200]),
    ("GET", "tokens", [401, 403, 403, 403, 200, 200, 200, 200]),
    ("POST", "tokens", [401, 403, 403, 403, 422, 422, 422, 422]),
    ("DELETE", "tokens/token_x", [401, 403, 403, 403, 404, 404, 404, 404]),
    ("GET", "audit", [401, 403, 403, 403, 403, 403, 200, 200]),
    ("DELETE", "session", [401, 403, 403, 403, 204, 204, 204, 204]),
];

#[tokio::test]
async fn every_route_answers_everybody_as_the_table_says() {
    let world = World::empty();
    // An operator who is no member of the studio: what they may there, they may as an operator.
    let operator = world.operator().await;
    let studio = world.organization("studio").await;
    let mut credentials = vec![None];
    for scope in Scope::ALL {
        let user = world.member(&studio, "tom", Role::Owner).await;
        let minted = world.accounts().add_token(&user, &studio, "x", scope, None).await.unwrap();
        credentials.push(Some(("token", minted.secret.expose().to_owned())));
    }
    for (username, role) in [("vic", Role::Viewer), ("mel", Role::Member), ("olga", Role::Owner)] {
        credentials.push(Some(("cookie", world.session(&studio, username, role).await)));
    }
    credentials.push(Some(("cookie", operator)));
    for (method, row, expected) in TABLE {
        let (path, member) = row.split_once(' ').unwrap_or((row, ""));
        let path = format!("/api/v1/{}", path.replace("STUDIO", studio.as_str()));
        let body = match member {
            "{name}" => json!({"name": "Studio"}),
            "{roots}" => json!({"roots": ["/srv/studio"]}),
            _ => json!({}),
        };
        for ((who, credential), status) in WHO.iter().zip(&credentials).zip(expected) {
            let method = Method::from_bytes(method.as_bytes()).unwrap();
            let is_read = method == Method::GET;
            let call = with(world.call(method, &path), credential.as_ref());
            let call = if is_read { call } else { call.json(body.clone()) };
            let answer = call.answer().await;
            assert_eq!(answer.status, *status, "{row} by {who}: {answer:?}");
        }
    }
}

fn with(call: Call, credential: Option<&(&str, String)>) -> Call {
    match credential {
        Some(("token", token)) => call.token(token),
        Some((_, cookie)) => call.cookie(cookie),
        None => call,
    }
}

#[tokio::test]
async fn no_organization_loses_its_last_owner() {
    let world = World::empty();
    let operator = world.operator().await;
    let ana = world.user("ana").await;
    let call =
        |method: Method, path: String| world.call(method, &format!("/api/v1/{path}")).cookie(&operator);
    let member =
        |method: Method, name: &str| call(method, format!("organizations/org_default/members/{name}"));
    let demote = || member(Method::PUT, "ana").json(json!({"role": "member"})).answer();
    demote().await.problem(409, "last-owner");
    member(Method::DELETE, "ana").answer().await.problem(409, "last-owner");
    call(Method::DELETE, format!("users/{ana}")).answer().await.problem(409, "last-owner");
    member(Method::PUT, "ana").json(json!({"role": "owner"})).answer().await.is(200);
    world.user("jon").await;
    member(Method::PUT, "jon").json(json!({"role": "owner"})).answer().await.is(201);
    demote().await.is(200);
    member(Method::DELETE, "jon").answer().await.problem(403, "forbidden");
}

#[tokio::test]
async fn an_organization_with_jobs_cannot_be_deleted() {
    use job_store::{Expected, NewJob, PutJob};
    let world = World::empty();
    let operator = world.operator().await;
    let made =
        world.post("/api/v1/organizations", json!({"name": "Studio", "roots": null})).cookie(&operator);
    let made = made.answer().await.is(201).json();
    let id = made["organizationId"].as_str().unwrap();
    let new = NewJob {
        organization: id.parse().unwrap(),
        schedule: "sched_a".parse().unwrap(),
        name: "a".to_owned(),
        definition: String::new().into(),
        by: None,
    };
    let put = world.service.store.put_job(new, Expected::Absent).await.unwrap();
    assert!(matches!(put, PutJob::Kept { .. }));
    let path = format!("/api/v1/organizations/{id}");
    let delete = || world.call(Method::DELETE, &path).cookie(&operator).answer();
    delete().await.problem(409, "in-use");
    let listed = world.get("/api/v1/organizations").cookie(&operator).answer().await.json();
    let studio =
        listed["items"].as_array().unwrap().iter().find(|item| item["organizationId"] == id).unwrap().clone();
    assert_eq!((&studio["jobs"], &studio["roots"]), (&json!(1), &json!(null)));
    let (organization, schedule) = (id.parse().unwrap(), "sched_a".parse().unwrap());
    let _ = world.service.store.delete_job(&organization, &schedule, Expected::Any).await.unwrap();
    delete().await.is(204);
    delete().await.problem(404, "not-found");
}
