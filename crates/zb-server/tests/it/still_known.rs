//! What lives longer than a request, such as a stream, asks whether its caller is still known.

use axum::extract::FromRequestParts;
use hook_core::OrganizationId;
use http::{Method, Request};
use jiff::SignedDuration;
use serde_json::json;
use zb_server::{Caller, Role, Scope};

use crate::world::World;

async fn caller(world: &World, header: &str, value: &str) -> Caller {
    let (mut parts, ()) = Request::builder().header(header, value).body(()).unwrap().into_parts();
    Caller::from_request_parts(&mut parts, &world.service).await.unwrap()
}

async fn by_cookie(world: &World, cookie: &str) -> Caller {
    caller(world, "cookie", &format!("zb_session={cookie}")).await
}

#[tokio::test]
async fn a_session_that_ended_or_acts_elsewhere_is_not_known_any_more() {
    let world = World::empty();
    let (one, two) = (world.organization("one").await, world.organization("two").await);
    let cookie = world.session(&one, "jon", Role::Viewer).await;
    world.member(&two, "jon", Role::Viewer).await;
    let streaming = by_cookie(&world, &cookie).await;
    assert!(streaming.is_still_known(&world.service).await);
    let switch = |to: &OrganizationId| {
        let body = json!({"organizationId": to});
        world.call(Method::PATCH, "/api/v1/session").cookie(&cookie).json(body).answer()
    };
    switch(&two).await.is(200);
    assert!(!streaming.is_still_known(&world.service).await);
    switch(&one).await.is(200);
    assert!(streaming.is_still_known(&world.service).await);
    let _ = world.service.store.remove_member(&one, "jon").await.unwrap();
    assert!(!streaming.is_still_known(&world.service).await);
}

#[tokio::test]
async fn a_caller_has_the_power_of_the_moment() {
    let world = World::empty();
    let studio = world.organization("studio").await;
    let token = world.token(&studio, Role::Owner, Scope::Manage).await;
    let username = format!("{}.owner", studio.suffix());
    for (role, power) in
        [(Role::Owner, Scope::Manage), (Role::Viewer, Scope::Read), (Role::Member, Scope::Manage)]
    {
        world.member(&studio, &username, role).await;
        let caller = caller(&world, "authorization", &format!("Bearer {token}")).await;
        assert_eq!((caller.role, caller.scope), (role, power));
        assert_eq!(caller.needs(Scope::Run).is_ok(), power > Scope::Read);
        assert!(caller.needs_owner().is_err() && caller.needs_operator().is_err(), "by a token");
    }
}

#[tokio::test]
async fn asking_is_no_use_of_a_session() {
    let world = World::empty();
    let cookie = world.operator().await;
    let streaming = by_cookie(&world, &cookie).await;
    for _ in 0..7 {
        assert!(streaming.is_still_known(&world.service).await);
        world.wait(SignedDuration::from_hours(24));
    }
    assert!(!streaming.is_still_known(&world.service).await);
}

#[tokio::test]
async fn a_revoked_token_is_not_known_any_more() {
    let world = World::empty();
    let home = OrganizationId::default();
    let cookie = world.operator().await;
    let token = world.token(&home, Role::Member, Scope::Read).await;
    let streaming = caller(&world, "authorization", &format!("Bearer {token}")).await;
    assert!(streaming.is_still_known(&world.service).await);
    let listed = world.get("/api/v1/tokens").cookie(&cookie).answer().await.is(200).json();
    let id = listed["items"][0]["tokenId"].as_str().unwrap();
    world.call(Method::DELETE, &format!("/api/v1/tokens/{id}")).cookie(&cookie).answer().await.is(204);
    assert!(!streaming.is_still_known(&world.service).await);
}
