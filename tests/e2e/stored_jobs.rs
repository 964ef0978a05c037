//! Jobs in the store: imported, used by id or name wherever JOB stands, exported, replaced and deleted
//! (`spec.md` §5, §7; `api.md` §1 "Secrets are write-only").

use std::fs;

use zb_tests::{FakeRestic, Finished, Hook, JobFile, Reply, ResticRepo, Scene};

const HEADER: &str = "planted-header-value";
const USERINFO: &str = "planted-userinfo";
const ENVIRONMENT: &str = "planted-environment-value";
const PASSWORD: &str = "planted-repository-password";
const PLANTED: [&str; 4] = [HEADER, USERINFO, ENVIRONMENT, PASSWORD];

/// A job with both hooks and a secret wherever one may stand in a file.
fn job(scene: &Scene) -> JobFile {
    let hook = |phase: &str| {
        let url =
            scene.receiver.url(&format!("/{phase}")).replace("http://", &format!("http://ana:{USERINFO}@"));
        Hook::to(url).headers(&format!("X-Secret: {HEADER}\n"))
    };
    JobFile::new(&scene.scratch)
        .line("id = \"sched_pg\"")
        .repository(&format!(
            "url = \"repo\"\npassword_file = \"password\"\nenv = {{ AWS_SECRET_ACCESS_KEY = \"{ENVIRONMENT}\" }}"
        ))
        .pre(&hook("pre"))
        .post(&hook("post"))
}

fn zb(scene: &Scene, arguments: &[&str]) -> Finished {
    scene.zb().run(arguments)
}

fn import(scene: &Scene, job: &JobFile) {
    let file = job.write(&scene.scratch);
    zb(scene, &["job", "import", &file]).exits(0);
    fs::remove_file(file).unwrap();
}

fn export(scene: &Scene, job: &str) -> String {
    zb(scene, &["job", "export", job]).exits(0).stdout.clone()
}

/// What is stored, with the secrets.
fn stored(scene: &Scene) -> String {
    zb(scene, &["job", "export", "sched_pg", "--secrets"]).exits(0).stdout.clone()
}

fn listed(scene: &Scene) -> Vec<serde_json::Value> {
    zb(scene, &["job", "list", "--json"]).exits(0).events().iter().cloned().collect()
}

#[track_caller]
fn refused(run: &Finished, exit: i32, words: &[&str]) {
    run.exits(exit);
    for word in words {
        assert!(run.stderr.contains(word), "{word:?} is not in {}", run.stderr);
    }
}

#[track_caller]
fn clean(what: &str, text: &[u8]) {
    for secret in PLANTED {
        let found = text.windows(secret.len()).any(|window| window == secret.as_bytes());
        assert!(!found, "{secret} is in {what}");
    }
}

#[test]
fn a_stored_job_runs_by_name_and_by_id_as_its_file_did() {
    let scene = Scene::new();
    let repo = ResticRepo::create(&scene.scratch);
    scene.scratch.write("source/rows.txt", "rows");
    let file = job(&scene).write(&scene.scratch);
    zb(&scene, &["run", &file]).exits(0);
    let said = zb(&scene, &["job", "import", &file]);
    assert_eq!(said.exits(0).stdout, "Imported \"postgres data\" as sched_pg, revision 1\n");
    fs::remove_file(file).unwrap();

    zb(&scene, &["run", "postgres data"]).exits(0);
    zb(&scene, &["run", "sched_pg"]).exits(0);
    assert_eq!(repo.snapshots().len(), 3);
    let tags = repo.snapshots().into_iter().map(|snapshot| snapshot["tags"].clone());
    assert!(tags.into_iter().all(|tags| tags.to_string().contains("sched_pg")));
    let requests = scene.receiver.requests();
    assert_eq!(scene.receiver.paths(), ["/pre", "/post"].repeat(3));
    for request in &requests {
        assert_eq!(request.header("x-secret"), Some(HEADER));
        assert_eq!(request.header("authorization"), requests[0].header("authorization"));
        assert_eq!(request.json()["scheduleId"], "sched_pg");
        assert_eq!(request.json()["sourcePath"], requests[0].json()["sourcePath"]);
    }
    assert_eq!(zb(&scene, &["runs", "postgres data"]).exits(0).stdout.lines().count(), 3);
}

