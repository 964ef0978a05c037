//! What a hook looks like on the wire (`spec.md` §1 and §2).

use serde_json::Value;
use zb_tests::{FakeRestic, Finished, Hook, JobFile, Reply, Request, Scene};

fn keys(body: &Value) -> Vec<&str> {
    body.as_object().unwrap().keys().map(String::as_str).collect()
}

fn saved(scene: &Scene, job: &JobFile) -> Finished {
    scene.run(job, &FakeRestic::saves(&scene.scratch))
}

/// A job with one hook line changed, as pre hook; the post hook is plain.
fn with_pre(scene: &Scene, change: impl Fn(Hook) -> Hook) -> JobFile {
    let pre = change(Hook::to(scene.receiver.url("/pre")));
    JobFile::new(&scene.scratch).pre(&pre).post(&Hook::to(scene.receiver.url("/post")))
}

#[test]
fn the_default_body_has_the_seeds_keys_in_the_seeds_order() {
    let scene = Scene::new();
    let run = saved(&scene, &scene.job().line("id = \"sched_db\"").line("organization = \"org_home\""));
    run.exits(0);
    let [pre, post] = &scene.receiver.requests()[..] else { panic!("{:?}", scene.receiver.paths()) };
    let events = run.events();
    let job = events.one("run.queued")["jobId"].as_str().unwrap();
    let source = scene.scratch.text("source");
    let rest = format!(
        r#""jobId":"{job}","scheduleId":"sched_db","organizationId":"org_home","sourcePath":"{source}""#
    );
    let expected = format!(r#"{{"phase":"pre","event":"backup.pre",{rest}}}"#);
    assert_eq!(String::from_utf8_lossy(&pre.body), expected);
    let expected = format!(r#"{{"phase":"post","event":"backup.post",{rest},"status":"success"}}"#);
    assert_eq!(String::from_utf8_lossy(&post.body), expected);
}

#[test]
fn error_stands_last_and_only_where_there_is_one() {
    let scene = Scene::new();
    let run = scene.run(&scene.job(), &FakeRestic::exits(&scene.scratch, 1, "Fatal: no\n"));
    run.exits(1);
    let post = &scene.posts()[0];
    assert_eq!(
        keys(post),
        ["phase", "event", "jobId", "scheduleId", "organizationId", "sourcePath", "status", "error"]
    );
    assert_eq!(post["organizationId"], "org_default");
}

#[test]
fn a_chatty_restic_never_makes_the_body_too_large() {
    let scene = Scene::new();
    let noise = "\"Fatal\": \u{1}\\ écrit\n".repeat(20_000);
    let run = scene.run(&scene.job(), &FakeRestic::exits(&scene.scratch, 1, &noise));
    run.exits(1);
    let body = scene.receiver.requests_to("/post")[0].clone();
    let error = serde_json::to_string(&body.json()["error"]).unwrap();
    assert!(error.len() - 2 <= 16 * 1024, "{} bytes", error.len());
    assert!(body.body.len() < 64 * 1024);
}

#[test]
fn the_schedule_is_the_same_at_every_run_and_the_job_never() {
    let scene = Scene::new();
    for _ in 0..2 {
        saved(&scene, &scene.job()).exits(0);
    }
    let posts = scene.posts();
    assert_eq!(posts[0]["scheduleId"], posts[1]["scheduleId"]);
    assert_ne!(posts[0]["jobId"], posts[1]["jobId"]);
    let job = posts[0]["jobId"].as_str().unwrap();
    assert_eq!((&job[..4], job.len()), ("job_", 30));
}

#[test]
fn what_is_added_to_every_request() {
    let scene = Scene::new();
    saved(&scene, &scene.job()).exits(0);
    for (request, phase) in scene.receiver.requests().iter().zip(["pre", "post"]) {
        let job = request.json()["jobId"].as_str().unwrap().replace("job_", "");
        assert_eq!(request.method, "POST");
        assert!(String::from_utf8_lossy(&request.raw).starts_with(&format!("POST /{phase} HTTP/1.1\r\n")));
        assert_eq!(request.header("content-type"), Some("application/json"));
        assert_eq!(request.header("accept"), Some("*/*"));
        assert!(request.header("user-agent").unwrap().starts_with("zb/"));
        assert_eq!(request.header("webhook-id"), Some(format!("msg_{job}_{phase}").as_str()));
        let seconds: u64 = request.header("webhook-timestamp").unwrap().parse().unwrap();
        assert!(seconds > 1_700_000_000);
        assert_eq!(request.header("traceparent").unwrap().len(), 55);
        assert_eq!(request.header("content-length").unwrap(), request.body.len().to_string());
        for absent in
            ["cookie", "referer", "accept-encoding", "transfer-encoding", "webhook-signature", "expect"]
        {
            assert_eq!(request.header(absent), None, "{absent}");
        }
    }
}

#[test]
fn the_users_headers_are_sent_and_win() {
    let scene = Scene::new();
    let headers =
        "X-Zerobyte-Hook-Secret: a:b \r\n\r\ncontent-type: text/x-mine\nUser-Agent: mine\nACCEPT: a/b\n";
    let job = with_pre(&scene, |pre| {
        pre.headers(headers).line("signing_secret = \"whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3\"")
    });
    saved(&scene, &job).exits(0);
    let pre = &scene.receiver.requests()[0];
    assert_eq!(pre.header("x-zerobyte-hook-secret"), Some("a:b"));
    assert_eq!(pre.header("content-type"), Some("text/x-mine"));
    assert_eq!(pre.header("user-agent"), Some("mine"));
    assert_eq!(pre.header("accept"), Some("a/b"));
    assert!(pre.header("webhook-signature").unwrap().starts_with("v1,"));
}

#[test]
fn a_custom_body_is_sent_byte_for_byte_without_a_type() {
    let scene = Scene::new();
    let body = " {\"a\": 1}\r\n\té\u{1F40D}\n ";
    saved(&scene, &with_pre(&scene, |pre| pre.body(body))).exits(0);
    let pre = &scene.receiver.requests()[0];
    assert_eq!(pre.body, body.as_bytes());
    assert_eq!(pre.header("content-type"), None);
}

#[test]
fn credentials_in_the_address_become_basic_auth() {
    let scene = Scene::new();
    let url = scene.receiver.url("/pre").replace("http://", "http://ana:p%40ss@");
    let job = JobFile::new(&scene.scratch).pre(&Hook::to(url));
    saved(&scene, &job).exits(0);
    assert_eq!(scene.receiver.requests()[0].header("authorization"), Some("Basic YW5hOnBAc3M="));
}

#[test]
fn attempts_share_their_id_and_their_body() {
    let scene = Scene::new();
    scene.receiver.answers("/pre", [Reply::status(503), Reply::status(429)]);
    let run = saved(&scene, &with_pre(&scene, |pre| pre.line("attempts = 3")));
    run.exits(0);
    let pre = scene.receiver.requests_to("/pre");
    assert_eq!(pre.len(), 3);
    let same = |request: &Request| (request.header("webhook-id").map(str::to_owned), request.body.clone());
    assert!(pre.iter().all(|request| same(request) == same(&pre[0])));
    let numbers: Vec<_> = run
        .events()
        .all("hook.finished")
        .iter()
        .filter(|event| event["phase"] == "pre")
        .map(|event| event["attempt"].as_u64().unwrap())
        .collect();
    assert_eq!(numbers, [1, 2, 3]);
}

#[test]
fn what_no_other_try_can_mend_is_tried_once() {
    for status in [400, 401, 404, 302] {
        let scene = Scene::new();
        scene.receiver.answers("/pre", [Reply::status(status)]);
        saved(&scene, &with_pre(&scene, |pre| pre.line("attempts = 5"))).exits(1);
        assert_eq!(scene.receiver.requests().len(), 1, "HTTP {status}");
    }
}

#[test]
fn proxies_in_the_environment_are_ignored() {
    let scene = Scene::new();
    let restic = FakeRestic::saves(&scene.scratch);
    let job = scene.job().write(&scene.scratch);
    let mut zb = scene.zb().restic(restic.command());
    for name in ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "HTTPS_PROXY"] {
        zb = zb.env(name, "http://127.0.0.1:1");
    }
    zb.run(&["run", &job]).exits(0);
    assert_eq!(scene.receiver.requests().len(), 2);
}

#[test]
fn no_connection_is_kept_from_pre_to_post() {
    let scene = Scene::new();
    scene.receiver.answers("/pre", [Reply::KeptAlive]);
    saved(&scene, &scene.job()).exits(0);
    assert_eq!(scene.receiver.paths(), ["/pre", "/post"]);
}

#[test]
fn origins_are_compared_as_the_url_standard_has_them() {
    let scene = Scene::new();
    let restic = FakeRestic::saves(&scene.scratch);
    let job = scene.job().write(&scene.scratch);
    let port = scene.receiver.origin().rsplit(':').next().unwrap().to_owned();
    for (allowed, exit) in [
        (format!("HTTP://127.1:{port}"), 0),
        (format!(" , \"http://127.0.0.1:{port}\" ,"), 0),
        (format!("http://127.0.0.1:{port}/a/path"), 0),
        (format!("https://127.0.0.1:{port}"), 1),
        (format!("http://localhost:{port}"), 1),
        ("http://127.0.0.1".to_owned(), 1),
        (String::new(), 1),
    ] {
        scene.zb().allow(&allowed).restic(restic.command()).run(&["run", &job]).exits(exit);
    }
}
