//! Runs over HTTP: lists, one, and what is done with it.

use hook_core::{LifecycleEvent, OutcomeKind, Phase, Progress, RunStatus, event::Trigger};
use jiff::SignedDuration;
use serde_json::{Value, json};
use tokio::sync::watch;
use zb_server::{FileProblem, Need, NeedKind, Role, RunRefused, Scope};

use crate::{
    told::{Scripted, Told, finished, hook_started, job, schedule},
    world::World,
};

async fn ids(world: &World, token: &str, query: &str) -> Vec<String> {
    let answer = world.get(&format!("/api/v1/runs{query}")).token(token).answer().await.is(200).json();
    let items = answer["items"].as_array().unwrap().clone();
    items.iter().map(|run| run["jobId"].as_str().unwrap().to_owned()).collect()
}

fn of(numbers: &[u8]) -> Vec<String> {
    numbers.iter().map(|number| job(*number).to_string()).collect()
}

#[tokio::test]
async fn a_list_has_what_was_asked_for_in_pages() {
    let world = World::empty();
    let (token, studio) = (world.owner().await, world.organization("studio").await);
    for number in 1..=9 {
        let told = Told {
            trigger: if number == 4 { Trigger::Missed } else { Trigger::Schedule },
            organization: if number == 9 { studio.clone() } else { Default::default() },
            ..Told::new(number, ["a", "b"][usize::from(number % 2)])
        };
        let mut events = vec![told.queued()];
        if number == 3 {
            events.push(LifecycleEvent::RunInterrupted { by: "serve".to_owned() });
        }
        if number > 2 {
            events.push(finished(if number == 5 { RunStatus::Error } else { RunStatus::Warning }));
        }
        told.tell(&world, events).await;
        world.wait(SignedDuration::from_secs(60));
    }
    let table: [(&str, &[u8]); 12] = [
        ("", &[8, 7, 6, 5, 4, 3, 2, 1]),
        ("?scheduleId=sched_a", &[8, 6, 4, 2]),
        ("?scheduleId=sched_a,sched_b&limit=3", &[8, 7, 6]),
        ("?scheduleId=sched_nobodys", &[]),
        ("?status=running", &[2, 1]),
        ("?status=running,error", &[5, 2, 1]),
        ("?trigger=missed", &[4]),
        ("?interrupted=true", &[3]),
        ("?interrupted=false&status=warning", &[8, 7, 6, 4]),
        ("?since=2026-11-24T01:06:00Z", &[8, 7]),
        ("?until=2026-11-24T01:02:00Z", &[2, 1]),
        ("?since=2026-11-24T01:02:00Z&until=2026-11-24T01:03:00Z", &[3]),
    ];
    for (query, expected) in table {
        assert_eq!(ids(&world, &token, query).await, of(expected), "{query}");
    }
    let mut query = "?status=warning&limit=2".to_owned();
    let mut paged = Vec::new();
    loop {
        let page = world.get(&format!("/api/v1/runs{query}")).token(&token).answer().await.is(200).json();
        paged.extend(
            page["items"].as_array().unwrap().iter().map(|run| run["jobId"].as_str().unwrap().to_owned()),
        );
        let Some(cursor) = page["nextCursor"].as_str() else { break };
        let other = format!("/api/v1/runs?status=error&cursor={cursor}");
        assert_eq!(
            world.get(&other).token(&token).answer().await.problem(422, "invalid").fields(),
            ["?cursor"]
        );
        query = format!("?cursor={cursor}&limit=2&status=warning");
    }
    assert_eq!(paged, of(&[8, 7, 6, 4, 3]));
    let theirs = world.token(&studio, Role::Viewer, Scope::Read).await;
    assert_eq!(ids(&world, &theirs, "").await, of(&[9]));
    assert_eq!(ids(&world, &theirs, "?scheduleId=sched_a").await, of(&[]));
}

#[tokio::test]
async fn a_wrong_filter_returns_nothing() {
    let world = World::empty();
    let token = world.owner().await;
    let query =
        "?statsu=error&status=eror&trigger=cron&interrupted=yes&since=today&scheduleId=x&limit=0&cursor=x";
    let answer =
        world.get(&format!("/api/v1/runs{query}")).token(&token).answer().await.problem(422, "invalid");
    assert_eq!(
        answer.fields(),
        ["?statsu", "?status", "?trigger", "?interrupted", "?since", "?scheduleId", "?limit", "?cursor"]
    );
    let reason = |at: usize| answer.json()["errors"][at]["reason"].as_str().unwrap().to_owned();
    assert_eq!(reason(0), "there is no such parameter; did you mean status?");
    assert_eq!(reason(1), "there is no such status; did you mean error?");
}

