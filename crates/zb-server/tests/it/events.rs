//! Server-sent events: every event once and in order, whatever happens to the connection (`api.md` §6).

use std::sync::Arc;

use hook_core::{LifecycleEvent, OutcomeKind, Phase, Progress};
use http::StatusCode;
use proptest::{prelude::*, test_runner::Config};
use serde_json::json;
use tokio::{
    sync::watch as value,
    time::{Duration, Instant, sleep},
};
use zb_server::{Role, Scope};

use crate::{
    told::{Scripted, Told, hook_finished, hook_started, job},
    watching::{Message, watch},
    world::World,
};

fn of_run(number: u8) -> String {
    format!("/api/v1/runs/{}/events", job(number))
}

fn kinds(messages: &[Message]) -> Vec<&str> {
    messages.iter().map(|message| message.event.as_str()).collect()
}

const WHOLE: [&str; 8] = [
    "run.queued",
    "hook.started",
    "hook.finished",
    "restic.started",
    "restic.finished",
    "hook.started",
    "hook.finished",
    "run.finished",
];

#[tokio::test]
async fn a_runs_stream_has_all_of_it_and_ends() {
    let world = World::empty();
    let token = world.owner().await;
    let told = Told::new(1, "a");
    let mut events = told.whole(OutcomeKind::Ok);
    let later = events.split_off(3);
    told.tell(&world, events).await;
    let mut stream = watch(&world, &token, &of_run(1), None).await.unwrap();
    let ready = stream.next().await.unwrap();
    assert_eq!((ready.event.as_str(), ready.data.as_str()), ("ready", "{}"));
    for kind in &WHOLE[..3] {
        assert_eq!(stream.next_kept().await.unwrap().event, *kind);
    }
    told.tell(&world, later).await;
    let rest = stream.rest().await;
    assert_eq!(kinds(&rest), WHOLE[3..]);
    assert_eq!(rest[3].json()["response"], "what it said");
    assert_eq!(rest[1].json()["stderr"], "a word of restic");
    let last = rest[4].json();
    assert_eq!(
        last,
        json!({"type": "run.finished", "time": "2026-11-24T01:00:00Z", "seq": 8, "jobId": job(1),
               "scheduleId": "sched_a", "status": "success", "durationMs": 9000, "pauseMs": 8000})
    );
    // From its start again, when it is over.
    let all = watch(&world, &token, &of_run(1), None).await.unwrap().rest().await;
    assert_eq!(kinds(&all)[1..], WHOLE);
    assert_eq!(all[0], ready);
    // Nothing is left: a browser stops.
    let end = all[8].id.clone().unwrap();
    let none = watch(&world, &token, &of_run(1), Some(&end)).await.map(|_| ()).unwrap_err();
    assert_eq!(none, StatusCode::NO_CONTENT);
    // A hook that is sent again goes on.
    told.tell(&world, vec![hook_started(Phase::Post), hook_finished(Phase::Post, OutcomeKind::Ok)]).await;
    let rest = watch(&world, &token, &of_run(1), Some(&end)).await.unwrap().rest().await;
    assert_eq!(kinds(&rest), ["ready", "hook.started", "hook.finished"]);
    assert_eq!(rest[2].json()["seq"], 10);
}

#[tokio::test]
async fn the_stream_of_all_has_the_organizations_runs_only() {
    let world = World::empty();
    let (token, studio) = (world.owner().await, world.organization("studio").await);
    let theirs = world.token(&studio, Role::Viewer, Scope::Read).await;
    let (mine, other) = (Told::new(1, "a"), Told { organization: studio, ..Told::new(2, "a") });
    let before = mine.tell(&world, vec![mine.queued()]).await;
    let mut all = watch(&world, &token, "/api/v1/events", None).await.unwrap();
    let mut of_b = watch(&world, &token, "/api/v1/events?scheduleId=sched_b", None).await.unwrap();
    let mut of_studio = watch(&world, &theirs, "/api/v1/events?scheduleId=sched_a", None).await.unwrap();
    assert_eq!(all.next().await.unwrap().id, Some(before[0].position.get().to_string()));
    let b = Told::new(3, "b");
    other.tell(&world, other.whole(OutcomeKind::Ok)).await;
    mine.tell(&world, mine.whole(OutcomeKind::Ok).split_off(1)).await;
    b.tell(&world, b.whole(OutcomeKind::Ok)).await;
    let mut seen = Vec::new();
    for _ in 0..15 {
        seen.push(all.next_kept().await.unwrap());
    }
    assert_eq!(kinds(&seen), [&WHOLE[1..], &WHOLE].concat());
    assert!(seen.iter().all(|message| !message.data.contains("\"response\"")
        && !message.data.contains("\"stderr\"")
        && !message.data.contains(job(2).as_str())));
    for (stream, of) in [(&mut of_b, job(3)), (&mut of_studio, job(2))] {
        assert_eq!(stream.next().await.unwrap().event, "ready");
        for kind in WHOLE {
            let message = stream.next_kept().await.unwrap();
            assert_eq!((message.event.as_str(), &message.json()["jobId"]), (kind, &json!(of)));
        }
    }
    // An id of one stream is good for the other, and one that was begun before is found again.
    let id = seen[8].id.clone().unwrap();
    let mut again = watch(&world, &token, "/api/v1/events", Some(&id)).await.unwrap();
    assert_eq!(again.next().await.unwrap().id, Some(id.clone()));
    assert_eq!(again.next_kept().await.unwrap(), seen[9]);
    let run = watch(&world, &token, &of_run(3), Some(&id)).await.unwrap().rest().await;
    assert_eq!(kinds(&run)[1..], WHOLE[2..]);
}

