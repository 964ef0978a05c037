//! No byte of a planted secret in any output, argument or file (`spec.md` §4, §8, §10). Each secret is planted where
//! a job may hold one; the receiver and restic get them, nobody else.

use zb_tests::{Collector, FakeRestic, Hook, JobFile, Reply, Scene, ZbConfig, eventually};

const PASSWORD: &str = "planted-repository-password";
const HEADER: &str = "planted-header-value";
const USERINFO: &str = "planted-userinfo";
const SIGNING: &str = "cGxhbnRlZC1zaWduaW5nLXNlY3JldC1vZi0zMi1ieXQ=";
const ENVIRONMENT: &str = "planted-environment-value";
const QUERY: &str = "planted-query-token";
const ADDRESS: &str = "planted-address-of-a-destination";
const TOKEN: &str = "planted-token-of-a-destination";
const COLLECTOR: &str = "planted-token-of-the-collector";
const PLANTED: [&str; 9] =
    [PASSWORD, HEADER, USERINFO, SIGNING, ENVIRONMENT, QUERY, ADDRESS, TOKEN, COLLECTOR];

fn job(scene: &Scene) -> JobFile {
    scene.scratch.write("repository-password", format!("{PASSWORD}\n"));
    let address = |phase: &str| {
        let url = scene.receiver.url(&format!("/{phase}?token={QUERY}"));
        url.replace("http://", &format!("http://ana:{USERINFO}@"))
    };
    let hook = |phase: &str| {
        Hook::to(address(phase))
            .headers(&format!("X-Zerobyte-Hook-Secret: {HEADER}\n"))
            .line(&format!("signing_secret = \"whsec_{SIGNING}\""))
    };
    let repository = format!(
        "url = \"repo\"\npassword_file = \"repository-password\"\nenv = {{ AWS_SECRET_ACCESS_KEY = \"{ENVIRONMENT}\" }}"
    );
    JobFile::new(&scene.scratch).repository(&repository).pre(&hook("pre")).post(&hook("post"))
}

#[track_caller]
fn clean(what: &str, bytes: &[u8]) {
    for secret in PLANTED {
        let found = bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
        assert!(!found, "{secret} is in {what}");
    }
}

#[test]
fn nothing_that_zb_prints_or_keeps_holds_one() {
    let scene = Scene::new();
    // restic itself tells one of its secrets, alone and in a sentence.
    let told =
        format!("echo \"$AWS_SECRET_ACCESS_KEY\" >&2; echo \"Fatal: {ENVIRONMENT} was refused\" >&2; exit 1");
    let restic = FakeRestic::with(&scene.scratch, &told);
    let job_file = job(&scene).write(&scene.scratch);
    let zb = || scene.zb().restic(restic.command()).env("RUST_LOG", "trace");
    for (arguments, exit) in [
        (&["check", &job_file][..], 0),
        (&["run", &job_file, "--json"], 1),
        (&["run", &job_file], 1),
        (&["hook", "send", &job_file, "pre"], 0),
        (&["runs"], 0),
        (&["runs", "--json"], 0),
        (&["config"], 0),
    ] {
        let run = zb().run(arguments);
        run.exits(exit);
        clean(&format!("the output of {arguments:?}"), run.output().as_bytes());
    }
    for run in scene.runs() {
        let id = run["jobId"].as_str().unwrap();
        for arguments in [&["show", id][..], &["show", id, "--json"]] {
            clean("zb show", zb().run(arguments).exits(0).output().as_bytes());
        }
    }
    for post in scene.receiver.requests() {
        clean("a body", &post.body);
        assert_eq!(post.header("x-zerobyte-hook-secret"), Some(HEADER), "the receiver gets it all the same");
    }
    let kept = scene.scratch.files("data");
    assert!(!kept.is_empty());
    for (path, bytes) in kept {
        clean(&path.display().to_string(), &bytes);
    }
    for call in restic.calls() {
        clean("an argument of restic", call.as_bytes());
    }
}

