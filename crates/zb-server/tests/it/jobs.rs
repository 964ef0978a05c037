//! Jobs over HTTP: made, changed by one person at a time, listed, exported, deleted, and run once for each key.

use hook_core::{JobId, OrganizationId};
use http::Method;
use jiff::SignedDuration;
use serde_json::{Value, json};
use zb_server::{Role, RunRefused, Scope};

use crate::{
    fake_jobs::{job, world},
    world::World,
};

const JOBS: &str = "/api/v1/jobs";

async fn made(world: &World, token: &str, name: &str) -> Value {
    world.post(JOBS, job(name)).token(token).answer().await.is(201).json()
}

#[tokio::test]
async fn a_job_is_made_changed_listed_and_deleted() {
    let (world, _) = world();
    let token = world.owner().await;
    let answer = world.post(JOBS, job("a")).token(&token).answer().await.is(201);
    assert_eq!((answer.header("location"), answer.header("etag")), ("/api/v1/jobs/sched_a", "\"1\""));
    let made = answer.json();
    assert_eq!(made["repository"]["password"], "••••••••");
    assert!(made["repository"]["repositoryId"].as_str().unwrap().starts_with("repo_"), "{made}");
    let state = &made["state"];
    assert_eq!(
        (&state["revision"], &state["managedBy"], &state["lastRun"]),
        (&json!(1), &json!("api"), &Value::Null)
    );
    assert_eq!(state["nextRunAt"], "2027-01-15T08:00:00Z");

    let one = format!("{JOBS}/sched_a");
    let shown = world.get(&one).token(&token).answer().await.is(200);
    assert_eq!((shown.json(), shown.header("etag")), (made.clone(), "\"1\""));

    let mut changed = made.clone();
    changed["name"] = json!("b");
    let put = |tag: Option<&str>, body: &Value| {
        let call = world.call(Method::PUT, &one).token(&token).json(body.clone());
        tag.map_or_else(
            || world.call(Method::PUT, &one).token(&token).json(body.clone()),
            |tag| call.header("if-match", tag),
        )
        .answer()
    };
    put(None, &changed).await.problem(428, "precondition-required");
    let answer = put(Some("\"2\""), &changed).await.problem(412, "changed");
    assert_eq!(answer.header("etag"), "\"1\"");
    let answer = put(Some("\"1\""), &changed).await.is(200);
    assert_eq!((answer.json()["name"].as_str().unwrap(), answer.header("etag")), ("b", "\"2\""));
    put(Some("\"1\""), &changed).await.problem(412, "changed");
    put(Some("*"), &changed).await.is(200);
    let stored =
        world.service.store.job(&OrganizationId::default(), &"sched_a".parse().unwrap()).await.unwrap();
    assert!(stored.unwrap().definition.expose().contains("\"pw\""), "the mask kept the password");

    let delete = |tag: &str| world.call(Method::DELETE, &one).token(&token).header("if-match", tag).answer();
    delete("\"1\"").await.problem(412, "changed");
    delete("\"3\"").await.is(204);
    world.get(&one).token(&token).answer().await.problem(404, "not-found");
    world.call(Method::DELETE, &one).token(&token).answer().await.problem(404, "not-found");
    let answer = world.post(JOBS, job("a")).token(&token).answer().await.is(201);
    assert_eq!(answer.header("etag"), "\"4\"", "no revision is given twice");
}

/// All faults at once, of the query and of the body.
#[tokio::test]
async fn a_wrong_query_hides_no_wrong_field() {
    let (world, _) = world();
    let token = world.owner().await;
    made(&world, &token, "a").await;
    let mut wrong = job("a");
    wrong["name"] = json!("");
    let make = world.post(&format!("{JOBS}?x=1"), wrong.clone()).token(&token);
    let put = world.call(Method::PUT, &format!("{JOBS}/sched_a?x=1")).token(&token).header("if-match", "*");
    for call in [make, put.json(wrong)] {
        assert_eq!(call.answer().await.problem(422, "invalid").fields(), ["?x", "/name"]);
    }
}