#[tokio::test]
async fn a_run_has_its_details_and_nobody_elses() {
    let mut world = World::empty();
    let scripted = Scripted::put_into(&mut world);
    let (token, studio) = (world.owner().await, world.organization("studio").await);
    let mut events = Told::new(1, "a").whole(OutcomeKind::Rejected);
    let rest = events.split_off(4);
    Told::new(1, "a").tell(&world, events).await;
    let progress =
        Progress { percent_done: 0.5, current_files: vec!["/data/a".to_owned()], ..Progress::default() };
    let (_sender, receiver) = watch::channel(progress);
    scripted.progress.lock().unwrap().insert(job(1), receiver);
    let path = format!("/api/v1/runs/{}", job(1));
    let run = world.get(&path).token(&token).answer().await.is(200).json();
    assert_eq!((&run["state"], &run["status"]), (&json!("backing-up"), &Value::Null));
    assert_eq!(run["progress"]["percentDone"], 0.5);
    assert_eq!(run["progress"]["currentFiles"], json!(["/data/a"]));
    assert_eq!(run["progress"]["secondsRemaining"], Value::Null);
    let item = world.get("/api/v1/runs").token(&token).answer().await.is(200).json()["items"][0].clone();
    assert_eq!(item["progress"]["percentDone"], 0.5);
    Told::new(1, "a").tell(&world, rest).await;
    let run = world.get(&path).token(&token).answer().await.is(200).json();
    assert_eq!((&run["state"], &run["postHook"]), (&json!("finished"), &json!("failed")));
    assert_eq!(run["hooks"]["post"]["attempts"][0]["response"], "what it said");
    assert_eq!((&run["progress"], &run["stderr"]), (&Value::Null, &json!("a word of restic")));

    let theirs = world.token(&studio, Role::Owner, Scope::Manage).await;
    let unknown = format!("/api/v1/runs/{}", job(77));
    for (method, rest) in [
        (http::Method::GET, ""),
        (http::Method::POST, "/cancel"),
        (http::Method::POST, "/hooks/post/send"),
        (http::Method::POST, "/hooks/post/clear"),
        (http::Method::GET, "/events"),
    ] {
        let call = |path: &str| world.call(method.clone(), &format!("{path}{rest}")).token(&theirs).answer();
        let (hidden, none) = (call(&path).await.problem(404, "not-found"), call(&unknown).await);
        assert_eq!((hidden.text, hidden.headers), (none.text, none.headers), "{rest}");
        call("/api/v1/runs/nonsense").await.problem(404, "not-found");
    }
    assert!(scripted.asked.lock().unwrap().is_empty());
}

#[tokio::test]
async fn what_is_done_with_a_run_is_asked_of_the_runner_and_noted() {
    let mut world = World::empty();
    let scripted = Scripted::put_into(&mut world);
    let cookie = world.operator().await;
    Told::new(1, "a").tell(&world, vec![Told::new(1, "a").queued(), hook_started(Phase::Pre)]).await;
    let post = |rest: &str| {
        let call = world.call(http::Method::POST, &format!("/api/v1/runs/{}/{rest}", job(1)));
        call.cookie(&cookie).answer()
    };
    for _ in 0..2 {
        let answer = post("cancel").await.is(202).json();
        assert_eq!(answer, json!({"jobId": job(1), "state": "preparing"}));
    }
    assert_eq!(post("hooks/post/send").await.is(200).json()["webhookId"], "msg_1");
    post("hooks/post/clear").await.is(204);
    for rest in ["cancel", "hooks/post/send", "hooks/post/clear"] {
        let call = world.post(&format!("/api/v1/runs/{}/{rest}", job(1)), json!({"statuss": "error"}));
        assert_eq!(call.cookie(&cookie).answer().await.problem(422, "invalid").fields(), ["/statuss"]);
    }
    let expected = [
        format!("cancel {} api", job(1)),
        format!("cancel {} api", job(1)),
        format!("send {}", job(1)),
        format!("clear {} ana", job(1)),
    ];
    assert_eq!(*scripted.asked.lock().unwrap(), expected);
    let trail = world.get("/api/v1/audit?limit=4").cookie(&cookie).answer().await.is(200).json();
    let noted: Vec<_> =
        trail["items"].as_array().unwrap().iter().map(|entry| entry["action"].clone()).collect();
    assert_eq!(noted, ["hook.cleared", "hook.sent", "run.cancelled", "run.cancelled"]);

    for (refused, status, kind) in [
        (RunRefused::Finished, 409, "finished"),
        (RunRefused::NotOwed, 409, "not-owed"),
        (RunRefused::AlreadyRunning(Some(job(2))), 409, "already-running"),
        (RunRefused::NotFound, 404, "not-found"),
        (RunRefused::ShuttingDown, 503, "shutting-down"),
        (RunRefused::Storage("disk full".to_owned()), 503, "storage"),
    ] {
        *scripted.refuses.lock().unwrap() = Some(refused);
        for rest in ["cancel", "hooks/post/clear"] {
            let answer = post(rest).await.problem(status, kind);
            assert!(!answer.text.contains("disk full"));
        }
    }
    for _ in 0..8 {
        post("hooks/post/send").await.problem(503, "storage");
    }
    assert_eq!(post("hooks/post/send").await.problem(429, "rate-limited").header("retry-after"), "60");
}

