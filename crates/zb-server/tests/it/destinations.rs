//! Destinations over HTTP (`api.md` §7): made, changed over nobody's change, tried, deleted; their secrets never shown.

use std::sync::atomic::Ordering;

use hook_core::MASK;
use http::Method;
use job_store::testing::Sample;
use serde_json::{Value, json};
use zb_server::{Role, Scope};

use crate::{
    fake_jobs::job,
    fake_messenger::world,
    world::{Answer, World},
};

pub(crate) const ALL: &str = "/api/v1/notifications/destinations";
const DELIVERIES: &str = "/api/v1/notifications/deliveries";

fn phone() -> Value {
    json!({"name": "Ana, phone", "kind": "ntfy", "settings": {"url": "https://ntfy.sh/zb", "token": "planted"}})
}

/// Makes it: what was answered.
async fn made(world: &World, token: &str, body: Value) -> Value {
    world.post(ALL, body).token(token).answer().await.is(201).json()
}

fn path(destination: &Value) -> String {
    format!("{ALL}/{}", destination["destinationId"].as_str().unwrap())
}

async fn put(world: &World, token: &str, tag: &str, body: &Value) -> Answer {
    world
        .call(Method::PUT, &path(body))
        .token(token)
        .header("if-match", tag)
        .json(body.clone())
        .answer()
        .await
}

#[tokio::test]
async fn a_destination_is_made_changed_and_deleted() {
    let (world, letters) = world();
    let token = world.owner().await;
    let answer = world.post(ALL, phone()).token(&token).answer().await.is(201);
    let made = answer.json();
    let one = path(&made);
    assert_eq!((answer.header("location"), answer.header("etag")), (one.as_str(), "\"1\""));
    let id = &made["destinationId"];
    assert!(id.as_str().unwrap().starts_with("dest_"));
    assert_eq!(
        made,
        json!({"destinationId": id, "name": "Ana, phone", "enabled": true, "kind": "ntfy",
            "on": ["warning", "error", "interrupted", "missed", "never-started", "post-hook-owed"], "jobs": null,
            "settings": {"url": "https://ntfy.sh/zb", "token": MASK},
            "state": {"revision": 1, "lastDelivery": null}})
    );
    let shown = world.get(&one).token(&token).answer().await.is(200);
    assert_eq!((shown.header("etag"), shown.json()), ("\"1\"", made.clone()));
    let unsaid = world.call(Method::PUT, &one).token(&token).json(made.clone()).answer().await;
    unsaid.problem(428, "precondition-required");
    let changed = put(&world, &token, "\"9\"", &made).await.problem(412, "changed");
    assert_eq!(changed.header("etag"), "\"1\"");

    let mut renamed = made.clone();
    renamed["name"] = json!("Ana");
    renamed["enabled"] = json!(false);
    let answer = put(&world, &token, "\"1\"", &renamed).await.is(200);
    assert_eq!((answer.header("etag"), &answer.json()["name"]), ("\"2\"", &json!("Ana")));
    assert_eq!(letters.checked.lock().unwrap().pop().unwrap()["token"], "planted", "the mask kept it");
    assert_eq!(put(&world, &token, "*", &renamed).await.is(200).header("etag"), "\"3\"");

    let delete = |tag: &str| world.call(Method::DELETE, &one).token(&token).header("if-match", tag).answer();
    delete("\"1\"").await.problem(412, "changed");
    delete("\"3\"").await.is(204);
    world.get(&one).token(&token).answer().await.problem(404, "not-found");
    put(&world, &token, "*", &renamed).await.problem(404, "not-found");
    let listed = world.get(ALL).token(&token).answer().await.is(200).json();
    assert_eq!(listed, json!({"items": [], "nextCursor": null}));
}