#[tokio::test]
async fn toml_is_a_form_of_a_job_too() {
    let (world, _) = world();
    let token = world.owner().await;
    let toml = |text: &str| {
        world
            .call(Method::POST, JOBS)
            .token(&token)
            .header("content-type", "application/toml")
            .text(text)
            .answer()
    };
    toml("name = a").await.is(201);
    toml("nothing").await.problem(400, "malformed");
    let put = |text: &str| {
        let call = world.call(Method::PUT, &format!("{JOBS}/sched_a")).token(&token);
        call.header("content-type", "application/toml").text(text).answer()
    };
    put("nothing").await.problem(400, "malformed");
    put("name = a").await.problem(428, "precondition-required");
    let export =
        |accept: &str| world.get(&format!("{JOBS}/sched_a")).token(&token).header("accept", accept).answer();
    let file = export("application/toml").await.is(200);
    assert_eq!((file.header("content-type"), file.text.as_str()), ("application/toml", "name = \"a\"\n"));
    assert_eq!(
        (file.header("content-disposition"), file.header("etag")),
        ("attachment; filename=\"a.toml\"", "\"1\"")
    );
    assert_eq!(export("*/*").await.is(200).header("content-type"), "application/json");
    export("text/html").await.problem(406, "not-acceptable");
    world
        .call(Method::POST, JOBS)
        .token(&token)
        .header("content-type", "text/plain")
        .text("x")
        .answer()
        .await
        .problem(415, "unsupported-media-type");
}

#[tokio::test]
async fn a_wrong_field_is_named_and_nothing_is_kept() {
    let (world, _) = world();
    let token = world.owner().await;
    made(&world, &token, "a").await;
    let with = |change: &dyn Fn(&mut Value)| {
        let mut body = job("b");
        change(&mut body);
        body
    };
    let table: Vec<(Value, &[&str])> = vec![
        (with(&|job| job["name"] = json!("")), &["/name"]),
        (with(&|job| job["name"] = json!("a")), &["/name"]),
        (with(&|job| job["scheduleId"] = json!("sched_a")), &["/scheduleId"]),
        (with(&|job| job["organizationId"] = json!("org_other")), &["/organizationId"]),
        (
            with(&|job| job["repository"] = json!({"repositoryId": "repo_none"})),
            &["/repository/repositoryId"],
        ),
        (
            with(&|job| (job["name"], job["repository"]["url"]) = (json!(""), json!(""))),
            &["/name", "/repository/url"],
        ),
    ];
    for (body, fields) in table {
        let refused = world.post(JOBS, body.clone()).token(&token).answer().await.problem(422, "invalid");
        assert_eq!(refused.fields(), fields, "{body}");
    }
    let listed = world.get(JOBS).token(&token).answer().await.is(200).json();
    assert_eq!(listed["items"].as_array().unwrap().len(), 1);
    let path = format!("{JOBS}?enabled=1&runnning=true&limit=0&cursor=x");
    let refused = world.get(&path).token(&token).answer().await.problem(422, "invalid");
    assert_eq!(refused.fields(), ["?enabled", "?runnning", "?limit", "?cursor"]);
    // An id that is derived and taken by a job of another name by now is no fault of the document.
    let mut renamed = job("c");
    renamed["scheduleId"] = json!("sched_d");
    world.post(JOBS, renamed).token(&token).answer().await.is(201);
    let mut unnamed = job("d");
    unnamed["scheduleId"] = Value::Null;
    let made = world.post(JOBS, unnamed).token(&token).answer().await.is(201).json();
    assert_ne!(made["scheduleId"], "sched_d");
}

