//! Tokens: shown once, never stronger than their user, gone with the membership.

use hook_core::OrganizationId;
use http::Method;
use jiff::SignedDuration;
use serde_json::json;
use zb_server::{Role, Scope};

use crate::world::World;

#[tokio::test]
async fn a_token_is_shown_once_and_works_until_it_is_revoked() {
    let world = World::empty();
    let cookie = world.operator().await;
    let body = json!({"name": "grafana", "scope": "read", "expiresAt": null});
    let made = world.post("/api/v1/tokens", body).cookie(&cookie).answer().await.is(201).json();
    let (token, id) = (made["token"].as_str().unwrap(), made["tokenId"].as_str().unwrap());
    assert!(token.len() == 43 && token.starts_with("zb_"), "{token}");
    assert!(token[3..].bytes().all(|byte| byte.is_ascii_alphanumeric()));
    assert_eq!(made["prefix"], token[..7]);
    let listed = world.get("/api/v1/tokens").cookie(&cookie).answer().await.json()["items"][0].clone();
    let mut without = made.clone();
    without.as_object_mut().unwrap().remove("token");
    assert_eq!(listed.to_string(), without.to_string());

    world.wait(SignedDuration::from_secs(90));
    world.get("/api/v1/user").token(token).answer().await.is(200);
    let listed = world.get("/api/v1/tokens").cookie(&cookie).answer().await.json();
    assert_eq!(listed["items"][0]["lastUsedAt"], "2026-11-24T01:01:30Z");
    world.call(Method::DELETE, &format!("/api/v1/tokens/{id}")).cookie(&cookie).answer().await.is(204);
    world.get("/api/v1/user").token(token).answer().await.problem(401, "unauthenticated");
    world
        .call(Method::DELETE, &format!("/api/v1/tokens/{id}"))
        .cookie(&cookie)
        .answer()
        .await
        .problem(404, "not-found");
}

#[tokio::test]
async fn a_token_ends_at_its_time() {
    let world = World::empty();
    let cookie = world.operator().await;
    let body = json!({"name": "short", "scope": "run", "expiresAt": "2026-11-24T02:00:00Z"});
    let made = world.post("/api/v1/tokens", body).cookie(&cookie).answer().await.is(201).json();
    let token = made["token"].as_str().unwrap();
    world.wait(SignedDuration::from_secs(3599));
    world.get("/api/v1/user").token(token).answer().await.is(200);
    world.wait(SignedDuration::from_secs(1));
    world.get("/api/v1/user").token(token).answer().await.problem(401, "unauthenticated");
}

#[tokio::test]
async fn a_tokens_power_is_the_lesser_of_its_scope_and_the_present_role() {
    let world = World::empty();
    let studio = world.organization("studio").await;
    let user = world.member(&studio, "jon", Role::Owner).await;
    let mut tokens = Vec::new();
    for scope in Scope::ALL {
        let minted = world.accounts().add_token(&user, &studio, scope.as_str(), scope, None).await.unwrap();
        tokens.push((scope, minted.secret.expose().to_owned()));
    }
    for role in [Role::Owner, Role::Member, Role::Viewer] {
        world.member(&studio, "jon", role).await;
        for (scope, token) in &tokens {
            let user = world.get("/api/v1/user").token(token).answer().await.is(200).json();
            assert_eq!(user["scope"], json!(scope.min(&role.scope())), "{role:?} {scope:?}");
        }
    }
    // Nor does a membership that comes back bring them back.
    let _ = world.service.store.remove_member(&studio, "jon").await.unwrap();
    world.member(&studio, "jon", Role::Owner).await;
    for (_, token) in &tokens {
        world.get("/api/v1/user").token(token).answer().await.problem(401, "unauthenticated");
    }
}

#[tokio::test]
async fn nobody_makes_a_token_above_their_role_or_sees_anothers() {
    let world = World::empty();
    let home = OrganizationId::default();
    let owner = world.operator().await;
    let viewer = world.session(&home, "vic", Role::Viewer).await;
    let member = world.session(&home, "mel", Role::Member).await;
    let make = |cookie: &str, scope: &str| {
        world.post("/api/v1/tokens", json!({"name": "x", "scope": scope})).cookie(cookie).answer()
    };
    make(&viewer, "run").await.problem(403, "forbidden");
    make(&viewer, "manage").await.problem(403, "forbidden");
    let of_viewer = make(&viewer, "read").await.is(201).json();
    let of_member = make(&member, "manage").await.is(201).json();
    let of_owner = make(&owner, "manage").await.is(201).json();
    for (cookie, sees) in [(&viewer, 1), (&member, 1), (&owner, 3)] {
        let listed = world.get("/api/v1/tokens").cookie(cookie).answer().await.is(200).json();
        assert_eq!(listed["items"].as_array().unwrap().len(), sees);
    }
    let revoke = |cookie: &str, token: &serde_json::Value| {
        let path = format!("/api/v1/tokens/{}", token["tokenId"].as_str().unwrap());
        world.call(Method::DELETE, &path).cookie(cookie).answer()
    };
    revoke(&member, &of_owner).await.problem(404, "not-found");
    revoke(&viewer, &of_member).await.problem(404, "not-found");
    revoke(&viewer, &of_viewer).await.is(204);
    revoke(&owner, &of_member).await.is(204);
}