#[tokio::test]
async fn who_did_it_is_in_the_trail() {
    let (world, _) = world();
    let token = world.owner().await;
    let made = made(&world, &token, phone()).await;
    put(&world, &token, "*", &made).await.is(200);
    world.call(Method::DELETE, &path(&made)).token(&token).answer().await.is(204);
    let cookie = world.operator().await;
    let actions = "destination.created,destination.replaced,destination.deleted";
    let trail = world.get(&format!("/api/v1/audit?action={actions}")).cookie(&cookie).answer().await;
    let trail = trail.is(200).json()["items"].as_array().unwrap().clone();
    let told: Vec<_> = trail.iter().map(|entry| entry["action"].as_str().unwrap()).collect();
    assert_eq!(told, ["destination.deleted", "destination.replaced", "destination.created"]);
    assert!(trail.iter().all(|entry| entry["target"] == made["destinationId"]));
}

#[tokio::test]
async fn everything_wrong_is_told_in_the_order_of_the_document() {
    let (world, _) = world();
    let token = world.owner().await;
    world.post("/api/v1/jobs", job("a")).token(&token).answer().await.is(201);
    let ntfy = json!({"url": "https://ntfy.sh/zb"});
    let table: &[(Value, &[&str])] = &[
        (json!({}), &["/name", "/kind", "/settings"]),
        (json!({"name": "", "kind": "sms", "settings": {}, "onn": []}), &["/name", "/kind", "/onn"]),
        (json!({"name": "x\n", "kind": "command", "settings": {}}), &["/name", "/kind"]),
        (
            json!({"settings": {"token": MASK, "url": "https://elsewhere/", "user": "x"}, "kind": "ntfy", "name": "x"}),
            &["/settings/token", "/settings/url", "/settings/user"],
        ),
        (json!({"name": "x", "kind": "slack", "settings": {}}), &["/settings/url"]),
        (json!({"name": "x", "kind": "slack", "settings": []}), &["/settings"]),
        (json!({"name": "x", "kind": "slack", "settings": {"url": null}}), &["/settings/url"]),
        (json!({"name": "x", "kind": "ntfy", "on": [], "jobs": [], "settings": ntfy}), &["/on", "/jobs"]),
        (
            json!({"name": "x", "kind": "ntfy", "on": ["error", "eror", 1], "jobs": ["sched_a", "sched_b", 2],
                "settings": ntfy}),
            &["/on/1", "/on/2", "/jobs/1", "/jobs/2"],
        ),
        (json!({"name": 1, "enabled": "yes", "kind": "ntfy", "settings": ntfy}), &["/name", "/enabled"]),
        (
            json!({"destinationId": "dest_x", "name": "x", "kind": "ntfy", "settings": ntfy}),
            &["/destinationId"],
        ),
        (
            json!({"name": "x", "kind": "webhook", "settings": {"url": "http://h/", "headers": "A: 1\nB: ••••••••"}}),
            &["/settings/headers"],
        ),
    ];
    for (body, fields) in table {
        let answer = world.post(ALL, body.clone()).token(&token).answer().await.problem(422, "invalid");
        assert_eq!(answer.fields(), *fields, "{body}: {answer:?}");
    }
    let listed = world.get(ALL).token(&token).answer().await.is(200).json();
    assert_eq!(listed["items"], json!([]), "nothing was made");
    let query = world.post(&format!("{ALL}?x=1"), json!({})).token(&token).answer().await;
    assert_eq!(query.problem(422, "invalid").fields(), ["?x", "/name", "/kind", "/settings"]);
    for path in [
        format!("{ALL}?kind=ntfy"),
        format!("{DELIVERIES}?destination=x"),
        format!("{DELIVERIES}?state=sent"),
    ] {
        let answer = world.get(&path).token(&token).answer().await.problem(422, "invalid");
        assert_eq!(answer.fields().len(), 1, "{path}");
    }
}

