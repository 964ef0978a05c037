//! Sessions: how they begin and end, in which organization they act, and what a password change does to them.

use http::Method;
use jiff::SignedDuration;
use serde_json::json;
use zb_server::{Role, ServerSettings};

use crate::world::{PASSWORD, World};

const HOUR: SignedDuration = SignedDuration::from_hours(1);

#[tokio::test]
async fn a_cookie_is_for_zb_alone() {
    let world = World::empty();
    world.sign_in("ana").await;
    let body = json!({"username": "ana", "password": PASSWORD});
    let plain = world.post("/api/v1/session", body.clone()).answer().await.is(200);
    let cookie = plain.cookie();
    assert_eq!(cookie.len(), 43);
    let expected = format!("zb_session={cookie}; Path=/; HttpOnly; SameSite=Strict; Max-Age=2592000");
    assert_eq!(plain.header("set-cookie"), expected);

    let settings = ServerSettings {
        public_url: Some("https://zb.lan".to_owned()),
        base_path: "/b".to_owned(),
        ..ServerSettings::default()
    };
    let mut world = world;
    world.service.settings = settings.into();
    let secure = world.post("/b/api/v1/session", body).answer().await.is(200);
    let secure = secure.header("set-cookie");
    assert!(secure.contains("; Path=/b;") && secure.ends_with("; Secure"), "{secure}");
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_user_are_the_same_to_the_byte() {
    let world = World::empty();
    world.sign_in("ana").await;
    world.user("jon").await; // without a password yet
    let mut answers = Vec::new();
    for username in ["ana", "jon", "nobody", "", "No Name At All"] {
        let body = json!({"username": username, "password": "wrong horse battery"});
        let refused = world.post("/api/v1/session", body).answer().await.problem(401, "invalid-credentials");
        assert_eq!(refused.header("www-authenticate"), "Bearer realm=\"zb\"");
        answers.push((refused.text, refused.headers.len()));
    }
    assert!(answers.windows(2).all(|two| two[0] == two[1]), "{answers:?}");
}

#[tokio::test]
async fn a_session_ends_after_7_idle_days() {
    let world = World::empty();
    let cookie = world.sign_in("ana").await;
    for _ in 0..3 {
        world.wait(HOUR * (7 * 24 - 1));
        world.get("/api/v1/user").cookie(&cookie).answer().await.is(200);
    }
    world.wait(HOUR * (7 * 24));
    world.get("/api/v1/user").cookie(&cookie).answer().await.problem(401, "unauthenticated");
}

#[tokio::test]
async fn a_session_ends_after_30_days_however_it_is_used() {
    let world = World::empty();
    let cookie = world.sign_in("ana").await;
    for _ in 0..(30 * 24 - 1) / 100 {
        world.wait(HOUR * 100);
        world.get("/api/v1/user").cookie(&cookie).answer().await.is(200);
    }
    world.wait(HOUR * 19);
    world.get("/api/v1/user").cookie(&cookie).answer().await.is(200);
    world.wait(HOUR);
    world.get("/api/v1/user").cookie(&cookie).answer().await.problem(401, "unauthenticated");
}

#[tokio::test]
async fn signing_out_ends_this_session_and_no_other() {
    let world = World::empty();
    let one = world.sign_in("ana").await;
    let other = world
        .post("/api/v1/session", json!({"username": "ana", "password": PASSWORD}))
        .answer()
        .await
        .cookie();
    let out = world.call(Method::DELETE, "/api/v1/session").cookie(&one).answer().await.is(204);
    assert_eq!(out.header("set-cookie"), "zb_session=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0");
    assert_eq!(out.text, "");
    world.get("/api/v1/user").cookie(&one).answer().await.problem(401, "unauthenticated");
    world.get("/api/v1/user").cookie(&other).answer().await.is(200);
}

#[tokio::test]
async fn a_session_acts_in_one_organization_at_a_time() {
    let world = World::empty();
    let (studio, other) = (world.organization("studio").await, world.organization("other").await);
    let cookie = world.session(&studio, "jon", Role::Viewer).await;
    let switch = |to: &str| {
        world
            .call(Method::PATCH, "/api/v1/session")
            .cookie(&cookie)
            .json(json!({"organizationId": to}))
            .answer()
    };
    let user = world.get("/api/v1/user").cookie(&cookie).answer().await.json();
    assert_eq!((&user["organizationId"], &user["scope"]), (&json!(studio), &json!("read")));
    for wrong in [other.as_str(), "org_none", "nonsense"] {
        switch(wrong).await.problem(404, "not-found");
    }
    world.member(&other, "jon", Role::Member).await;
    let user = switch(other.as_str()).await.is(200).json();
    assert_eq!(
        (&user["organizationId"], &user["role"], &user["scope"]),
        (&json!(other), &json!("member"), &json!("manage"))
    );
    let _ = world.service.store.remove_member(&other, "jon").await.unwrap();
    world.get("/api/v1/user").cookie(&cookie).answer().await.problem(401, "unauthenticated");
}

#[tokio::test]
async fn whoever_is_in_no_organization_may_only_wait_and_sign_out() {
    let world = World::empty();
    let cookie = world.sign_in("jon").await;
    world.get("/api/v1/user").cookie(&cookie).answer().await.is(200);
    for path in ["organizations", "tokens", "audit", "users"] {
        world.get(&format!("/api/v1/{path}")).cookie(&cookie).answer().await.problem(403, "forbidden");
    }
    let studio = world.organization("studio").await;
    world.member(&studio, "jon", Role::Viewer).await;
    world.get("/api/v1/organizations").cookie(&cookie).answer().await.is(200);
    world.call(Method::DELETE, "/api/v1/session").cookie(&cookie).answer().await.is(204);
}

#[tokio::test]
async fn a_new_password_ends_the_other_sessions() {
    let world = World::empty();
    let (one, change) = (world.sign_in("ana").await, "/api/v1/user");
    let sign_in = |password: &str| {
        world.post("/api/v1/session", json!({"username": "ana", "password": password})).answer()
    };
    let other = sign_in(PASSWORD).await.cookie();
    let wrong = json!({"currentPassword": "wrong horse battery", "newPassword": "another horse battery"});
    let refused =
        world.call(Method::PATCH, change).cookie(&one).json(wrong).answer().await.problem(422, "invalid");
    assert_eq!(refused.fields(), ["/currentPassword"]);
    let half = json!({"newPassword": "another horse battery"});
    let refused =
        world.call(Method::PATCH, change).cookie(&one).json(half).answer().await.problem(422, "invalid");
    assert_eq!(refused.fields(), ["/currentPassword"]);
    world.get(change).cookie(&other).answer().await.is(200);

    let right =
        json!({"currentPassword": PASSWORD, "newPassword": "another horse battery", "name": "Ana Ruiz"});
    let user = world.call(Method::PATCH, change).cookie(&one).json(right).answer().await.is(200).json();
    assert_eq!(user["name"], "Ana Ruiz");
    world.get(change).cookie(&one).answer().await.is(200);
    world.get(change).cookie(&other).answer().await.problem(401, "unauthenticated");
    sign_in(PASSWORD).await.problem(401, "invalid-credentials");
    sign_in("another horse battery").await.is(200);
    let nameless = world.call(Method::PATCH, change).cookie(&one).json(json!({"name": null})).answer().await;
    assert_eq!(nameless.is(200).json()["name"], json!(null));
}
