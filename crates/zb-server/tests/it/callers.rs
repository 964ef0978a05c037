//! Who calls: found by token or cookie, or told to show who they are.

use hook_core::OrganizationId;
use serde_json::json;
use zb_server::{Role, Scope};

use crate::world::World;

#[tokio::test]
async fn a_token_says_who_calls_and_what_they_may() {
    let world = World::empty();
    world.get("/api/v1/user").answer().await.problem(503, "set-up-required");
    let studio = world.organization("studio").await;
    let token = world.token(&studio, Role::Member, Scope::Run).await;
    let user = world.get("/api/v1/user").token(&token).answer().await.is(200).json();
    assert_eq!(user["organizationId"], json!(studio));
    assert_eq!(
        (&user["role"], &user["scope"], &user["operator"]),
        (&json!("member"), &json!("run"), &json!(false))
    );
    let expected = json!([{"organizationId": studio, "name": "studio", "role": "member"}]);
    assert_eq!(user["organizations"], expected);
    let owner = world.owner().await;
    let user = world.get("/api/v1/user").token(&owner).answer().await.is(200).json();
    assert_eq!(
        (&user["organizationId"], &user["operator"]),
        (&json!(OrganizationId::default()), &json!(true))
    );
}

#[tokio::test]
async fn nobody_gets_further_without_a_credential() {
    let world = World::empty();
    let token = world.owner().await;
    let refused = world.get("/api/v1/user").answer().await.problem(401, "unauthenticated");
    assert_eq!(refused.header("www-authenticate"), "Bearer realm=\"zb\"");
    for header in [
        "Basic YTpi".to_owned(),
        "Bearer".to_owned(),
        "Bearer zb_short".to_owned(),
        format!("Bearer zb_{}", "a".repeat(40)),
        format!("Bearer {}x", token),
        token.clone(),
    ] {
        world
            .get("/api/v1/user")
            .header("authorization", header)
            .answer()
            .await
            .problem(401, "unauthenticated");
    }
    world
        .get(&format!("/api/v1/user?token={token}"))
        .cookie(&token)
        .answer()
        .await
        .problem(401, "unauthenticated");
    world.get("/api/v1/user").header("authorization", format!("bearer {token}")).answer().await.is(200);
}

#[tokio::test]
async fn where_a_token_is_sent_it_alone_decides() {
    let world = World::empty();
    let cookie = world.operator().await;
    let studio = world.organization("studio").await;
    let token = world.token(&studio, Role::Viewer, Scope::Read).await;
    let both = world.get("/api/v1/user").cookie(&cookie).token(&token).answer().await.is(200).json();
    assert_eq!(both["organizationId"], json!(studio));
    world.get("/api/v1/users").cookie(&cookie).answer().await.is(200);
    world.get("/api/v1/users").cookie(&cookie).token(&token).answer().await.problem(403, "forbidden");
    let wrong = format!("zb_{}", "a".repeat(40));
    world.get("/api/v1/user").cookie(&cookie).token(wrong).answer().await.problem(401, "unauthenticated");
    let basic = world.get("/api/v1/user").cookie(&cookie).header("authorization", "Basic YTpi");
    basic.answer().await.problem(401, "unauthenticated");
}