#[tokio::test]
async fn a_job_that_is_gone_may_stay_where_it_was_named() {
    let (world, _) = world();
    let token = world.owner().await;
    world.post("/api/v1/jobs", job("a")).token(&token).answer().await.is(201);
    let mut body = phone();
    body["jobs"] = json!(["sched_a"]);
    let made = made(&world, &token, body.clone()).await;
    world.call(Method::DELETE, "/api/v1/jobs/sched_a").token(&token).answer().await.is(204);
    put(&world, &token, "*", &made).await.is(200);
    let again = world.post(ALL, body).token(&token).answer().await.problem(422, "invalid");
    assert_eq!(again.fields(), ["/jobs/0"]);
}

#[tokio::test]
async fn a_test_is_answered_with_its_delivery_whatever_came_of_it() {
    let (world, letters) = world();
    let token = world.token(&hook_core::OrganizationId::default(), Role::Owner, Scope::Run).await;
    let owner = world.owner().await;
    let made = made(&world, &owner, phone()).await;
    let test = format!("{}/test", path(&made));
    let sent = world.call(Method::POST, &test).token(&token).answer().await.is(200).json();
    assert_eq!(
        (&sent["event"], &sent["state"], &sent["attempts"]),
        (&json!("test"), &json!("delivered"), &json!(1))
    );
    assert_eq!((&sent["jobId"], &sent["destinationId"]), (&Value::Null, &made["destinationId"]));
    let tried = letters.tried.lock().unwrap().pop().unwrap();
    assert_eq!((&tried["kind"], &tried["settings"]["token"]), (&json!("ntfy"), &json!("planted")));
    letters.is_down.store(true, Ordering::Relaxed);
    let failed = world.post(&test, json!({})).token(&token).answer().await.is(200).json();
    assert_eq!((&failed["state"], &failed["error"]), (&json!("dead"), &json!("it is down")));
    let shown = world.get(&path(&made)).token(&token).answer().await.is(200).json();
    assert_eq!(shown["state"]["lastDelivery"], failed);
    world.post(&test, json!({"to": "me"})).token(&token).answer().await.problem(422, "invalid");
    for _ in 0..7 {
        world.post(&test, json!({})).token(&token).answer().await.is(200);
    }
    let refused = world.post(&test, json!({})).token(&token).answer().await.problem(429, "rate-limited");
    assert!(!refused.header("retry-after").is_empty());
}

#[tokio::test]
async fn lists_lead_on_by_their_cursors() {
    let (world, _) = world();
    let token = world.owner().await;
    for name in ["c", "a", "b", "b"] {
        let mut body = phone();
        body["name"] = json!(name);
        made(&world, &token, body).await;
    }
    let mut names = Vec::new();
    let mut next = format!("{ALL}?limit=1");
    loop {
        let page = world.get(&next).token(&token).answer().await.is(200).json();
        names.extend(page["items"].as_array().unwrap().iter().map(|item| item["name"].clone()));
        let Some(cursor) = page["nextCursor"].as_str() else { break };
        next = format!("{ALL}?limit=1&cursor={cursor}");
    }
    assert_eq!(names, ["a", "b", "b", "c"]);
}

