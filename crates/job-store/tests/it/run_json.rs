//! The JSON of a run, member for member: the example of the HTTP API.

use event_bus::Recorded;
use hook_core::{
    LifecycleEvent as Event, OutcomeKind, Phase, PostWhen, RunEvent, RunStatus,
    event::{
        BackupOutcome, BackupSummary, HookFinished, HookPlan, PostPlan, PrePlan, ResticFinished, RunQueued,
        Trigger,
    },
};
use job_store::Run;

use crate::world::{job, queued, schedule, told};

/// A whole run, with everything that a history can hold.
fn history() -> Vec<Recorded<RunEvent>> {
    let hook = |phase, http_status, outcome, duration_ms, error: Option<&str>, response: &str| {
        [
            Event::HookStarted {
                phase,
                attempt: 1,
                webhook_id: format!("msg_1_{phase}"),
                origin: "http://host.docker.internal:9000".to_owned(),
                status: None,
            },
            Event::HookFinished(HookFinished {
                phase,
                attempt: 1,
                outcome,
                http_status: Some(http_status),
                duration_ms,
                error: error.map(str::to_owned),
                response: Some(response.to_owned()),
            }),
        ]
    };
    let failure = "post webhook returned HTTP 500";
    let mut events = vec![
        Event::RunQueued(RunQueued {
            organization_id: "org_home".parse().unwrap(),
            job_name: "postgres data".to_owned(),
            source_path: "/data".into(),
            trigger: Trigger::Schedule,
            by: Some("ana".to_owned()),
            retry_of: Some(job(1)),
            attempt: 2,
            hooks: HookPlan {
                pre: Some(PrePlan { attempts: 1 }),
                post: Some(PostPlan { attempts: 1, when: PostWhen::Paired }),
            },
            retention: true,
            machine: 1,
        }),
        Event::ChecksFinished { duration_ms: 400, restic_version: Some("0.19.1".to_owned()), error: None },
    ];
    events.extend(hook(Phase::Pre, 200, OutcomeKind::Ok, 3400, None, "postgres\n"));
    events.extend([
        Event::ResticStarted { restic_version: "0.19.1".to_owned() },
        Event::CancelRequested { by: "SIGINT".to_owned() },
        Event::ResticFinished(ResticFinished {
            outcome: BackupOutcome::Complete,
            exit_code: Some(0),
            snapshot_id: Some("9f3c21ab".to_owned()),
            summary: Some(BackupSummary {
                files_new: 118,
                files_changed: 2304,
                files_unmodified: 38786,
                bytes_added: 327_155_712,
                total_files: 41208,
                total_bytes: 14_602_888_806,
            }),
            ..ResticFinished::default()
        }),
    ]);
    events.extend(hook(Phase::Post, 500, OutcomeKind::Rejected, 1100, Some(failure), "no such container"));
    events.extend([
        Event::RetentionStarted {},
        Event::RetentionFinished { kept: 34, removed: 1, error: None },
        Event::RunFinished {
            status: RunStatus::Warning,
            error: Some(failure.to_owned()),
            snapshot_id: Some("9f3c21ab".to_owned()),
            duration_ms: 268_000,
            pause_ms: Some(252_000),
        },
    ]);
    told(&job(2), &schedule("a"), events)
}

#[test]
fn a_whole_run() {
    let run = Run::from_history(&history()).unwrap();
    let expected = [
        &format!(r#"{{"jobId":"{}","scheduleId":"sched_a","organizationId":"org_home","#, job(2)),
        r#""jobName":"postgres data","sourcePath":"/data","trigger":"schedule","by":"ana","attempt":2,"#,
        &format!(r#""retryOf":"{}","#, job(1)),
        r#""state":"finished","status":"warning","error":"post webhook returned HTTP 500","interrupted":false,"#,
        r#""cancelRequestedBy":"SIGINT","postHook":"failed","postHookClearedBy":null,"#,
        r#""queuedAt":"2026-11-24T01:00:00Z","startedAt":"2026-11-24T01:00:00.6Z","#,
        r#""finishedAt":"2026-11-24T01:00:11Z","durationMs":268000,"pauseMs":252000,"resticVersion":"0.19.1","#,
        r#""exitCode":0,"signal":null,"snapshotId":"9f3c21ab","stderr":null,"#,
        r#""summary":{"filesNew":118,"filesChanged":2304,"filesUnmodified":38786,"#,
        r#""bytesProcessed":14602888806,"bytesAdded":327155712},"#,
        r#""retention":{"kept":34,"removed":1,"error":null},"progress":null,"#,
        r#""hooks":{"pre":{"webhookId":"msg_1_pre","origin":"http://host.docker.internal:9000","attempts":["#,
        r#"{"attempt":1,"startedAt":"2026-11-24T01:00:02Z","durationMs":3400,"outcome":"ok","httpStatus":200,"#,
        r#""error":null,"response":"postgres\n"}]},"#,
        r#""post":{"webhookId":"msg_1_post","origin":"http://host.docker.internal:9000","attempts":["#,
        r#"{"attempt":1,"startedAt":"2026-11-24T01:00:07Z","durationMs":1100,"outcome":"rejected","#,
        r#""httpStatus":500,"error":"post webhook returned HTTP 500","response":"no such container"}]}}}"#,
    ];
    assert_eq!(serde_json::to_string(&run).unwrap(), expected.concat());
}

#[test]
fn a_run_that_was_only_queued_has_every_member() {
    let run =
        Run::from_history(&told(&job(2), &schedule("a"), vec![queued(&job(2), &schedule("a"))])).unwrap();
    let expected = [
        &format!(r#"{{"jobId":"{}","scheduleId":"sched_a","organizationId":"org_default","#, job(2)),
        r#""jobName":"postgres data","sourcePath":"/data","trigger":"cli","by":null,"attempt":1,"retryOf":null,"#,
        r#""state":"queued","status":null,"error":null,"interrupted":false,"cancelRequestedBy":null,"#,
        r#""postHook":"none","postHookClearedBy":null,"queuedAt":"2026-11-24T01:00:00Z","startedAt":null,"#,
        r#""finishedAt":null,"durationMs":null,"pauseMs":null,"resticVersion":null,"exitCode":null,"signal":null,"#,
        r#""snapshotId":null,"stderr":null,"summary":null,"retention":null,"progress":null,"#,
        r#""hooks":{"pre":null,"post":null}}"#,
    ];
    assert_eq!(serde_json::to_string(&run).unwrap(), expected.concat());
}

#[test]
fn a_history_that_does_not_begin_is_no_run() {
    assert_eq!(Run::from_history(&[]), None);
    assert_eq!(Run::from_history(&history()[1..]), None);
}