#[test]
fn every_command_takes_a_stored_job() {
    let scene = Scene::new();
    scene.scratch.write("source/rows.txt", "rows");
    import(&scene, &job(&scene).line("retention = { keep_last = 1 }"));
    for (arguments, said) in [
        (&["init", "sched_pg"][..], ""),
        (&["check", "postgres data"], "Every check passed."),
        (&["hook", "send", "sched_pg", "pre"], "Answered HTTP 200"),
        (&["run", "sched_pg"], ""),
        (&["snapshots", "postgres data", "--json"], "sched_pg"),
        (&["restore", "sched_pg", "--target", "restored"], ""),
        (&["forget", "sched_pg"], ""),
        (&["unlock", "sched_pg"], ""),
        (&["restic", "sched_pg", "--", "ls", "latest"], "rows.txt"),
        (&["runs", "sched_pg"], "postgres data"),
    ] {
        let done = zb(&scene, arguments);
        assert!(done.exits(0).stdout.contains(said), "{arguments:?}: {}", done.output());
        clean(&format!("{arguments:?}"), done.output().as_bytes());
    }
    let restored = scene.scratch.files("restored");
    assert!(restored.iter().any(|(path, bytes)| path.ends_with("rows.txt") && bytes == b"rows"));
    let none = zb(&scene, &["hook", "send", "sched_pg", "pre", "--json"]);
    none.exits(2);
}

#[test]
fn what_is_shown_and_kept_holds_no_secret() {
    let scene = Scene::new();
    let file =
        job(&scene).text().replace("password_file = \"password\"", &format!("password = \"{PASSWORD}\""));
    scene.scratch.write("job.toml", file);
    let zb = |arguments: &[&str]| scene.zb().env("RUST_LOG", "trace").run(arguments);
    for arguments in [
        &["job", "import", "job.toml"][..],
        &["job", "import", "job.toml", "--replace"],
        &["job", "list"],
        &["job", "list", "--json"],
        &["job", "export", "sched_pg"],
        &["check", "sched_pg"],
    ] {
        clean(&format!("{arguments:?}"), zb(arguments).exits(0).output().as_bytes());
    }
    let shown = stored(&scene);
    assert!(PLANTED.iter().all(|secret| shown.contains(secret)), "they are there for whoever asks: {shown}");
    let kept = scene.scratch.files("data");
    assert!(!kept.is_empty());
    for (path, bytes) in kept {
        clean(&path.display().to_string(), &bytes);
    }
}

/// `password` is a key that only an import knows, and restic gets it.
#[test]
fn a_password_in_the_store_opens_the_repository() {
    let scene = Scene::new();
    let _repo = ResticRepo::create(&scene.scratch);
    scene.scratch.write("source/rows.txt", "rows");
    let text = job(&scene).text();
    let given = "password = \"correct horse battery staple\"";
    let file = scene.scratch.write("job.toml", text.replace("password_file = \"password\"", given));
    refused(&zb(&scene, &["run", "./job.toml"]), 2, &["a password does not belong in a job file"]);
    zb(&scene, &["job", "import", "job.toml"]).exits(0);
    fs::remove_file(file).unwrap();
    zb(&scene, &["run", "sched_pg"]).exits(0);
}

#[test]
fn an_export_onto_the_same_job_changes_nothing_but_the_revision() {
    let scene = Scene::new();
    import(&scene, &job(&scene));
    let before = stored(&scene);
    scene.scratch.write("export.toml", export(&scene, "postgres data"));
    let again = zb(&scene, &["job", "import", "export.toml", "--replace"]);
    assert_eq!(again.exits(0).stdout, "Replaced \"postgres data\" as sched_pg, revision 2\n");
    assert_eq!(stored(&scene), before);
    let restic = FakeRestic::saves(&scene.scratch);
    scene.zb().restic(restic.command()).run(&["run", "sched_pg"]).exits(0);
    assert_eq!(scene.receiver.requests()[0].header("x-secret"), Some(HEADER));
}

