//! Set-up links: the first account, and a user's password.

use hook_core::OrganizationId;
use http::Method;
use jiff::SignedDuration;
use job_store::Store;
use serde_json::{Value, json};
use zb_server::{Accounts, AddUser, Role, Scope, ServerSettings, set_up_link};

use crate::world::{PASSWORD, World};

/// The token of a link as the console shows it.
async fn first_link(world: &World) -> String {
    let link = set_up_link(&world.service, "127.0.0.1:4097").await.unwrap().unwrap();
    let token = link.strip_prefix("http://127.0.0.1:4097/set-up?token=").unwrap();
    assert_eq!(token.len(), 43);
    token.to_owned()
}

fn first(token: &str) -> Value {
    json!({"token": token, "username": "ana", "password": PASSWORD, "organizationName": "Home"})
}

#[tokio::test]
async fn the_first_account_is_made_once_by_the_latest_link() {
    let world = World::empty();
    let older = first_link(&world).await;
    let token = first_link(&world).await;
    world.post("/api/v1/set-up", first(&older)).answer().await.problem(404, "not-found");
    let made = world.post("/api/v1/set-up", first(&token)).answer().await.is(201);
    let user = made.json();
    let id = user["userId"].as_str().unwrap();
    assert!(id.starts_with("user_") && id.len() == 31, "{id}");
    let expected = json!({
        "userId": id, "username": "ana", "name": null, "organizationId": "org_default", "role": "owner",
        "scope": "manage", "operator": true,
        "organizations": [{"organizationId": "org_default", "name": "Home", "role": "owner"}]
    });
    assert_eq!(made.text, expected.to_string(), "every member, in the order of the contract");
    let again = world.get("/api/v1/user").cookie(made.cookie()).answer().await.is(200);
    assert_eq!(again.text, made.text);
    world.post("/api/v1/set-up", first(&token)).answer().await.problem(404, "not-found");
    assert_eq!(set_up_link(&world.service, "127.0.0.1:4097").await.unwrap(), None);
    let sign_in = json!({"username": "ana", "password": PASSWORD});
    let signed_in = world.post("/api/v1/session", sign_in).answer().await.is(200);
    assert_eq!(signed_in.text, made.text);
}

#[tokio::test]
async fn a_link_leads_where_people_reach_zb() {
    let settings = ServerSettings {
        base_path: "/zb".to_owned(),
        public_url: Some("https://backup.example.org/".to_owned()),
        ..ServerSettings::default()
    };
    let world = World::with(settings);
    let link = set_up_link(&world.service, "127.0.0.1:4097").await.unwrap().unwrap();
    assert!(link.starts_with("https://backup.example.org/zb/set-up?token="), "{link}");
}

#[tokio::test]
async fn what_is_wrong_with_a_set_up_uses_no_link_up() {
    let world = World::empty();
    let token = first_link(&world).await;
    let bad = json!({"usrename": 1, "password": "short", "token": token, "organizationName": " "});
    let refused = world.post("/api/v1/set-up", bad).answer().await.problem(422, "invalid");
    assert_eq!(refused.fields(), ["/usrename", "/password", "/organizationName", "/username"]);
    assert!(!refused.text.contains("short"), "a password is never repeated");
    world.post("/api/v1/set-up", json!({})).answer().await.problem(422, "invalid");
    world.post("/api/v1/set-up", first(&token)).answer().await.is(201);
}

#[tokio::test]
async fn nothing_else_answers_before_the_first_account() {
    let world = World::empty();
    let token = "zb_".to_owned() + &"a".repeat(40);
    for (method, path) in [
        (Method::POST, "session"),
        (Method::GET, "user"),
        (Method::GET, "tokens"),
        (Method::DELETE, "tokens/x"),
    ] {
        let path = format!("/api/v1/{path}");
        world.call(method.clone(), &path).answer().await.problem(503, "set-up-required");
        world.call(method, &path).token(&token).answer().await.problem(503, "set-up-required");
    }
    world.get("/healthz").answer().await.is(200);
}

