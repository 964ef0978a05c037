//! Limits on guessing: passwords, tokens and links (`api.md` §8).

use http::Method;
use jiff::SignedDuration;
use serde_json::json;
use zb_server::ServerSettings;

use crate::world::{Answer, PASSWORD, World};

async fn sign_in(world: &World, peer: &str, username: &str, password: &str) -> Answer {
    world
        .post("/api/v1/session", json!({"username": username, "password": password}))
        .from(peer)
        .answer()
        .await
}

const WRONG: &str = "wrong horse battery";

#[tokio::test]
async fn five_failures_of_a_name_from_an_address_then_none_for_a_while() {
    let world = World::empty();
    world.sign_in("ana").await;
    for _ in 0..5 {
        sign_in(&world, "10.0.0.7", "ana", WRONG).await.problem(401, "invalid-credentials");
        world.wait(SignedDuration::from_secs(10));
    }
    let refused = sign_in(&world, "10.0.0.7", "ana", PASSWORD).await.problem(429, "rate-limited");
    assert_eq!(refused.header("retry-after"), "850", "15 minutes after the first");
    sign_in(&world, "10.0.0.8", "ana", PASSWORD).await.is(200);
    sign_in(&world, "10.0.0.7", "jon", WRONG).await.problem(401, "invalid-credentials");
    world.wait(SignedDuration::from_secs(849));
    sign_in(&world, "10.0.0.7", "ana", PASSWORD).await.problem(429, "rate-limited");
    world.wait(SignedDuration::from_secs(1));
    sign_in(&world, "10.0.0.7", "ana", PASSWORD).await.is(200);
    sign_in(&world, "10.0.0.7", "ana", PASSWORD).await.is(200);
}

#[tokio::test]
async fn twenty_failures_from_an_address_shut_it_out_of_every_guess() {
    let mut world = World::empty();
    let token = world.owner().await;
    let cookie = world.sign_in("ana").await;
    world.service.settings =
        ServerSettings { trusted_proxies: vec!["10.0.0.1".to_owned()], ..ServerSettings::default() }.into();
    // Five of each kind.
    for number in 0..5 {
        sign_in(&world, "10.0.0.7", &format!("user{number}"), WRONG)
            .await
            .problem(401, "invalid-credentials");
        let guess = format!("zb_{number}{}", "a".repeat(39));
        let call = world.get("/api/v1/user").token(guess).from("10.0.0.7");
        call.answer().await.problem(401, "unauthenticated");
        let link = json!({"token": "x", "password": PASSWORD});
        world.post("/api/v1/set-up", link).from("10.0.0.7").answer().await.problem(404, "not-found");
        let change = json!({"currentPassword": WRONG, "newPassword": "another horse battery"});
        let call = world.call(Method::PATCH, "/api/v1/user").cookie(&cookie).json(change);
        // By a proxy, for the same address.
        let call = call.from("10.0.0.1").header("x-forwarded-for", "10.0.0.7");
        call.answer().await.problem(422, "invalid");
    }
    sign_in(&world, "10.0.0.7", "ana", PASSWORD).await.problem(429, "rate-limited");
    let set_up = world.post("/api/v1/set-up", json!({"token": "x"})).from("10.0.0.7").answer().await;
    set_up.problem(429, "rate-limited");
    let refused =
        world.get("/api/v1/user").token(&token).from("10.0.0.7").answer().await.problem(429, "rate-limited");
    assert_eq!(refused.header("retry-after"), "900");
    // Before the body is looked at.
    let call = world.call(Method::POST, "/api/v1/session").text("{").from("10.0.0.7");
    call.answer().await.problem(429, "rate-limited");
    // And before anything else is.
    let call =
        world.post("/api/v1/session", json!({})).header("sec-fetch-site", "cross-site").from("10.0.0.7");
    call.answer().await.problem(429, "rate-limited");
    // A session is no guess, and another address is another client.
    world.get("/api/v1/user").cookie(&cookie).from("10.0.0.7").answer().await.is(200);
    world.get("/api/v1/user").token(&token).from("10.0.0.9").answer().await.is(200);
    // Nobody is believed who says that he speaks for another.
    let claim =
        world.get("/api/v1/user").token(&token).from("10.0.0.7").header("x-forwarded-for", "10.0.0.9");
    claim.answer().await.problem(429, "rate-limited");
    world.wait(SignedDuration::from_mins(15));
    world.get("/api/v1/user").token(&token).from("10.0.0.7").answer().await.is(200);
}

#[tokio::test]
async fn many_guesses_at_once_are_many() {
    let world = World::empty();
    world.sign_in("ana").await;
    let tries = (0..12).map(|_| sign_in(&world, "10.0.0.7", "ana", WRONG));
    let answers = join_all(tries).await;
    let refused = answers.iter().filter(|answer| answer.status == 429).count();
    assert_eq!(refused, 7, "{answers:?}");
}

/// All at once, on one thread.
async fn join_all<F: Future>(futures: impl IntoIterator<Item = F>) -> Vec<F::Output> {
    let mut futures: Vec<_> = futures.into_iter().map(Box::pin).collect();
    let mut done = Vec::new();
    std::future::poll_fn(|context| {
        futures.retain_mut(|future| match future.as_mut().poll(context) {
            std::task::Poll::Ready(output) => {
                done.push(output);
                false
            }
            std::task::Poll::Pending => true,
        });
        if futures.is_empty() { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
    })
    .await;
    done
}
