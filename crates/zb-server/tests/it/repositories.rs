//! Repositories over HTTP: known by their address, changed for all of their jobs, looked at.

use http::Method;
use serde_json::{Value, json};

use crate::fake_jobs::{job, world};

const ALL: &str = "/api/v1/repositories";

#[tokio::test]
async fn a_repository_is_made_changed_and_deleted() {
    let (world, _) = world();
    let token = world.owner().await;
    let answer = world.post(ALL, json!({"url": "/r", "password": "pw"})).token(&token).answer().await.is(201);
    let made = answer.json();
    let id = made["repositoryId"].as_str().unwrap().to_owned();
    let one = format!("{ALL}/{id}");
    assert_eq!((answer.header("location"), answer.header("etag")), (one.as_str(), "\"1\""));
    assert_eq!(made["password"], "••••••••");
    assert_eq!(made["state"], json!({"revision": 1, "jobs": [], "lastCheck": null}));
    assert_eq!(world.get(&one).token(&token).answer().await.is(200).json(), made);
    let refuse = |body: Value| world.post(ALL, body).token(&token).answer();
    assert_eq!(
        refuse(json!({"url": "/r", "password": "x"})).await.problem(422, "invalid").fields(),
        ["/url"]
    );
    assert_eq!(
        refuse(json!({"url": "/s", "repositoryId": "repo_x"})).await.problem(422, "invalid").fields(),
        ["/repositoryId"]
    );
    assert_eq!(refuse(json!({"url": "", "password": "x"})).await.problem(422, "invalid").fields(), ["/url"]);
    let put = |tag: &str, body: Value| {
        world.call(Method::PUT, &one).token(&token).header("if-match", tag).json(body).answer()
    };
    world
        .call(Method::PUT, &one)
        .token(&token)
        .json(made.clone())
        .answer()
        .await
        .problem(428, "precondition-required");
    put("\"9\"", made.clone()).await.problem(412, "changed");
    let mut moved = made.clone();
    moved["url"] = json!("/moved");
    assert_eq!(put("\"1\"", moved).await.is(200).header("etag"), "\"2\"");
    let delete = |tag: &str| world.call(Method::DELETE, &one).token(&token).header("if-match", tag).answer();
    delete("\"1\"").await.problem(412, "changed");
    delete("\"2\"").await.is(204);
    world.get(&one).token(&token).answer().await.problem(404, "not-found");
}

#[tokio::test]
async fn jobs_share_the_repository_of_an_address() {
    let (world, _) = world();
    let token = world.owner().await;
    let add = |body: Value| world.post("/api/v1/jobs", body).token(&token).answer();
    let one = add(job("a")).await.is(201).json();
    let id = one["repository"]["repositoryId"].clone();
    assert_eq!(add(job("b")).await.is(201).json()["repository"]["repositoryId"], id);
    let mut by_id = job("c");
    by_id["repository"] = json!({"repositoryId": id});
    let third = add(by_id).await.is(201).json();
    assert_eq!(
        (&third["repository"]["repositoryId"], &third["repository"]["url"]),
        (&id, &json!("/backups/repo"))
    );
    let mut elsewhere = job("d");
    elsewhere["repository"]["url"] = json!("/other");
    assert_ne!(add(elsewhere).await.is(201).json()["repository"]["repositoryId"], id);

    let path = format!("{ALL}/{}", id.as_str().unwrap());
    let shown = world.get(&path).token(&token).answer().await.is(200).json();
    assert_eq!(shown["state"]["jobs"], json!(["sched_a", "sched_b", "sched_c"]));
    let refused =
        world.call(Method::DELETE, &path).token(&token).answer().await.problem(409, "in-use").json();
    assert_eq!(refused["jobs"], shown["state"]["jobs"]);

    let mut moved = shown.clone();
    moved["url"] = json!("/other");
    let put = |body: Value| {
        world.call(Method::PUT, &path).token(&token).header("if-match", "*").json(body).answer()
    };
    assert_eq!(put(moved.clone()).await.problem(422, "invalid").fields(), ["/url"]);
    moved["url"] = json!("/new");
    put(moved).await.is(200);
    for name in ["a", "b", "c"] {
        let job =
            world.get(&format!("/api/v1/jobs/sched_{name}")).token(&token).answer().await.is(200).json();
        assert_eq!((&job["repository"]["url"], &job["repository"]["repositoryId"]), (&json!("/new"), &id));
        assert_eq!(job["state"]["revision"], 2, "whoever edits the job hears of it");
    }
    assert_eq!(
        world.get(ALL).token(&token).answer().await.is(200).json()["items"].as_array().unwrap().len(),
        2
    );
}

#[tokio::test]
async fn a_repository_is_looked_at_and_made() {
    let (world, fakes) = world();
    let token = world.owner().await;
    let made =
        world.post(ALL, json!({"url": "/r", "password": "pw"})).token(&token).answer().await.is(201).json();
    let path = format!("{ALL}/{}", made["repositoryId"].as_str().unwrap());
    let post = |what: &str| world.call(Method::POST, &format!("{path}/{what}")).token(&token).answer();
    *fakes.problem.lock().unwrap() = Some("no-repository");
    let looked = post("check").await.is(200).json();
    assert_eq!(looked, json!({"ok": false, "problem": "no-repository", "detail": "words", "exitCode": 0}));
    let state = || async {
        world.get(&path).token(&token).answer().await.is(200).json()["state"]["lastCheck"].clone()
    };
    assert_eq!(
        state().await,
        json!({"time": "2026-11-24T01:00:00Z", "ok": false, "problem": "no-repository"})
    );
    *fakes.problem.lock().unwrap() = None;
    assert_eq!(post("init").await.is(201).json()["ok"], true);
    assert_eq!(state().await["ok"], true);
    *fakes.problem.lock().unwrap() = Some("exists");
    post("init").await.problem(409, "exists");
    assert_eq!(fakes.asked(), ["look \"/r\" false", "look \"/r\" true", "look \"/r\" true"]);
    *fakes.problem.lock().unwrap() = None;
    for _ in 0..7 {
        post("check").await.is(200);
    }
    post("check").await.problem(429, "rate-limited");
}