#[tokio::test]
async fn a_users_link_sets_that_password_and_ends_their_sessions() {
    let world = World::empty();
    let operator = world.operator().await;
    let made = world.post("/api/v1/users", json!({"username": "jon", "name": "Jon"})).cookie(&operator);
    let made = made.answer().await.is(201).json();
    assert_eq!(
        (&made["username"], &made["name"], &made["lastSeenAt"]),
        (&json!("jon"), &json!("Jon"), &Value::Null)
    );
    assert_eq!(made["setUpExpiresAt"], "2026-11-27T01:00:00Z", "72 hours");
    let token = |made: &Value| {
        let url = made["setUpUrl"].as_str().unwrap();
        url.strip_prefix("http://zb.lan:4097/set-up?token=").unwrap().to_owned()
    };
    let body = |token: &str| json!({"token": token, "password": PASSWORD});
    let too_much = json!({"token": token(&made), "password": PASSWORD, "username": "eve"});
    let refused = world.post("/api/v1/set-up", too_much).answer().await.problem(422, "invalid");
    assert_eq!(refused.fields(), ["/username"]);
    let used = world.post("/api/v1/set-up", body(&token(&made))).answer().await.is(201);
    let user = used.json();
    assert_eq!(
        (&user["username"], &user["organizationId"], &user["role"]),
        (&json!("jon"), &Value::Null, &Value::Null)
    );
    assert_eq!((&user["scope"], &user["organizations"]), (&Value::Null, &json!([])));
    world.post("/api/v1/set-up", body(&token(&made))).answer().await.problem(404, "not-found");

    // A reset: the password and the sessions end when the link is used, not before.
    let path = format!("/api/v1/users/{}/set-up-link", made["userId"].as_str().unwrap());
    let older = world.call(Method::POST, &path).cookie(&operator).answer().await.is(201).json();
    let reset = world.call(Method::POST, &path).cookie(&operator).answer().await.is(201).json();
    assert_eq!(reset["userId"], made["userId"]);
    world.get("/api/v1/user").cookie(used.cookie()).answer().await.is(200);
    world.post("/api/v1/set-up", body(&token(&older))).answer().await.problem(404, "not-found");
    let again = json!({"token": token(&reset), "password": "another horse battery"});
    let again = world.post("/api/v1/set-up", again).answer().await.is(201);
    world.get("/api/v1/user").cookie(used.cookie()).answer().await.problem(401, "unauthenticated");
    world.get("/api/v1/user").cookie(again.cookie()).answer().await.is(200);
    let old = json!({"username": "jon", "password": PASSWORD});
    world.post("/api/v1/session", old).answer().await.problem(401, "invalid-credentials");
}

#[tokio::test]
async fn a_users_link_works_for_72_hours() {
    let world = World::empty();
    let user = world.user("jon").await;
    let hour = SignedDuration::from_hours(1);
    for (waited, status) in [(hour * 72 - SignedDuration::from_secs(1), 201), (hour * 72, 404)] {
        let link = world.accounts().renew_link(&user).await.unwrap().unwrap();
        world.wait(waited);
        let body = json!({"token": link.secret.expose(), "password": PASSWORD});
        world.post("/api/v1/set-up", body).answer().await.is(status);
    }
}

/// `zb user` and `zb token` work on the same data directory, also while the service runs.
#[tokio::test]
async fn what_is_done_on_the_machine_itself_counts_at_once() {
    let world = World::empty();
    let service = world.accounts();
    let store = Store::open(world.dir.path(), world.service.around.clock.clone()).unwrap();
    let machine = Accounts { store: &store, now: service.now, random: service.random };
    let AddUser::Added(made) = machine.add_user("ana", None).await.unwrap() else { panic!("there is one") };
    let (user, home) = (made.thing.0.id, OrganizationId::default());
    let _ = store.put_member(&home, "ana", Role::Owner).await.unwrap();
    let body = |secret: &str| json!({"token": secret, "password": PASSWORD});
    let cookie = world.post("/api/v1/set-up", body(made.secret.expose())).answer().await.is(201).cookie();

    let token = machine.add_token(&user, &home, "x", Scope::Read, None).await.unwrap();
    let by_token = || world.get("/api/v1/user").token(token.secret.expose()).answer();
    by_token().await.is(200);
    assert!(store.delete_token(&home, None, &token.thing.id).await.unwrap());
    by_token().await.problem(401, "unauthenticated");

    let link = machine.renew_link(&user).await.unwrap().unwrap();
    world.post("/api/v1/set-up", body(link.secret.expose())).answer().await.is(201);
    world.get("/api/v1/user").cookie(&cookie).answer().await.problem(401, "unauthenticated");
}
