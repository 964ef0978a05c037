//! Job files that are wrong: exit 2, one error that names the place, nothing sent, nothing written (`spec.md` §5).

use zb_tests::{FakeRestic, Hook, JobFile, Scene};

#[track_caller]
fn refused(scene: &Scene, text: &str, words: &[&str]) {
    scene.scratch.write("job.toml", text);
    let job = scene.scratch.text("job.toml");
    let restic = FakeRestic::saves(&scene.scratch);
    for command in ["run", "check"] {
        let run = scene.zb().restic(restic.command()).run(&[command, &job]);
        run.exits(2);
        let errors = run.stderr.lines().filter(|line| line.starts_with("error: ")).count();
        assert_eq!(errors, 1, "{}", run.stderr);
        for word in ["job.toml"].iter().chain(words) {
            assert!(run.stderr.contains(word), "{word:?} is not in\n{}", run.stderr);
        }
    }
    assert!(scene.receiver.requests().is_empty(), "something was sent");
    assert!(!scene.scratch.path("data").exists(), "something was written");
    assert!(restic.calls().is_empty(), "restic was called");
}

#[test]
fn wrong_toml_and_unknown_keys_name_the_line() {
    let scene = Scene::new();
    let good = scene.job().text();
    refused(&scene, "name = \n", &["line 1"]);
    refused(&scene, &format!("nam = \"x\"\n{good}"), &["nam", "line 1", "name"]);
    refused(
        &scene,
        &good.replace("[webhooks.pre]\n", "[webhooks.pre]\nheader = \"A: b\"\n"),
        &["header", "headers"],
    );
    refused(&scene, &format!("guardian = true\n{good}"), &["guardian"]);
    refused(&scene, &format!("retries = \"x\"\n{good}"), &["retries"]);
}

#[test]
fn what_a_job_must_have() {
    let scene = Scene::new();
    let good = scene.job().text();
    let without = |start: &str| {
        good.lines()
            .filter(|line| !line.starts_with(start))
            .map(|line| format!("{line}\n"))
            .collect::<String>()
    };
    refused(&scene, &without("name"), &["name"]);
    refused(&scene, &without("source"), &["source"]);
    refused(&scene, &without("password_file"), &["password"]);
    refused(&scene, &good.replace("/post\"", "/post\"\nurl_ = 1"), &["url_"]);
}

#[test]
fn bad_values() {
    let scene = Scene::new();
    for (line, word) in [
        ("id = \"db\"", "sched_"),
        ("organization = \"home\"", "org_"),
        ("schedule = \"every day\"", "schedule"),
        ("timezone = \"Mars/Olympus\"", "Mars/Olympus"),
        ("restic_flags = [\"--repo\", \"/elsewhere\"]", "--repo"),
        ("restic_flags = [\"--password-command=x\"]", "--password-command"),
        ("restic_flags = [\"/etc\"]", "/etc"),
        ("restic_flags = [\"--\"]", "--"),
        ("tags = \"a\"", "tags"),
    ] {
        refused(&scene, &scene.job().line(line).text(), &[word]);
    }
}