#[tokio::test]
async fn what_waits_for_a_person_is_told_gravest_first() {
    let mut world = World::empty();
    let scripted = Scripted::put_into(&mut world);
    let (token, studio) = (world.owner().await, world.organization("studio").await);
    let need = |kind, text: &str| Need {
        kind,
        since: None,
        schedule: Some(schedule("c")),
        job: None,
        file: None,
        text: text.to_owned(),
    };
    *scripted.needs.lock().unwrap() =
        vec![need(NeedKind::Overdue, "It is late."), need(NeedKind::PausedByTest, "It is paused.")];
    let broken = FileProblem { file: "x.toml".to_owned(), line: Some(3), error: "no such key".to_owned() };
    scripted.files.lock().unwrap().push(broken);
    for (number, of, post) in [(1, "a", OutcomeKind::Rejected), (2, "b", OutcomeKind::NoAnswer)] {
        Told::new(number, of).tell(&world, Told::new(number, of).whole(post)).await;
        world.wait(SignedDuration::from_secs(1));
    }
    let other = Told { organization: studio.clone(), ..Told::new(3, "d") };
    other.tell(&world, other.whole(OutcomeKind::Rejected)).await;
    let needs = |query: &str| {
        let call = world.get(&format!("/api/v1/needs{query}")).token(&token);
        async move { call.answer().await.is(200).json() }
    };
    let told = needs("").await;
    let texts: Vec<_> = told["items"].as_array().unwrap().iter().map(|need| need["text"].clone()).collect();
    assert_eq!(
        texts,
        [
            "The post hook got no answer.",
            "The post hook answered HTTP 500.",
            "It is paused.",
            "The last run failed: post webhook returned HTTP 500.",
            "The last run failed: post webhook returned HTTP 500.",
            "It is late.",
            "Line 3: no such key",
        ]
    );
    let first = &told["items"][1];
    assert_eq!((&first["jobId"], &first["since"]), (&json!(job(1)), &json!("2026-11-24T01:00:00Z")));
    let kinds = needs("?kind=paused-by-test,job-file").await;
    assert_eq!(kinds["items"].as_array().unwrap().len(), 2);
    let page = needs("?limit=4").await;
    let rest = needs(&format!("?cursor={}", page["nextCursor"].as_str().unwrap())).await;
    assert_eq!(rest["items"].as_array().unwrap()[..], told["items"].as_array().unwrap()[4..]);
    assert_eq!(rest["nextCursor"], Value::Null);
    assert_eq!(told["items"][6]["file"], "x.toml");
    let theirs = world.token(&studio, Role::Viewer, Scope::Read).await;
    let theirs = world.get("/api/v1/needs?kind=job-file,post-hook-owed").token(&theirs).answer().await.json();
    assert_eq!(theirs["items"].as_array().unwrap().len(), 1, "the files are nobody else's affair");
    world.get("/api/v1/needs?kind=owed").token(&token).answer().await.problem(422, "invalid");
}

#[tokio::test]
async fn a_panic_is_an_answer_and_ends_nothing() {
    let mut world = World::empty();
    let scripted = Scripted::put_into(&mut world);
    let token = world.owner().await;
    scripted.panics.store(true, std::sync::atomic::Ordering::Relaxed);
    let answer = world.get("/api/v1/needs").token(&token).answer().await.problem(500, "internal");
    assert!(answer.json()["reference"].as_str().unwrap().starts_with("err_"));
    assert!(!answer.text.contains("on purpose"));
    scripted.panics.store(false, std::sync::atomic::Ordering::Relaxed);
    world.get("/api/v1/needs").token(&token).answer().await.is(200);
}