#[tokio::test]
async fn an_id_that_is_none_is_refused_and_one_that_is_lost_says_so() {
    let world = World::empty();
    let token = world.owner().await;
    let told = Told::new(2, "b");
    let last = told.tell(&world, told.whole(OutcomeKind::Ok)).await.last().unwrap().position.get();
    for path in ["/api/v1/events", &of_run(2)] {
        let call = |query: &str| world.get(&format!("{path}?{query}")).token(&token);
        let by_header = call("after=1").header("last-event-id", "x").answer().await;
        assert_eq!(by_header.problem(422, "invalid").fields(), ["Last-Event-ID"]);
        assert_eq!(call("after=-1").answer().await.problem(422, "invalid").fields(), ["?after"]);
        assert_eq!(call("afetr=1").answer().await.problem(422, "invalid").fields(), ["?afetr"]);
    }
    for path in ["/api/v1/events", &of_run(2)] {
        let mut stream = watch(&world, &token, path, Some("999999")).await.unwrap();
        let reset = stream.next().await.unwrap();
        assert_eq!((reset.event.as_str(), reset.id), ("reset", Some(last.to_string())), "{path}");
        // The header wins.
        let both = format!("{path}?after=999999");
        let mut stream = watch(&world, &token, &both, Some(&(last - 1).to_string())).await.unwrap();
        assert_eq!(stream.next().await.unwrap().event, "ready", "{path}");
        assert_eq!(stream.next_kept().await.unwrap().event, "run.finished", "{path}");
        let mut stream = watch(&world, &token, &format!("{path}?after={}", last - 1), None).await.unwrap();
        assert_eq!(stream.next().await.unwrap().event, "ready", "{path}");
    }
}

#[derive(Clone, Copy, Debug)]
enum Step {
    Tell(usize),
    Read(usize),
    Cut,
}

proptest! {
    #![proptest_config(Config { cases: 24, failure_persistence: None, ..Config::default() })]

    /// However often a connection is cut, and whatever happens meanwhile: no gap and no repeat.
    #[test]
    fn a_stream_that_is_cut_goes_on_where_it_was(
        steps in prop::collection::vec(
            prop_oneof![(1..4_usize).prop_map(Step::Tell), (0..4_usize).prop_map(Step::Read), Just(Step::Cut)],
            1..16,
        ),
        one_run in any::<bool>(),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(cut_and_go_on(&steps, one_run));
    }
}

async fn cut_and_go_on(steps: &[Step], one_run: bool) {
    let world = World::empty();
    let token = world.owner().await;
    let told = Told::new(1, "a");
    let path = if one_run { of_run(1) } else { "/api/v1/events".to_owned() };
    let mut events = told.whole(OutcomeKind::Ok).into_iter();
    told.tell(&world, events.by_ref().take(1).collect()).await;
    let (mut seen, mut told_count) = (Vec::new(), 1);
    let mut stream = watch(&world, &token, &path, None).await.unwrap();
    let mut last = stream.next().await.unwrap().id.unwrap();
    let from = if one_run { 0 } else { 1 };
    for step in steps.iter().copied().chain([Step::Tell(8), Step::Read(8)]) {
        match step {
            Step::Tell(count) => {
                let some: Vec<LifecycleEvent> = events.by_ref().take(count).collect();
                told_count += some.len();
                if !some.is_empty() {
                    told.tell(&world, some).await;
                }
            }
            Step::Read(count) => {
                for _ in 0..count.min(told_count - from - seen.len()) {
                    let message = stream.next_kept().await.unwrap();
                    last = message.id.clone().unwrap();
                    seen.push(message);
                }
            }
            Step::Cut if seen.len() + from == WHOLE.len() && one_run => {}
            Step::Cut => {
                stream = watch(&world, &token, &path, Some(&last)).await.unwrap();
                let ready = stream.next().await.unwrap();
                assert_eq!((ready.event.as_str(), ready.id.as_deref()), ("ready", Some(last.as_str())));
            }
        }
    }
    assert_eq!(kinds(&seen), WHOLE[from..]);
    if one_run {
        assert_eq!(stream.next().await, None, "it ends with the run");
    }
}