#[tokio::test]
async fn deliveries_are_listed_newest_first_and_filtered() {
    let (world, _) = world();
    let token = world.owner().await;
    let (one, other) = (made(&world, &token, phone()).await, made(&world, &token, phone()).await);
    let id = |destination: &Value| destination["destinationId"].as_str().unwrap().to_owned();
    let at = |second: i64| jiff::Timestamp::from_second(1_795_482_000 + second).unwrap();
    let run = ("error", "sched_a", "job_01h455vb4pex5vsknk084sn02q");
    for (second, to, about, error, waits) in [
        (0, &one, None, None, false),
        (1, &other, Some(run), Some("HTTP 500"), true),
        (2, &one, Some(run), Some("HTTP 404"), false),
    ] {
        let (delivery, to) = (format!("dlv_{second}"), id(to));
        let sample = Sample { id: &delivery, destination: &to, about, at: at(second), error, waits };
        world.service.store.deliver(sample).await.unwrap();
    }
    let listed = async |query: &str| {
        let page = world.get(&format!("{DELIVERIES}?{query}")).token(&token).answer().await.is(200).json();
        let ids = page["items"].as_array().unwrap().iter();
        (ids.map(|item| item["deliveryId"].as_str().unwrap().to_owned()).collect::<Vec<_>>(), page)
    };
    let one = id(&one);
    for (query, expected) in [
        (String::new(), vec!["dlv_2", "dlv_1", "dlv_0"]),
        (format!("destinationId={one}"), vec!["dlv_2", "dlv_0"]),
        ("destinationId=dest_none".to_owned(), vec![]),
        ("state=pending,dead".to_owned(), vec!["dlv_2", "dlv_1"]),
        (format!("since={}&until={}", at(1), at(2)), vec!["dlv_1"]),
        (format!("destinationId={one}&state=delivered"), vec!["dlv_0"]),
    ] {
        assert_eq!(listed(&query).await.0, expected, "{query}");
    }
    let (_, page) = listed("limit=2&state=pending,dead,delivered").await;
    let cursor = page["nextCursor"].as_str().unwrap();
    assert_eq!(listed(&format!("state=pending,dead,delivered&cursor={cursor}")).await.0, ["dlv_0"]);
    let elsewhere = world.get(&format!("{DELIVERIES}?cursor={cursor}")).token(&token).answer().await;
    assert_eq!(elsewhere.problem(422, "invalid").fields(), ["?cursor"]);
    assert_eq!(
        page["items"][1],
        json!({"deliveryId": "dlv_1", "destinationId": id(&other), "event": "error", "scheduleId": "sched_a",
            "jobId": run.2, "state": "pending", "attempts": 1, "createdAt": at(1), "lastAttemptAt": at(1),
            "nextAttemptAt": null, "httpStatus": null, "error": "HTTP 500"})
    );
    world.call(Method::DELETE, &path(&other)).token(&token).answer().await.is(204);
    assert_eq!(listed("").await.0, ["dlv_2", "dlv_0"], "what waited for it went with it");
}

#[tokio::test]
async fn nothing_of_an_organization_is_there_for_another() {
    let (world, _) = world();
    world.operator().await;
    let (ours, theirs) = (world.organization("one").await, world.organization("other").await);
    let token = world.token(&ours, Role::Owner, Scope::Manage).await;
    let eve = world.token(&theirs, Role::Owner, Scope::Manage).await;
    world.post("/api/v1/jobs", job("a")).token(&eve).answer().await.is(201);
    let found = made(&world, &eve, phone()).await;
    world.post(&format!("{}/test", path(&found)), json!({})).token(&eve).answer().await.is(200);
    let id = found["destinationId"].as_str().unwrap();
    let none = "dest_01h455vb4pex5vsknk084sn02q";
    for (method, below) in
        [(Method::GET, ""), (Method::PUT, ""), (Method::DELETE, ""), (Method::POST, "/test")]
    {
        let call = |id: &str| {
            let call = world.call(method.clone(), &format!("{ALL}/{id}{below}")).token(&token);
            if method == Method::PUT { call.json(phone()).answer() } else { call.answer() }
        };
        let (there, absent) = (call(id).await.problem(404, "not-found"), call(none).await);
        assert_eq!((there.text, there.headers), (absent.text, absent.headers), "{method} {below}");
    }
    for path in [ALL.to_owned(), DELIVERIES.to_owned(), format!("{DELIVERIES}?destinationId={id}")] {
        let listed = world.get(&path).token(&token).answer().await.is(200).json();
        assert_eq!(listed, json!({"items": [], "nextCursor": null}), "{path}");
    }
    let mut body = phone();
    let mut refused = Vec::new();
    for job in ["sched_a", "sched_none"] {
        body["jobs"] = json!([job]);
        refused.push(world.post(ALL, body.clone()).token(&token).answer().await.problem(422, "invalid").text);
    }
    assert_eq!(refused[0], refused[1]);
}