#[test]
fn a_mask_goes_to_no_other_address_and_into_no_run() {
    let scene = Scene::new();
    import(&scene, &job(&scene));
    let before = stored(&scene);
    let shown = export(&scene, "sched_pg");
    scene.scratch.write("moved.toml", shown.replacen("@127.0.0.1", "@localhost", 1));
    let other = scene.receiver.origin().replace("127.0.0.1", "localhost");
    let moved = scene.zb().allow(&format!("{},{other}", scene.receiver.origin())).run(&[
        "job",
        "import",
        "moved.toml",
        "--replace",
    ]);
    refused(&moved, 2, &["moved.toml, line ", "`webhooks.pre.url`", "the address changed: enter it again"]);

    scene.scratch.write("new.toml", shown.replace("sched_pg", "sched_other"));
    refused(&zb(&scene, &["job", "import", "new.toml"]), 2, &["no stored value to keep"]);

    scene.scratch.write("masked.toml", &shown);
    for command in ["run", "check"] {
        refused(&zb(&scene, &[command, "masked.toml"]), 2, &["masked.toml, line ", "holds a mask"]);
    }
    assert_eq!(stored(&scene), before);
    assert!(scene.runs().is_empty() && scene.receiver.requests().is_empty());
}

#[test]
fn an_import_says_what_is_in_its_way() {
    let scene = Scene::new();
    let file = job(&scene).write(&scene.scratch);
    let nowhere = scene.scratch.zb().run(&["job", "import", &file]);
    let origin = scene.receiver.origin();
    let sentence = format!("pre webhook URL origin is not allowed. Add {origin} to WEBHOOK_ALLOWED_ORIGINS.");
    refused(&nowhere, 1, &[&sentence]);
    assert!(scene.scratch.files("data").is_empty(), "nothing was made");

    zb(&scene, &["job", "import", &file]).exits(0);
    refused(
        &zb(&scene, &["job", "import", &file]),
        2,
        &["there is a stored job sched_pg already", "--replace"],
    );
    let other = job(&scene).text().replace("sched_pg", "sched_other");
    scene.scratch.write("other.toml", other);
    refused(&zb(&scene, &["job", "import", "other.toml"]), 2, &["\"postgres data\" already: sched_pg"]);
    scene.scratch.write("bad.toml", job(&scene).text().replace("[webhooks.post]", "[webhooks.past]"));
    refused(&zb(&scene, &["job", "import", "bad.toml", "--replace"]), 2, &["bad.toml, line ", "past"]);
    refused(&zb(&scene, &["job", "import", "none.toml"]), 2, &["there is no such file"]);
    assert_eq!(listed(&scene).len(), 1);
    assert_eq!(listed(&scene)[0]["revision"], 1);
}

#[test]
fn a_derived_id_is_kept_whatever_the_job_is_called_later() {
    let scene = Scene::new();
    let text = job(&scene).text().replace("id = \"sched_pg\"\n", "");
    scene.scratch.write("job.toml", text);
    zb(&scene, &["job", "import", "job.toml"]).exits(0);
    let id = listed(&scene)[0]["scheduleId"].as_str().unwrap().to_owned();
    let renamed = export(&scene, &id).replace("name = \"postgres data\"", "name = \"postgres\"");
    scene.scratch.write("renamed.toml", renamed);
    zb(&scene, &["job", "import", "renamed.toml", "--replace"]).exits(0);
    let jobs = listed(&scene);
    assert_eq!((jobs.len(), &jobs[0]["name"], &jobs[0]["scheduleId"]), (1, &"postgres".into(), &id.into()));
}