#[tokio::test(start_paused = true)]
async fn a_silent_stream_has_a_heartbeat_and_ends_with_its_credential() {
    let world = World::empty();
    let token = world.owner().await;
    let mut stream = watch(&world, &token, "/api/v1/events", None).await.unwrap();
    let began = Instant::now();
    assert_eq!(stream.next().await.unwrap().event, "ready");
    for count in 1..=3 {
        let beat = stream.next().await.unwrap();
        assert_eq!((beat.event.as_str(), beat.id.as_deref()), ("heartbeat", None));
        assert_eq!(beat.json(), json!({"time": "2026-11-24T01:00:00Z"}));
        assert!(began.elapsed() >= Duration::from_secs(5 * count));
    }
    let store = &world.service.store;
    for token in store.tokens(&Default::default(), None, None, 10).await.unwrap() {
        assert!(store.delete_token(&Default::default(), None, &token.id).await.unwrap());
    }
    let mut beats = 0;
    while stream.next().await.is_some() {
        beats += 1;
    }
    assert!(beats <= 2, "what was on its way, and no more");
}

#[tokio::test(start_paused = true)]
async fn a_client_that_takes_nothing_is_dropped() {
    let mut world = World::empty();
    let scripted = Scripted::put_into(&mut world);
    let token = world.owner().await;
    let told = Told::new(1, "a");
    told.tell(&world, told.whole(OutcomeKind::Ok).into_iter().take(6).collect()).await;
    let idle = Arc::strong_count(&scripted);
    let mut stream = watch(&world, &token, &of_run(1), None).await.unwrap();
    assert!(Arc::strong_count(&scripted) > idle, "somebody sends");
    while Arc::strong_count(&scripted) > idle {
        sleep(Duration::from_secs(1)).await;
    }
    // What was on its way, and no more.
    assert_eq!(kinds(&stream.rest().await), ["ready"]);
}

#[tokio::test]
async fn progress_is_the_latest_and_stands_nowhere() {
    let mut world = World::empty();
    let scripted = Scripted::put_into(&mut world);
    let token = world.owner().await;
    let told = Told::new(1, "a");
    let mut events = told.whole(OutcomeKind::Ok);
    let rest = events.split_off(4);
    told.tell(&world, events).await;
    let at = |percent_done| Progress { percent_done, ..Progress::default() };
    let (sender, receiver) = value::channel(at(0.25));
    scripted.progress.lock().unwrap().insert(job(1), receiver);
    let mut of_run = watch(&world, &token, &of_run(1), None).await.unwrap();
    let mut all = watch(&world, &token, "/api/v1/events", None).await.unwrap();
    for stream in [&mut of_run, &mut all] {
        let current = next_progress(stream).await;
        assert_eq!((&current["percentDone"], &current["jobId"]), (&json!(0.25), &json!(job(1))));
    }
    for percent in [0.5, 0.75, 1.0] {
        sender.send_replace(at(percent));
    }
    for stream in [&mut of_run, &mut all] {
        assert_eq!(next_progress(stream).await["percentDone"], 1.0, "only the latest");
    }
    sender.send_replace(at(0.1));
    told.tell(&world, rest).await;
    let mut after = Vec::new();
    while let Some(message) = of_run.next().await {
        after.push(message.event);
    }
    let end = after.iter().position(|event| event == "restic.finished").unwrap();
    assert!(!after[end..].contains(&"progress".to_owned()), "{after:?}");
}

async fn next_progress(stream: &mut crate::watching::Watching) -> serde_json::Value {
    loop {
        let message = stream.next().await.unwrap();
        if message.event == "progress" {
            assert_eq!(message.id, None);
            return message.json();
        }
    }
}

#[tokio::test]
async fn streams_end_with_the_service() {
    let world = World::empty();
    let token = world.owner().await;
    let mut stream = watch(&world, &token, "/api/v1/events", None).await.unwrap();
    assert_eq!(stream.next().await.unwrap().event, "ready");
    world.service.ending.cancel();
    while stream.next().await.is_some() {}
}