#[tokio::test]
async fn lists_find_what_is_asked_for_page_by_page() {
    let (world, _) = world();
    let token = world.owner().await;
    for name in ["d", "b", "a", "file"] {
        made(&world, &token, name).await;
    }
    let mut other = job("other");
    other["enabled"] = json!(false);
    other["repository"]["url"] = json!("/Elsewhere");
    let other = world.post(JOBS, other).token(&token).answer().await.is(201).json();
    let names = |query: String| {
        let call = world.get(&format!("{JOBS}?{query}")).token(&token).answer();
        async move {
            let listed = call.await.is(200).json();
            let names: Vec<_> = listed["items"]
                .as_array()
                .unwrap()
                .iter()
                .map(|job| job["name"].as_str().unwrap().to_owned())
                .collect();
            (names.join(" "), listed)
        }
    };
    let (all, listed) = names(String::new()).await;
    assert_eq!(all, "a b d file other");
    assert_eq!(listed["problems"], json!([{"file": "x.toml", "line": 3, "error": "bad"}]));
    assert_eq!(listed["items"][3]["state"]["file"], "f.toml");
    for (query, found) in [
        ("q=elsewhere", "other"),
        ("q=/srv/B", "b"),
        ("q=D", "d"),
        ("q=%25", ""),
        ("enabled=false", "other"),
        ("enabled=true&q=a", "a b d file"),
        ("running=true", ""),
        ("running=false&limit=2", "a b"),
        ("repositoryId=repo_none", ""),
    ] {
        assert_eq!(names(query.to_owned()).await.0, found, "{query}");
    }
    let repository = other["repository"]["repositoryId"].as_str().unwrap();
    assert_eq!(names(format!("repositoryId={repository}")).await.0, "other");
    let (mut seen, mut query) = (Vec::new(), "limit=2".to_owned());
    loop {
        let (page, listed) = names(query.clone()).await;
        seen.push(page);
        let Some(cursor) = listed["nextCursor"].as_str() else { break };
        query = format!("limit=2&cursor={cursor}");
        assert_eq!(listed.get("problems").is_some(), seen.len() == 1, "the first page has the files");
    }
    assert_eq!(seen, ["a b", "d file", "other"]);
}

#[tokio::test]
async fn a_job_of_a_file_is_changed_there() {
    let (world, _) = world();
    let token = world.owner().await;
    let made = made(&world, &token, "file").await;
    assert_eq!((&made["state"]["managedBy"], &made["state"]["file"]), (&json!("file"), &json!("f.toml")));
    let path = format!("{JOBS}/sched_file");
    world
        .call(Method::PUT, &path)
        .token(&token)
        .header("if-match", "*")
        .json(made)
        .answer()
        .await
        .problem(409, "managed-by-file");
    world.call(Method::DELETE, &path).token(&token).answer().await.problem(409, "managed-by-file");
}

/// Whoever got no answer asks again with the same key, and gets the run that is there.
#[tokio::test]
async fn a_key_outlives_a_death_at_the_start_of_its_run() {
    let (world, fakes) = world();
    let token = world.owner().await;
    made(&world, &token, "a").await;
    let path = format!("{JOBS}/sched_a/runs");
    let run = || world.call(Method::POST, &path).token(&token).header("idempotency-key", "k").answer();
    let dies = async |after: bool| {
        *fakes.dies.lock().unwrap() = Some(after);
        tokio::select! {
            answer = run() => panic!("a dead one answers: {answer:?}"),
            () = fakes.died.notified() => {}
        }
        *fakes.dies.lock().unwrap() = None;
    };
    let runs = async || {
        let listed = world.get("/api/v1/runs").token(&token).answer().await.is(200).json();
        let items = listed["items"].as_array().unwrap().clone();
        items.iter().map(|run| run["jobId"].clone()).collect::<Vec<_>>()
    };
    dies(false).await;
    assert_eq!(runs().await, [json!(null); 0], "nothing began, and the key is free");
    dies(true).await;
    let begun = runs().await;
    let again = run().await.is(202);
    assert_eq!((&again.json()["jobId"], again.header("idempotent-replayed")), (&begun[0], "true"));
    assert_eq!(runs().await, begun);
}

