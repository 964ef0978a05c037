//! `headers_from`: a header's value from a variable or a file, read for the checks and again at each send (`spec.md`
//! §5).

use zb_tests::{FakeRestic, Gate, Hook, JobFile, Reply, Scene};

const PLANTED: &str = "planted-hook-secret";

/// Both hooks take a header from `source`, as `{ env = "HOOK_SECRET" }`.
fn job(scene: &Scene, source: &str) -> JobFile {
    let line = format!("headers_from = {{ \"X-Zerobyte-Hook-Secret\" = {source} }}");
    let hook = |path| Hook::to(scene.receiver.url(path)).headers("X-Other: 1\n").line(&line);
    JobFile::new(&scene.scratch).pre(&hook("/pre")).post(&hook("/post"))
}

/// What each request had in the header, in order.
fn sent(scene: &Scene) -> Vec<String> {
    let value = |request: &zb_tests::Request| request.header("x-zerobyte-hook-secret").map(str::to_owned);
    scene.receiver.requests().iter().map(|request| value(request).unwrap_or_default()).collect()
}

#[test]
fn a_variable_or_a_file_gives_the_value() {
    for source in ["{ env = \"HOOK_SECRET\" }", "{ file = \"hook-secret\" }"] {
        let scene = Scene::new();
        scene.scratch.write("hook-secret", format!("{PLANTED}\n"));
        let job = job(&scene, source).write(&scene.scratch);
        let restic = FakeRestic::saves(&scene.scratch);
        let zb = scene.zb().restic(restic.command()).env("HOOK_SECRET", PLANTED);
        zb.run(&["run", &job]).exits(0);
        zb.run(&["hook", "send", &job, "pre"]).exits(0);
        assert_eq!(sent(&scene), [PLANTED; 3], "{source}");
        let other = |request: &zb_tests::Request| request.header("x-other") == Some("1");
        assert!(scene.receiver.requests().iter().all(other));
    }
}

#[test]
fn a_secret_that_was_rotated_is_used_and_one_that_is_gone_was_kept() {
    for (meanwhile, then) in [("printf rotated >", "rotated"), ("rm", PLANTED), (":>", PLANTED)] {
        let scene = Scene::new();
        scene.scratch.write("hook-secret", PLANTED);
        let file = scene.scratch.text("hook-secret");
        let restic = FakeRestic::with(&scene.scratch, &format!("{meanwhile} '{file}'; exit 1"));
        scene.run(&job(&scene, "{ file = \"hook-secret\" }"), &restic).exits(1);
        assert_eq!(sent(&scene), [PLANTED, then], "{meanwhile}");
    }
}

#[test]
fn recovery_that_finds_no_source_sends_the_value_that_was_sealed() {
    let scene = Scene::new();
    let gate = Gate::new();
    scene.receiver.answers("/pre", [Reply::status(200).behind(&gate)]);
    let file = scene.scratch.write("hook-secret", PLANTED);
    let run = scene.start(&job(&scene, "{ file = \"hook-secret\" }"), &FakeRestic::saves(&scene.scratch));
    let _ = scene.receiver.wait_for(1);
    std::fs::remove_file(file).unwrap();
    run.kill9();
    run.wait().was_killed();
    scene.zb().run(&["recover"]).exits(0);
    let _ = scene.receiver.wait_for(2); // from whoever came first
    assert_eq!(sent(&scene), [PLANTED; 2]);
}

#[test]
fn without_a_value_that_can_be_sent_nothing_is_paused() {
    for (value, reason) in [
        (None, "it cannot be read: No such file or directory"),
        (Some(""), "it is empty"),
        (Some("\n"), "it is empty"),
        (Some("planted-1\nplanted-2\n"), "the value contains the control character U+000A"),
        (Some("planted-é"), "the value contains a character that is not ASCII"),
    ] {
        let scene = Scene::new();
        if let Some(value) = value {
            scene.scratch.write("hook-secret", value);
        }
        let restic = FakeRestic::saves(&scene.scratch);
        let run = scene.run(&job(&scene, "{ file = \"hook-secret\" }"), &restic);
        run.exits(1);
        let file = scene.scratch.text("hook-secret");
        let error = run.events().one("checks.finished")["error"].as_str().unwrap().to_owned();
        for phase in ["pre", "post"] {
            let said = format!(
                "{phase} webhook cannot be sent: the header X-Zerobyte-Hook-Secret cannot be taken from {file}: {reason}"
            );
            assert!(error.contains(&said), "{error}");
        }
        assert!(!run.output().contains("planted-"), "{}", run.output());
        assert!(scene.receiver.requests().is_empty());
        assert_eq!((scene.only_run()["status"].as_str(), restic.backups()), (Some("error"), 0));
    }
}

#[test]
fn a_name_that_is_in_both_is_no_job() {
    let scene = Scene::new();
    let job = job(&scene, "{ env = \"HOOK_SECRET\" }").text().replace("X-Other", "x-zerobyte-hook-secret");
    scene.scratch.write("job.toml", job);
    let run = scene.zb().env("HOOK_SECRET", PLANTED).run(&["run", &scene.scratch.text("job.toml")]);
    let said = "`webhooks.pre.headers_from`: X-Zerobyte-Hook-Secret is there already, here or in headers";
    assert!(run.exits(2).stderr.contains(said), "{}", run.stderr);
    assert!(scene.runs().is_empty());
}

#[test]
fn check_says_where_the_value_is_and_nothing_says_what() {
    let scene = Scene::new();
    let restic = FakeRestic::saves(&scene.scratch);
    let job = job(&scene, "{ env = \"HOOK_SECRET\" }").write(&scene.scratch);
    let zb = || scene.zb().restic(restic.command()).env("HOOK_SECRET", PLANTED).env("RUST_LOG", "trace");
    let check = zb().run(&["check", &job]);
    let line = "X-Zerobyte-Hook-Secret: •••••••• (from $HOOK_SECRET)";
    assert!(check.exits(0).stdout.contains(line), "{}", check.stdout);
    let run = zb().run(&["run", &job, "--json"]);
    run.exits(0);
    let shown = zb().run(&["show", run.events().one("run.queued")["jobId"].as_str().unwrap(), "--json"]);
    for output in [check.output(), run.output(), shown.exits(0).output()] {
        assert!(!output.contains(PLANTED), "{output}");
    }
    for (path, bytes) in scene.scratch.files("data") {
        let found = bytes.windows(PLANTED.len()).any(|window| window == PLANTED.as_bytes());
        assert!(!found, "{} holds it", path.display());
    }
    let missing = scene.zb().restic(restic.command()).run(&["check", &job]);
    let said = "the header X-Zerobyte-Hook-Secret cannot be taken from $HOOK_SECRET: it is not set";
    assert!(missing.exits(1).stdout.contains(said), "{}", missing.stdout);
}