#[test]
fn bad_hooks() {
    let scene = Scene::new();
    let url = scene.receiver.url("/pre");
    let to = |url: &str| Hook::to(url);
    let many: String = (0..33).map(|n| format!("X-{n}: v\n")).collect();
    let long = format!("X-Long: {}\n", "v".repeat(8 * 1024));
    for (hook, words) in [
        (to(""), &["url"][..]),
        (to("ftp://host/"), &["url", "https://"]),
        (to("/hooks/stop"), &["url"]),
        (to("http://host\\evil/"), &["url"]),
        (to("http://ho\tst/"), &["url"]),
        (to(&format!("http://host/{}", "a".repeat(8 * 1024))), &["url", "8192"]),
        (to(&url).headers("A: b\nno colon\n"), &["line 2"]),
        (to(&url).headers(": b\n"), &["line 1"]),
        (to(&url).headers("A b: c\n"), &["line 1"]),
        (to(&url).headers("A:\n"), &["line 1"]),
        (to(&url).headers("A: b\n\nA: c\n"), &["line 3"]),
        (to(&url).headers("A: b\na: c\n"), &["line 2"]),
        (to(&url).headers("A: \u{1}\n"), &["line 1"]),
        (to(&url).headers("A: é\n"), &["line 1"]),
        (to(&url).headers("Host: elsewhere\n"), &["Host"]),
        (to(&url).headers("content-length: 5\n"), &["content-length"]),
        (to(&url).headers("Transfer-Encoding: chunked\n"), &["Transfer-Encoding"]),
        (to(&url).headers("Proxy-Authorization: x\n"), &["Proxy-Authorization"]),
        (to(&url).headers(&many), &["32"]),
        (to(&url).headers(&long), &["headers"]),
        (to(&url).body(&"b".repeat(64 * 1024 + 1)), &["body"]),
        (to(&url).line("attempts = 0"), &["attempts"]),
        (to(&url).line("attempts = 11"), &["attempts"]),
        (to(&url).line("timeout = 0"), &["timeout"]),
        (to(&url).line("timeout = \"2 days\""), &["timeout"]),
        (to(&url).line("signing_secret = \"secret\""), &["signing_secret"]),
        (to(&url).line("when = \"paired\""), &["when"]),
    ] {
        refused(&scene, &JobFile::new(&scene.scratch).pre(&hook).text(), words);
    }
}

#[test]
fn the_limits_themselves_are_accepted() {
    let scene = Scene::new();
    let headers: String = (0..32).map(|n| format!("X-{n}: v\n")).collect();
    let hook = Hook::to(scene.receiver.url("/pre")).headers(&headers).body(&"b".repeat(64 * 1024));
    let run = scene.run(&JobFile::new(&scene.scratch).pre(&hook), &FakeRestic::saves(&scene.scratch));
    run.exits(0);
    assert_eq!(scene.receiver.requests()[0].body.len(), 64 * 1024);
}

#[test]
fn refused_environment_names() {
    let scene = Scene::new();
    for name in ["RESTIC_PASSWORD", "LD_PRELOAD", "PATH", "ZB_RUN"] {
        let repository = format!("url = \"repo\"\npassword_file = \"password\"\nenv = {{ {name} = \"x\" }}");
        refused(&scene, &scene.job().repository(&repository).text(), &[name]);
    }
}

#[test]
fn a_job_that_is_not_there() {
    let scene = Scene::new();
    for (job, word) in [("./none.toml", "none.toml"), ("none.toml", "none.toml"), ("some-name", "some-name")]
    {
        let run = scene.zb().run(&["run", job]);
        assert!(run.exits(2).stderr.contains(word), "{}", run.stderr);
    }
    let unknown = scene.zb().run(&["show", "job_zzz"]);
    assert!(unknown.exits(2).stderr.contains("job_zzz"), "{}", unknown.stderr);
}

#[test]
fn relative_paths_are_relative_to_the_file() {
    let scene = Scene::new();
    let restic = FakeRestic::saves(&scene.scratch);
    scene.scratch.write("jobs/password", "x\n");
    scene.scratch.write("jobs/data/file", "x\n");
    let text =
        "name = \"x\"\nsource = \"data\"\n[repository]\nurl = \"repo\"\npassword_file = \"password\"\n";
    scene.scratch.write("jobs/job.toml", text);
    let run = scene.zb().restic(restic.command()).run(&["run", "jobs/job.toml", "--json"]);
    run.exits(0);
    assert_eq!(run.events().one("run.queued")["sourcePath"], scene.scratch.text("jobs/data"));
    let backup =
        restic.calls().into_iter().find(|call| call.contains("backup") && !call.contains("--help")).unwrap();
    assert!(backup.contains(&scene.scratch.text("jobs/data")), "{backup}");
}