#[tokio::test]
async fn a_key_begins_one_run_for_a_day() {
    let (world, fakes) = world();
    let token = world.owner().await;
    made(&world, &token, "a").await;
    made(&world, &token, "b").await;
    let run = |name: &str, key: &str| {
        world
            .call(Method::POST, &format!("{JOBS}/sched_{name}/runs"))
            .token(&token)
            .header("idempotency-key", key)
            .answer()
    };
    let first = run("a", "k").await.is(202);
    assert_eq!(first.json()["state"], "queued");
    assert_eq!(first.header("location"), format!("/api/v1/runs/{}", first.json()["jobId"].as_str().unwrap()));
    assert_eq!(first.header("idempotent-replayed"), "");
    fakes.refuse(Some(RunRefused::AlreadyRunning(Some(JobId::from_parts(7, [0; 10])))));
    let again = run("a", "k").await.is(202);
    assert_eq!((again.json(), again.header("idempotent-replayed")), (first.json(), "true"));
    run("b", "k").await.problem(422, "idempotency-key-reused");
    let running = run("a", "other").await.problem(409, "already-running").json();
    assert!(running["jobId"].as_str().unwrap().starts_with("job_"), "{running}");
    fakes.refuse(None);
    let other = run("a", "other").await.is(202);
    assert_eq!(other.header("idempotent-replayed"), "", "only a 202 is kept");
    assert_eq!(run("a", "a b").await.problem(422, "invalid").fields(), ["Idempotency-Key"]);
    world.wait(SignedDuration::from_hours(25));
    assert_ne!(run("a", "k").await.is(202).json()["jobId"], first.json()["jobId"]);
    fakes.asked();
    let (one, two) = tokio::join!(run("a", "same"), run("a", "same"));
    assert_eq!(one.is(202).json(), two.is(202).json());
    assert_eq!(fakes.asked().len(), 1);
}

#[tokio::test]
async fn a_run_is_asked_for_and_refused_in_words() {
    let (world, fakes) = world();
    let token = world.owner().await;
    made(&world, &token, "a").await;
    let path = format!("{JOBS}/sched_a/runs");
    world.call(Method::POST, &path).token(&token).answer().await.is(202);
    world.post(&path, json!({})).token(&token).answer().await.is(202);
    assert_eq!(fakes.asked()[0], "start org_default sched_a Api token test");
    assert_eq!(
        world.post(&path, json!({"x": 1})).token(&token).answer().await.problem(422, "invalid").fields(),
        ["/x"]
    );
    for (refused, status, kind) in [
        (RunRefused::ShuttingDown, 503, "shutting-down"),
        (RunRefused::Storage("disk".to_owned()), 503, "storage"),
        (RunRefused::NotFound, 404, "not-found"),
    ] {
        fakes.refuse(Some(refused));
        world.call(Method::POST, &path).token(&token).answer().await.problem(status, kind);
    }
}

#[tokio::test]
async fn hooks_are_sent_and_tests_cleared() {
    let (world, fakes) = world();
    let token = world.owner().await;
    made(&world, &token, "a").await;
    made(&world, &token, "b").await;
    let post = |path: &str, body: Value| world.post(&format!("{JOBS}/{path}"), body).token(&token).answer();
    let sent = post("sched_a/hooks/pre/send", json!({})).await.is(200).json();
    assert_eq!(
        (&sent["attempts"][0]["outcome"], sent["jobId"].as_str().unwrap().len() > 4),
        (&json!("rejected"), true)
    );
    post("sched_a/hooks/post/send", json!({"status": "error"})).await.is(200);
    assert_eq!(fakes.asked(), ["test sched_a pre success", "test sched_a post error"]);
    assert_eq!(
        post("sched_a/hooks/pre/send", json!({"status": "error"})).await.problem(422, "invalid").fields(),
        ["/status"]
    );
    assert_eq!(
        post("sched_a/hooks/post/send", json!({"status": "eror"})).await.problem(422, "invalid").fields(),
        ["/status"]
    );
    post("sched_b/hooks/pre/send", json!({})).await.problem(404, "not-found");
    post("sched_a/hooks/middle/send", json!({})).await.problem(404, "not-found");
    post("sched_a/hooks/post/clear", json!({})).await.is(204);
    fakes.refuse(Some(RunRefused::NotOwed));
    post("sched_a/hooks/post/clear", json!({})).await.problem(409, "not-owed");
    fakes.refuse(None);
    for _ in 0..6 {
        post("sched_a/hooks/pre/send", json!({})).await.is(200);
    }
    let refused = post("sched_a/hooks/pre/send", json!({})).await.problem(429, "rate-limited");
    assert_eq!(refused.header("retry-after"), "60");
}

#[tokio::test]
async fn a_schedule_is_looked_at_first() {
    let (world, _) = world();
    let token = world.owner().await;
    let preview =
        |query: &str| world.get(&format!("/api/v1/schedule/preview?{query}")).token(&token).answer();
    let good = preview("schedule=0%202%20*%20*%20*&timezone=Europe/Madrid").await.is(200).json();
    assert_eq!(
        good,
        json!({"text": "Every day", "timezone": "Europe/Madrid", "times": ["2026-11-24T01:00:00Z"]})
    );
    for (query, fields) in [
        ("", &["?schedule"][..]),
        ("schedule=bad&timezone=bad", &["?schedule", "?timezone"]),
        ("schedule=x&zone=UTC", &["?zone"]),
    ] {
        assert_eq!(preview(query).await.problem(422, "invalid").fields(), fields, "{query}");
    }
}

