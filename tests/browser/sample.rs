//! A service in which everything has happened once: what pages show when it is there.

use std::fs;

use zb_tests::{FakeRestic, Hook, HookReceiver, JobFile, Reply, Scratch, Service, Zb, eventually};

/// What this restic says while it works, and then waits for the file `go`.
const PROGRESS: &str = r#"{"message_type":"status","seconds_elapsed":3,"seconds_remaining":9,"percent_done":0.42,"total_files":41208,"files_done":17310,"total_bytes":14602888806,"bytes_done":6133213298,"current_files":["/data/base/16384/2608"]}"#;

const SUMMARY: &str = r#"{"message_type":"summary","files_new":118,"files_changed":2304,"files_unmodified":38786,"dirs_new":1,"dirs_changed":0,"dirs_unmodified":0,"data_blobs":2,"tree_blobs":1,"data_added":327155712,"total_files_processed":41208,"total_bytes_processed":14602888806,"total_duration":0.1,"snapshot_id":"9f3c21ab"}"#;

/// A restic whose backup ends as a tag of its job says.
pub(crate) fn restic(scratch: &Scratch) -> FakeRestic {
    let go = scratch.text("go");
    let fails =
        "Fatal: unable to open repository at /backups/repo: stat /backups/repo: no such file or directory";
    FakeRestic::with(
        scratch,
        &format!(
            "trap 'exit 130' INT; case \"$*\" in \
             *is-wrong*) echo '{fails}' >&2; exit 1 ;; \
             *is-partial*) echo 'error: open /data/base/pg_internal.init: permission denied' >&2; echo '{SUMMARY}'; exit 3 ;; \
             *is-slow*) echo '{PROGRESS}'; until [ -e '{go}' ]; do sleep 0.05; done ;; \
             esac; echo '{SUMMARY}'"
        ),
    )
}

/// A job of the tag `is-<kind>`, stored as `sched_<kind>`.
pub(crate) fn import(
    scratch: &Scratch,
    zb: &Zb<'_>,
    kind: &str,
    name: &str,
    change: impl Fn(JobFile) -> JobFile,
) {
    let tag = format!("id = \"sched_{kind}\"\ntags = [\"is-{kind}\"]");
    let text = change(JobFile::new(scratch).line(&tag)).text();
    let text = text.replace("name = \"postgres data\"", &format!("name = \"{name}\""));
    let file = scratch.write("import.toml", text);
    zb.run(&["job", "import", "--replace", file.to_str().unwrap()]).exits(0);
    fs::remove_file(file).unwrap();
}

/// Runs it and waits for its end: the run's id.
pub(crate) fn run(service: &Service, kind: &str) -> String {
    let id = service.run_now(&format!("sched_{kind}"));
    is(service, &id, "finished");
    id
}

/// Waits until a run is in a state of `api.md` §5.
pub(crate) fn is(service: &Service, run: &str, state: &str) {
    let now = || service.ask("GET", &format!("/api/v1/runs/{run}"), "").json()["state"].clone();
    eventually(&format!("{run} is {state}"), || (now() == state).then_some(()));
}

/// The runs by what became of them.
#[derive(Debug)]
pub(crate) struct Runs {
    pub(crate) calm: String,
    pub(crate) partial: String,
    pub(crate) wrong: String,
    pub(crate) owed: String,
    pub(crate) cancelled: String,
    pub(crate) slow: String,
    pub(crate) died: String,
}

/// Jobs of every kind, and a run of each; `slow` is at work until the file `go` is there.
pub(crate) fn happen(scratch: &Scratch, zb: &Zb<'_>, service: &Service, receiver: &HookReceiver) -> Runs {
    let both = |job: JobFile| job.hooks(receiver);
    let died = service.ask("GET", "/api/v1/runs?interrupted=true", "").json()["items"][0]["jobId"].clone();
    let daily = "schedule = \"0 2 * * *\"\ntimezone = \"Europe/Madrid\"";
    import(scratch, zb, "calm", "photos", |job| {
        let secret =
            Hook::to(receiver.url("/pre")).headers("X-Zerobyte-Hook-Secret: a secret\nX-Other: one\n");
        job.line(daily).pre(&secret).post(&Hook::to(receiver.url("/post")).line("body = \"{}\""))
    });
    import(scratch, zb, "partial", "nextcloud", both);
    import(scratch, zb, "wrong", "mail archive", |job| job.line(daily));
    import(scratch, zb, "owed", "postgres data", |job| {
        job.pre(&Hook::to(receiver.url("/pre"))).post(&Hook::to(receiver.url("/broken")))
    });
    import(
        scratch,
        zb,
        "slow",
        "a backup with quite a long name, as people give them, of the whole media library",
        both,
    );
    import(scratch, zb, "off", "old laptop", |job| job.line("enabled = false").line(daily));
    let script = "start-postgres.sh: line 7: docker: command not found\n";
    let cries = Reply::text(500, &script.repeat(9));
    receiver.answers("/broken", [cries]);
    let cancelled = service.run_now("sched_slow");
    is(service, &cancelled, "backing-up");
    assert_eq!(service.ask("POST", &format!("/api/v1/runs/{cancelled}/cancel"), "").status, 202);
    is(service, &cancelled, "finished");
    let slow = service.run_now("sched_slow");
    is(service, &slow, "backing-up");
    Runs {
        calm: run(service, "calm"),
        partial: run(service, "partial"),
        wrong: run(service, "wrong"),
        owed: run(service, "owed"),
        cancelled,
        slow,
        died: died.as_str().unwrap().to_owned(),
    }
}

/// A run that died with everything around it, before the service starts: its hooks, and what it had of the backup.
pub(crate) fn dies(scratch: &Scratch, zb: &Zb<'_>, receiver: &HookReceiver) {
    import(scratch, zb, "slow", "media", |job| job.hooks(receiver));
    let running = zb.spawn(&["run", "sched_slow"]);
    let _ = receiver.wait_for(1);
    scratch.kill_every_zb();
    running.wait().was_killed();
}

/// A job that a file of the jobs directory has.
pub(crate) fn write_job_file(scratch: &Scratch) {
    let text = JobFile::new(scratch).line("id = \"sched_file\"").text();
    scratch.write("jobs/web.toml", text.replace("postgres data", "web site"));
}

/// A destination of notifications that was tried once: its id.
pub(crate) fn destination(service: &Service, receiver: &HookReceiver) -> String {
    let settings = format!("{{\"url\":{:?}}}", receiver.url("/told"));
    let asked = format!(
        "{{\"name\":\"Ana, phone\",\"kind\":\"webhook\",\"on\":[\"error\"],\"settings\":{settings}}}"
    );
    let made = service.ask("POST", "/api/v1/notifications/destinations", &asked);
    assert_eq!(made.status, 201, "{made:?}");
    let id = made.json()["destinationId"].as_str().unwrap().to_owned();
    let tried = service.ask("POST", &format!("/api/v1/notifications/destinations/{id}/test"), "");
    assert_eq!(tried.status, 200, "{tried:?}");
    id
}