#[test]
fn a_job_that_is_not_there_is_exit_2_with_the_nearest_name() {
    let scene = Scene::new();
    for command in [&["run", "postgres"][..], &["check", "postgres"], &["job", "export", "postgres"]] {
        refused(
            &zb(&scene, command),
            2,
            &["no stored job is called postgres", "for a file write ./postgres"],
        );
    }
    assert!(scene.scratch.files("data").is_empty(), "nothing was made");
    import(&scene, &job(&scene));
    refused(&zb(&scene, &["run", "postgres dat"]), 2, &["did you mean postgres data?"]);
    refused(&zb(&scene, &["job", "delete", "sched_pq"]), 2, &["did you mean sched_pg?"]);
    refused(&zb(&scene, &["job", "delete", "job.toml"]), 2, &["job.toml is a file, not a stored job"]);

    let other = job(&scene).line("organization = \"org_b\"").text().replace("sched_pg", "sched_b");
    scene.scratch.write("other.toml", other);
    zb(&scene, &["job", "import", "other.toml"]).exits(0);
    let ids = "sched_b of org_b, sched_pg of org_default";
    refused(&zb(&scene, &["run", "postgres data"]), 2, &["more than one stored job", ids, "write the id"]);
    zb(&scene, &["job", "export", "sched_b"]).exits(0);
    assert!(scene.runs().is_empty());
}

#[test]
fn without_the_key_no_job_is_opened_and_the_history_is() {
    let scene = Scene::new();
    import(&scene, &job(&scene));
    let restic = FakeRestic::saves(&scene.scratch);
    scene.zb().restic(restic.command()).run(&["run", "sched_pg"]).exits(0);
    fs::remove_file(scene.scratch.path("data/key")).unwrap();
    let file = job(&scene).write(&scene.scratch);
    for command in [
        &["run", "sched_pg"][..],
        &["job", "list"],
        &["job", "export", "sched_pg"],
        &["job", "import", &file, "--replace"],
        &["job", "delete", "sched_pg"],
    ] {
        refused(&zb(&scene, command), 1, &["the key file ", " is missing", "put the key back from a copy"]);
    }
    for job in ["postgres data", "sched_pg"] {
        assert_eq!(zb(&scene, &["runs", job]).exits(0).stdout.lines().count(), 1, "{job}");
    }
    assert_eq!(scene.receiver.requests().len(), 2);
}

#[test]
fn a_running_job_is_not_deleted_and_a_deleted_one_leaves_its_history() {
    let scene = Scene::new();
    import(&scene, &job(&scene));
    let restic = FakeRestic::saves_when_told(&scene.scratch);
    let mut run = scene.zb().restic(restic.command()).spawn(&["run", "postgres data", "--json"]);
    let id = run.wait_for_event("run.queued")["jobId"].as_str().unwrap().to_owned();
    restic.wait_until_started();
    refused(&zb(&scene, &["job", "delete", "postgres data"]), 4, &["is running, as ", &id]);
    scene.scratch.write("go", "");
    run.wait().exits(0);
    zb(&scene, &["job", "delete", "postgres data"]).exits(0);
    assert!(listed(&scene).is_empty());
    refused(&zb(&scene, &["run", "postgres data"]), 2, &["no stored job is called postgres data"]);
    assert_eq!(scene.only_run()["jobName"], "postgres data");
    assert_eq!(scene.receiver.paths(), ["/pre", "/post"]);
}

/// The run's own plan has all that the post hook needs.
#[test]
fn the_post_hook_of_a_deleted_job_is_still_delivered() {
    let scene = Scene::new();
    import(&scene, &job(&scene));
    let restic = FakeRestic::saves(&scene.scratch);
    scene.receiver.answers("/pre", [Reply::Silence]);
    let run = scene.zb().restic(restic.command()).spawn(&["run", "sched_pg"]);
    let _ = scene.receiver.wait_for(1);
    scene.scratch.kill_every_zb();
    run.wait().was_killed();
    zb(&scene, &["job", "delete", "sched_pg"]).exits(0);
    zb(&scene, &["recover"]).exits(0);
    assert_eq!(scene.receiver.paths(), ["/pre", "/post"]);
    let post = &scene.receiver.requests_to("/post")[0];
    assert_eq!((post.json()["status"].as_str(), post.header("x-secret")), (Some("error"), Some(HEADER)));
    assert_eq!(scene.only_run()["postHook"], "delivered");
}