/// Those of destinations and of the collector, too, and a job's own in what these are told.
#[test]
fn nothing_that_is_told_to_others_holds_one() {
    let (scene, collector) = (Scene::new(), Collector::start());
    let told = format!("echo \"Fatal: {ENVIRONMENT} was refused\" >&2; exit 1");
    let restic = FakeRestic::with(&scene.scratch, &told);
    let job_file = job(&scene).write(&scene.scratch);
    scene.scratch.write("token", TOKEN);
    let on = "on = [\"error\"]";
    let headers = format!("headers = \"X-Secret: {HEADER}\"\nsigning_secret = \"whsec_{SIGNING}\"\n{on}");
    ZbConfig::new()
        .notify("webhook", "webhook", &scene.receiver.url(&format!("/webhook/{ADDRESS}")), &headers)
        .notify(
            "ntfy",
            "ntfy",
            &scene.receiver.url("/ntfy/zb"),
            &format!("token = {{ file = \"token\" }}\n{on}"),
        )
        .notify("closed", "webhook", &format!("http://ana:{USERINFO}@127.0.0.1:1/{ADDRESS}?t={QUERY}"), on)
        .notify("echo", "webhook", &scene.receiver.url(&format!("/echo/{ADDRESS}")), &headers)
        .write(&scene.scratch);
    let echo = format!("no {ADDRESS}, {HEADER}");
    scene.receiver.answers(&format!("/echo/{ADDRESS}"), std::iter::repeat_n(Reply::text(404, &echo), 9));
    let allowed = format!("{},http://127.0.0.1:1", scene.receiver.origin());
    let zb = scene
        .zb()
        .allow(&allowed)
        .restic(restic.command())
        .env("ZB_CONFIG", scene.scratch.path("zb.toml"))
        .env("ZB_METRICS_FILE", scene.scratch.path("zb.prom"))
        .env("OTEL_EXPORTER_OTLP_ENDPOINT", collector.endpoint())
        .env("OTEL_EXPORTER_OTLP_HEADERS", format!("x-token={COLLECTOR}"))
        .env("RUST_LOG", "trace");
    for (arguments, exit) in [
        (&["run", &job_file, "--json"][..], 1),
        (&["notify", "test"], 1),
        (&["notify", "log"], 0),
        (&["notify", "log", "--json"], 0),
        (&["config"], 0),
        (&["config", "--json"], 0),
        (&["recover"], 0),
    ] {
        let run = zb.run(arguments);
        run.exits(exit);
        clean(&format!("the output of {arguments:?}"), run.output().as_bytes());
    }
    for (path, bytes) in [scene.scratch.files("data"), scene.scratch.files("zb.prom")].concat() {
        clean(&path.display().to_string(), &bytes);
    }
    for message in [scene.receiver.requests(), collector.requests()].concat() {
        clean(&format!("the body for {}", message.path), &message.body);
    }
    let sent_with = |path: &str, name: &str| {
        let requests = scene.receiver.requests();
        let request = requests.iter().find(|request| request.path.starts_with(path)).unwrap().clone();
        request.header(name).unwrap().to_owned()
    };
    assert_eq!(sent_with("/webhook", "x-secret"), HEADER, "the destination gets its own all the same");
    assert_eq!(sent_with("/ntfy", "authorization"), format!("Bearer {TOKEN}"));
    let export = eventually("an export", || {
        zb.run(&["recover"]).exits(0);
        collector.requests().pop()
    });
    assert_eq!(export.header("x-token"), Some(COLLECTOR));
}

#[test]
fn a_password_that_restic_prints_is_masked_wherever_it_came_from() {
    for source in ["password_env = \"REPOSITORY_PASSWORD\"", "password_file = \"repository-password\""] {
        let scene = Scene::new();
        scene.scratch.write("repository-password", format!("{PASSWORD}\n"));
        let restic = FakeRestic::exits(&scene.scratch, 1, &format!("Fatal: {PASSWORD} is wrong\n"));
        let job = scene.job().repository(&format!("url = \"repo\"\n{source}")).write(&scene.scratch);
        let zb = scene.zb().restic(restic.command()).env("REPOSITORY_PASSWORD", PASSWORD);
        clean(source, zb.run(&["run", &job, "--json"]).exits(1).output().as_bytes());
        clean(source, scene.posts()[0].to_string().as_bytes());
    }
}

#[test]
fn an_unreachable_receiver_is_told_of_without_one() {
    let scene = Scene::new();
    let restic = FakeRestic::saves(&scene.scratch);
    let url = format!("http://ana:{USERINFO}@127.0.0.1:1/pre?token={QUERY}");
    let job_file = JobFile::new(&scene.scratch).pre(&Hook::to(url)).write(&scene.scratch);
    let run =
        scene.zb().allow("http://127.0.0.1:1").restic(restic.command()).run(&["run", &job_file, "--json"]);
    clean("the output", run.exits(1).output().as_bytes());
    let refused = scene.zb().allow("").restic(restic.command()).run(&["run", &job_file]);
    clean("the output", refused.exits(1).output().as_bytes());
}

#[test]
fn a_wrong_file_is_told_of_without_one() {
    let scene = Scene::new();
    let wrong = [
        job(&scene).text().replace("X-Zerobyte-Hook-Secret: ", "X-Zerobyte-Hook-Secret "),
        job(&scene).text().replace("signing_secret = \"whsec_", "signing_secret = \"whsec:"),
        job(&scene).text().replace("AWS_SECRET_ACCESS_KEY", "RESTIC_PASSWORD"),
        job(&scene).text().replace("http://ana", "ftp://ana"),
        job(&scene).text() + "headers = \"A: b\"\n",
    ];
    for text in wrong {
        scene.scratch.write("job.toml", text);
        let run = scene.zb().run(&["run", &scene.scratch.text("job.toml")]);
        clean("the error", run.exits(2).output().as_bytes());
    }
}

#[test]
fn restics_environment_is_built_up_not_inherited() {
    let scene = Scene::new();
    let restic = FakeRestic::saves(&scene.scratch);
    let job_file = job(&scene).write(&scene.scratch);
    let zb =
        scene.zb().restic(restic.command()).env("PLANTED", "from-outside").env("RESTIC_PASSWORD", "not-this");
    let run = zb.run(&["run", &job_file, "--json"]);
    run.exits(0);
    let environment = restic.environment();
    let names: Vec<_> = environment.iter().filter_map(|line| line.split('=').next()).collect();
    assert!(!names.contains(&"PLANTED") && !names.contains(&"WEBHOOK_ALLOWED_ORIGINS"), "{names:?}");
    assert!(!environment.iter().any(|line| line.contains("not-this")), "{names:?}");
    let job = run.events().one("run.queued")["jobId"].as_str().unwrap().to_owned();
    assert!(environment.contains(&format!("ZB_RUN={job}")), "{names:?}");
    assert!(environment.contains(&format!("AWS_SECRET_ACCESS_KEY={ENVIRONMENT}")), "{names:?}");
}