#[tokio::test]
async fn nothing_of_another_organization_is_there() {
    let (world, fakes) = world();
    let (one, other) = (world.organization("one").await, world.organization("other").await);
    let own = world.token(&one, Role::Owner, Scope::Manage).await;
    let theirs = world.token(&other, Role::Owner, Scope::Manage).await;
    let job = made(&world, &theirs, "a").await;
    let repository = job["repository"]["repositoryId"].as_str().unwrap().to_owned();
    let call = |method: &Method, path: &str| {
        world.call(method.clone(), path).token(&own).header("if-match", "*").json(json!({})).answer()
    };
    for (method, path) in [
        (Method::GET, "jobs/sched_a"),
        (Method::PUT, "jobs/sched_a"),
        (Method::DELETE, "jobs/sched_a"),
        (Method::POST, "jobs/sched_a/runs"),
        (Method::POST, "jobs/sched_a/hooks/pre/send"),
        (Method::POST, "jobs/sched_a/hooks/post/clear"),
        (Method::GET, "repositories/ID"),
        (Method::PUT, "repositories/ID"),
        (Method::DELETE, "repositories/ID"),
        (Method::POST, "repositories/ID/check"),
        (Method::POST, "repositories/ID/init"),
    ] {
        let found = call(&method, &format!("/api/v1/{}", path.replace("ID", &repository)))
            .await
            .problem(404, "not-found");
        let none = format!("/api/v1/{}", path.replace("ID", "repo_none").replace("sched_a", "sched_none"));
        assert_eq!(found.text, call(&method, &none).await.problem(404, "not-found").text, "{path}");
    }
    assert_eq!(fakes.asked(), Vec::<String>::new());
    for list in ["jobs", "repositories"] {
        let listed = world.get(&format!("/api/v1/{list}")).token(&own).answer().await.is(200).json();
        assert_eq!(listed["items"], json!([]), "{listed}");
    }
    let path = format!("{JOBS}?repositoryId={repository}");
    assert_eq!(world.get(&path).token(&own).answer().await.is(200).json()["items"], json!([]));
    let mut body = crate::fake_jobs::job("b");
    body["repository"] = json!({"repositoryId": repository});
    let refused = world.post(JOBS, body).token(&own).answer().await.problem(422, "invalid");
    assert_eq!(refused.fields(), ["/repository/repositoryId"]);
    // The same id and the same name are free.
    made(&world, &own, "a").await;
}

#[tokio::test]
async fn who_may_not_is_told_what_is_needed() {
    let (world, _) = world();
    let organization = OrganizationId::default();
    made(&world, &world.owner().await, "a").await;
    let (reader, runner) = (
        world.token(&organization, Role::Viewer, Scope::Manage).await,
        world.token(&organization, Role::Member, Scope::Run).await,
    );
    for (token, method, path, status) in [
        (&reader, Method::GET, "jobs", 200),
        (&reader, Method::GET, "repositories", 200),
        (&reader, Method::POST, "jobs/sched_a/runs", 403),
        (&reader, Method::POST, "jobs/sched_a/hooks/pre/send", 403),
        (&runner, Method::POST, "jobs/sched_a/runs", 202),
        (&runner, Method::POST, "jobs", 403),
        (&runner, Method::PUT, "jobs/sched_a", 403),
        (&runner, Method::DELETE, "jobs/sched_a", 403),
        (&runner, Method::POST, "repositories", 403),
        (&runner, Method::POST, "repositories/repo_none/init", 403),
        (&runner, Method::POST, "repositories/repo_none/check", 404),
    ] {
        let answer = world.call(method.clone(), &format!("/api/v1/{path}")).token(token).answer().await;
        assert_eq!(answer.status, status, "{method} {path} {answer:?}");
    }
    world.get(JOBS).answer().await.problem(401, "unauthenticated");
}
