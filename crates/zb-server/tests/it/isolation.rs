//! Two organizations: nothing of the one is there for the other, to the byte.

use hook_core::OrganizationId;
use http::Method;
use serde_json::json;
use zb_server::{Role, Scope};

use crate::world::World;

#[tokio::test]
async fn anothers_id_is_like_one_that_does_not_exist() {
    let world = World::empty();
    world.operator().await;
    let (one, other) = (world.organization("one").await, world.organization("other").await);
    let cookie = world.session(&one, "jon", Role::Owner).await;
    let bearer = world.token(&one, Role::Owner, Scope::Manage).await;
    let theirs = world.session(&other, "eve", Role::Owner).await;
    let made = world.post("/api/v1/tokens", json!({"name": "x", "scope": "read"})).cookie(&theirs);
    let token = made.answer().await.is(201).json()["tokenId"].as_str().unwrap().to_owned();

    let none = |path: &str| path.replace(other.as_str(), "org_none").replace(&token, "token_none");
    for (method, path, body) in [
        (Method::GET, format!("organizations/{other}/members"), None),
        (Method::PATCH, format!("organizations/{other}"), Some(json!({"name": "mine"}))),
        (Method::DELETE, format!("organizations/{other}"), None),
        (Method::PUT, format!("organizations/{other}/members/jon"), Some(json!({"role": "owner"}))),
        (Method::DELETE, format!("organizations/{other}/members/eve"), None),
        (Method::DELETE, format!("tokens/{token}"), None),
    ] {
        let call = |path: &str| {
            let call = world.call(method.clone(), &format!("/api/v1/{path}")).cookie(&cookie);
            match &body {
                Some(body) => call.json(body.clone()).answer(),
                None => call.answer(),
            }
        };
        let found = call(&path).await.problem(404, "not-found");
        let absent = call(&none(&path)).await.problem(404, "not-found");
        assert_eq!((found.text, found.headers), (absent.text, absent.headers), "{method} {path}");
    }
    let by_token =
        |id: &str| world.get(&format!("/api/v1/organizations/{id}/members")).token(&bearer).answer();
    assert_eq!(
        by_token(other.as_str()).await.problem(404, "not-found").text,
        by_token("org_none").await.text
    );

    for (call, count) in [
        (world.get("/api/v1/organizations").cookie(&cookie), 1),
        (world.get("/api/v1/organizations").token(&bearer), 1),
        (world.get("/api/v1/tokens").cookie(&cookie), 1),
    ] {
        let listed = call.answer().await.is(200);
        assert_eq!(listed.json()["items"].as_array().unwrap().len(), count, "{listed:?}");
        assert!(!listed.text.contains(other.as_str()), "{listed:?}");
    }
    let audit = world.get("/api/v1/audit").cookie(&cookie).answer().await.is(200);
    assert!(!audit.text.contains("eve") && !audit.text.contains(&token), "{audit:?}");
}

#[tokio::test]
async fn a_session_reaches_each_organization_of_its_user_and_a_token_its_own() {
    let world = World::empty();
    world.operator().await;
    let (one, two) = (world.organization("one").await, world.organization("two").await);
    let cookie = world.session(&one, "jon", Role::Owner).await;
    let user = world.member(&two, "jon", Role::Viewer).await;
    let minted = world.accounts().add_token(&user, &two, "x", Scope::Manage, None).await.unwrap();
    let listed = world.get("/api/v1/organizations").cookie(&cookie).answer().await.is(200).json();
    assert_eq!(listed["items"].as_array().unwrap().len(), 2);
    let listed =
        world.get("/api/v1/organizations").token(minted.secret.expose()).answer().await.is(200).json();
    assert_eq!(listed["items"][0]["organizationId"], json!(two));
    assert_eq!(listed["items"].as_array().unwrap().len(), 1);
    let put = |id: &OrganizationId| {
        let path = format!("/api/v1/organizations/{id}/members/ana");
        world.call(Method::PUT, &path).cookie(&cookie).json(json!({"role": "viewer"})).answer()
    };
    put(&one).await.is(201);
    put(&one).await.is(200);
    put(&two).await.problem(403, "forbidden");
}
