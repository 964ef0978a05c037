//! Jobs as JSON: what is shown, what is read, and everything that is wrong at once.

use std::{path::PathBuf, sync::Arc};

use hook_core::{AllowedOrigins, MASK, OrganizationId};
use serde_json::{Value, json};
use zb_bin::config::{Definition, Forms};
use zb_server::{CheckedJob, FieldError, JobDocument, JobForms, NotRead, Reading};

use crate::desk::{Desk, TIMEOUT};

pub(crate) fn forms() -> Forms {
    let (allowed, _) = AllowedOrigins::parse("http://host:9000,https://host").unwrap();
    Forms { timeout: TIMEOUT, allowed: Arc::new(allowed), data_dir: "/var/lib/zb".into() }
}

pub(crate) fn reading<'a>(organization: &'a OrganizationId, stored: Option<&'a str>) -> Reading<'a> {
    Reading { organization, roots: None, schedule: None, stored, repository: None }
}

/// What is read in `org_default`.
fn read(document: Value, stored: Option<&str>) -> Result<CheckedJob, Vec<FieldError>> {
    let organization = OrganizationId::default();
    match forms().read(&JobDocument::Json(document), reading(&organization, stored)) {
        Ok(job) => Ok(job),
        Err(NotRead::Invalid(faults)) => Err(faults),
        Err(NotRead::Malformed(reason)) => unreachable!("{reason}"),
    }
}

fn told(faults: &[FieldError]) -> Vec<(&str, &str)> {
    faults.iter().map(|fault| (fault.field.as_str(), fault.reason.as_str())).collect()
}

fn definition(document: Value) -> String {
    read(document, None).unwrap().definition.expose().to_owned()
}

/// The example of `api.md`, with its secrets.
fn whole() -> Value {
    json!({"scheduleId": "sched_pg", "organizationId": "org_default", "name": "postgres data", "sourcePath": "/data",
        "enabled": true,
        "repository": {"repositoryId": null, "url": "/backups/repo", "password": "repository password",
            "passwordFile": null, "passwordEnv": null, "passwordCommand": null, "env": {"AWS_ACCESS_KEY_ID": "AKIA"}},
        "schedule": "0 2 * * *", "timezone": "Europe/Madrid", "missed": "run-once", "tags": ["postgres"],
        "exclude": [], "excludeIfPresent": [], "oneFileSystem": false, "compression": "auto", "priority": "normal",
        "preflight": "basic", "resticFlags": [], "retries": 0, "retryDelayMs": 900_000, "lockWaitMs": 0,
        "retention": {"keepLast": null, "keepHourly": null, "keepDaily": 14, "keepWeekly": null, "keepMonthly": null,
            "keepYearly": null, "prune": true},
        "webhooks": {
            "pre": {"url": "http://host:9000/stop", "headers": "X-Secret: one", "headersFrom": {}, "body": "",
                "payload": "default", "insecureTls": false, "caFile": null,
                "rejectBody": "Hook rules were not satisfied.", "attempts": 1, "timeoutMs": null,
                "signingSecret": null},
            "post": {"url": "https://me:pw@host/start", "headers": "", "headersFrom": {"X-Other": {"file": "/etc/a"}},
                "body": "a\nb\n", "payload": "default", "insecureTls": true, "caFile": "/ca.pem", "rejectBody": "no",
                "attempts": 2, "timeoutMs": 30_000, "signingSecret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
                "when": "always"}}})
}

/// The same as it is shown.
fn masked() -> Value {
    let mut shown = whole();
    shown["repository"]["password"] = json!(MASK);
    shown["repository"]["env"]["AWS_ACCESS_KEY_ID"] = json!(MASK);
    shown["webhooks"]["pre"]["headers"] = json!(format!("X-Secret: {MASK}"));
    shown["webhooks"]["post"]["url"] = json!(format!("https://{MASK}@host/start"));
    shown["webhooks"]["post"]["signingSecret"] = json!(MASK);
    shown
}

#[test]
fn every_member_is_shown_in_the_order_of_the_contract_and_no_secret() {
    let shown = forms().show(&definition(whole())).unwrap();
    assert_eq!(shown.to_string(), masked().to_string());
}

#[test]
fn what_is_left_out_or_null_is_the_default() {
    let least =
        json!({"name": "pg", "sourcePath": "/data", "repository": {"url": "/r", "passwordFile": "/pw"}});
    let shown = forms().show(&definition(least)).unwrap();
    assert_eq!(shown["webhooks"], json!({"pre": null, "post": null}));
    for (member, default) in [
        ("enabled", json!(true)),
        ("schedule", Value::Null),
        ("retention", Value::Null),
        ("compression", json!("auto")),
        ("retryDelayMs", json!(900_000)),
        ("organizationId", json!("org_default")),
    ] {
        assert_eq!(shown[member], default, "{member}");
    }
    let mut nulls = shown.clone();
    nulls
        .as_object_mut()
        .unwrap()
        .values_mut()
        .filter(|value| **value == json!([]))
        .for_each(|value| *value = Value::Null);
    nulls["state"] = json!({"revision": 7});
    assert_eq!(forms().show(&definition(nulls)).unwrap(), shown);
}

#[test]
fn what_is_shown_can_be_sent_back() {
    let stored = definition(whole());
    let again = read(masked(), Some(&stored)).unwrap();
    assert_eq!(again.definition.expose(), stored);
    let mut changed = masked();
    changed["name"] = json!("other");
    changed["webhooks"]["pre"]["headers"] = json!(format!("x-secret: {MASK}\nX-New: new"));
    changed["webhooks"]["post"]["signingSecret"] = Value::Null;
    changed["repository"].as_object_mut().unwrap().remove("env");
    let changed = read(changed, Some(&stored)).unwrap();
    let text = changed.definition.expose();
    assert!(text.contains("x-secret: one") && text.contains("X-New: new"), "{text}");
    assert!(
        !text.contains("whsec_") && !text.contains("AKIA") && text.contains("repository password"),
        "{text}"
    );
}

/// Each change of what is shown, and what it answers.
#[test]
fn a_kept_secret_stays_with_its_address() {
    let stored = definition(whole());
    type Change = fn(&mut Value);
    let table: [(Change, &[&str]); 9] = [
        (
            |job| job["repository"]["url"] = json!("/other"),
            &["/repository/password", "/repository/env/AWS_ACCESS_KEY_ID"],
        ),
        (|job| job["repository"]["env"]["AWS_REGION"] = json!("eu"), &["/repository/env"]),
        (|job| job["webhooks"]["pre"]["url"] = json!("https://host/x"), &["/webhooks/pre/headers"]),
        (|job| job["webhooks"]["pre"]["url"] = json!("http://host:9000/other"), &[]),
        (
            |job| job["webhooks"]["pre"]["headers"] = json!(format!("X-Secret: {MASK}\nX-Nope: {MASK}")),
            &["/webhooks/pre/headers"],
        ),
        (
            |job| job["webhooks"]["post"]["url"] = json!("http://host:9000/"),
            &["/webhooks/post/signingSecret"],
        ),
        (|job| job["webhooks"]["post"]["url"] = json!("https://you:pw@host/start"), &[]),
        (|job| job["name"] = json!(MASK), &["/name"]),
        (|job| job["tags"] = json!([MASK]), &["/tags"]),
    ];
    for (change, fields) in table {
        let mut job = masked();
        change(&mut job);
        let faults = read(job.clone(), Some(&stored)).err().unwrap_or_default();
        let found: Vec<_> = faults.iter().map(|fault| fault.field.as_str()).collect();
        assert_eq!(found, fields, "{job} {faults:?}");
    }
    let nothing = read(masked(), None).unwrap_err();
    let reason = "no stored value to keep";
    assert_eq!(
        told(&nothing),
        [
            ("/repository/password", reason),
            ("/repository/env/AWS_ACCESS_KEY_ID", reason),
            ("/webhooks/pre/headers", reason),
            ("/webhooks/post/url", reason),
            ("/webhooks/post/signingSecret", reason),
        ]
    );
}

#[test]
fn each_mask_of_a_headers_text_that_stands_for_nothing_is_told() {
    let mut job = masked();
    job["webhooks"]["pre"]["headers"] = json!(format!("A: {MASK}\nB: b\nX-Secret: {MASK}\nD: {MASK}"));
    let lines = |stored| -> Vec<_> {
        let faults = read(job.clone(), stored).unwrap_err().into_iter();
        faults.filter(|fault| fault.field.ends_with("headers")).map(|fault| fault.line).collect()
    };
    assert_eq!(lines(None), [Some(1), Some(3), Some(4)]);
    assert_eq!(lines(Some(&definition(whole()))), [Some(1), Some(4)]);
    let mut moved = masked();
    moved["webhooks"]["pre"]["url"] = json!("http://elsewhere:9000/stop");
    let faults = read(moved, Some(&definition(whole()))).unwrap_err();
    let told: Vec<_> = faults.iter().map(|fault| (fault.field.as_str(), fault.reason.as_str())).collect();
    assert!(told.contains(&("/webhooks/pre/headers", "the address changed: enter it again")), "{told:?}");
}

#[test]
fn retention_without_a_rule_is_none() {
    for retention in
        [json!({}), json!({"keepLast": null, "prune": null}), json!({"keepDaily": null, "prune": true})]
    {
        let mut job = whole();
        job["retention"] = retention;
        assert_eq!(forms().show(&definition(job)).unwrap()["retention"], Value::Null);
    }
}

/// Nobody has so many, and they are not looked for all: a document of a megabyte is refused soon.
#[test]
fn faults_without_end_are_not_all_told() {
    let mut job = whole();
    for number in 0..20_000 {
        job[format!("k{number}")] = json!(1);
    }
    assert_eq!(read(job, None).unwrap_err().len(), 100);
    let mut job = whole();
    job["webhooks"]["pre"]["headers"] = json!("no colon\n".repeat(60_000));
    assert!(read(job, None).unwrap_err().len() < 20);
}

#[test]
fn everything_wrong_is_told_in_the_order_of_the_document() {
    let faults = read(
        json!({"nmae": "pg", "sourcePath": "data", "enabled": "yes", "tags": ["a,b", null], "retryDelayMs": 1500,
            "schedule": "0 2 * *", "timezone": "Europe/Berln", "retries": 101, "compression": "zip",
            "retention": {"keepDaily": 0},
            "repository": {"url": "rest:http://h/", "passwordCommand": "cat /x", "env": {"LD_PRELOAD": "/x", "RESTIC_REST_USERNAME": "me"}},
            "webhooks": {"pre": {"url": "http://host:9000/", "headers": "X A: b\nX-Ok: c\nnothing", "attempts": 0, "when": "always", "timeoutMs": 0},
                "post": {"url": "http://other:1/", "headers": "A: b", "payload": "extended", "body": "x", "caFile": "ca.pem"}}}),
        None,
    )
    .unwrap_err();
    let lines: Vec<_> =
        faults.iter().map(|fault| format!("{} {:?} {}", fault.field, fault.line, fault.reason)).collect();
    insta::assert_snapshot!(lines.join("\n"));
}

#[test]
fn the_document_as_a_whole() {
    assert_eq!(told(&read(json!([]), None).unwrap_err()), [("", "it is an object")]);
    let nothing = read(json!({}), None).unwrap_err();
    let fields: Vec<_> = nothing.iter().map(|fault| fault.field.as_str()).collect();
    assert_eq!(fields, ["/name", "/sourcePath", "/repository"]);
    let odd =
        read(json!({"name": "x", "sourcePath": "/", "repository": 7, "webhooks": []}), None).unwrap_err();
    assert_eq!(
        odd.iter().map(|fault| fault.field.as_str()).collect::<Vec<_>>(),
        ["/repository", "/webhooks"]
    );
}

#[test]
fn whose_it_is() {
    let (acme, other) = ("org_acme".parse().unwrap(), "sched_other".parse().unwrap());
    let as_json = |job: Value| JobDocument::Json(job);
    let read = |document: &JobDocument, schedule| {
        forms().read(document, Reading { schedule, ..reading(&acme, None) })
    };
    let Err(NotRead::Invalid(faults)) = read(&as_json(whole()), Some(&other)) else { panic!("it was read") };
    assert_eq!(
        faults.iter().map(|fault| fault.field.as_str()).collect::<Vec<_>>(),
        ["/scheduleId", "/organizationId"]
    );
    let mut unsaid = whole();
    unsaid
        .as_object_mut()
        .unwrap()
        .retain(|name, _| !matches!(name.as_str(), "scheduleId" | "organizationId"));
    for document in [
        as_json(unsaid),
        JobDocument::Toml(
            "name = 'x'\nsource = '/x'\n[repository]\nurl = '/r'\npassword_file = '/p'".to_owned(),
        ),
    ] {
        let job = read(&document, Some(&other)).unwrap();
        assert_eq!((job.organization_id, job.schedule_id), (acme.clone(), other.clone()));
        assert!(
            job.definition.expose().contains("org_acme") && job.definition.expose().contains("sched_other")
        );
    }
}

#[test]
fn a_toml_document_has_its_lines() {
    let organization = OrganizationId::default();
    let read = |text: &str| forms().read(&JobDocument::Toml(text.to_owned()), reading(&organization, None));
    assert_eq!(
        read("a = 1\nb = s3cr3t").unwrap_err(),
        NotRead::Malformed("the body is no TOML: line 2".to_owned())
    );
    let text = "name = 'x'\nsource = 'x'\nnope = 1\n[repository]\nurl = '/r'\npassword_file = '/p'\n[webhooks.pre]\nurl = 'http://host:9000'\nheaders = '''\nA: b\nnothing\n'''\n";
    let Err(NotRead::Invalid(faults)) = read(text) else { panic!("it was read") };
    let lines: Vec<_> = faults.iter().map(|fault| (fault.field.as_str(), fault.line)).collect();
    assert_eq!(lines, [("/sourcePath", Some(2)), ("/nope", Some(3)), ("/webhooks/pre/headers", Some(11))]);
}

#[test]
fn a_command_stays_where_a_file_put_it() {
    let desk = Desk::new();
    let text = "name = 'x'\nsource = '/x'\n[repository]\nurl = '/r'\npassword_command = 'pass zb'\nenv = { HTTPS_PROXY = '/x' }";
    desk.write("job.toml", text);
    let file = zb_bin::config::TomlText::read("job.toml".as_ref(), &desk.around.folder).unwrap();
    let stored = Definition::import(file, None, TIMEOUT).unwrap().text().expose().to_owned();
    let shown = forms().show(&stored).unwrap();
    assert_eq!(shown["repository"]["passwordCommand"], "pass zb");
    let again = read(shown.clone(), Some(&stored)).unwrap();
    assert!(again.definition.expose().contains("pass zb"));
    let mut changed = shown.clone();
    changed["repository"]["passwordCommand"] = json!("rm -rf /");
    let faults = read(changed, Some(&stored)).unwrap_err();
    assert_eq!(
        told(&faults),
        [("/repository/passwordCommand", "cannot be set over HTTP, only in a file of jobs_dir")]
    );
    let mut changed = shown;
    changed["repository"]["env"]["HTTPS_PROXY"] = json!("/other");
    assert_eq!(read(changed, Some(&stored)).unwrap_err()[0].field, "/repository/env/HTTPS_PROXY");
}

#[test]
fn a_known_repository_is_taken_and_not_changed() {
    let forms = forms();
    let organization = OrganizationId::default();
    let known = forms.facts(&definition(whole())).unwrap().repository;
    assert_eq!(known.url.expose(), "/backups/repo");
    let read = |repository: Value| {
        let job = JobDocument::Json(json!({"name": "two", "sourcePath": "/two", "repository": repository}));
        let reading = Reading { repository: Some(known.definition.expose()), ..reading(&organization, None) };
        forms.read(&job, reading)
    };
    for same in [
        json!({"repositoryId": "repo_1"}),
        json!({"url": "/backups/repo"}),
        masked()["repository"].clone(),
        whole()["repository"].clone(),
    ] {
        let job = read(same.clone()).unwrap();
        assert!(job.definition.expose().contains("repository password"), "{same}");
    }
    for (other, field) in [
        (json!({"repositoryId": "repo_1", "url": "/other"}), "/repository/url"),
        (json!({"password": "guess"}), "/repository/password"),
        (json!({"passwordFile": "/x"}), "/repository/passwordFile"),
        (json!({"env": {"AWS_ACCESS_KEY_ID": "x"}}), "/repository/env/AWS_ACCESS_KEY_ID"),
    ] {
        let Err(NotRead::Invalid(faults)) = read(other) else { panic!("it was read") };
        assert_eq!(told(&faults), [(field, "is not what this repository has: change it at /repositories")]);
    }
    let mut two = whole();
    two["repository"]["env"]["AWS_REGION"] = json!("eu");
    let known = Forms::facts(&forms, &definition(two)).unwrap().repository;
    let read = |env: Value| {
        let repository = json!({"repositoryId": "repo_1", "env": env});
        let job = JobDocument::Json(json!({"name": "two", "sourcePath": "/two", "repository": repository}));
        let reading = Reading { repository: Some(known.definition.expose()), ..reading(&organization, None) };
        forms.read(&job, reading).map_err(|faults| match faults {
            NotRead::Invalid(faults) => told(&faults).iter().map(|(field, _)| (*field).to_owned()).collect(),
            NotRead::Malformed(detail) => vec![detail],
        })
    };
    for same in [json!({}), json!({"AWS_REGION": MASK, "AWS_ACCESS_KEY_ID": MASK})] {
        assert!(read(same.clone()).is_ok(), "{same}");
    }
    assert_eq!(read(json!({"AWS_REGION": MASK})).unwrap_err(), ["/repository/env"]);
}

#[test]
fn a_repository_alone() {
    let (forms, organization) = (forms(), OrganizationId::default());
    let new = json!({"url": "/r", "password": "pw", "state": {"jobs": []}});
    let made = forms.read_repository(&new, reading(&organization, None)).unwrap();
    let shown = forms.show(made.definition.expose()).unwrap();
    assert_eq!(shown["repository"]["password"], MASK);
    let kept = forms
        .read_repository(&shown["repository"], reading(&organization, Some(made.definition.expose())))
        .unwrap();
    assert_eq!(kept, made);
    let faults =
        forms.read_repository(&json!({"url": "r", "x": 1}), reading(&organization, None)).unwrap_err();
    assert_eq!(
        faults.iter().map(|fault| fault.field.as_str()).collect::<Vec<_>>(),
        ["/url", "/x", "/password"]
    );
    let moved = forms.with_repository(&definition(whole()), made.definition.expose()).unwrap();
    let moved = forms.show(moved.expose()).unwrap();
    assert_eq!((&moved["repository"]["url"], &moved["name"]), (&json!("/r"), &json!("postgres data")));
    assert_eq!(moved["repository"]["env"], json!({}));
}

#[test]
fn only_what_is_under_the_roots_is_named_and_never_zbs_own_data() {
    let desk = Desk::new();
    for folder in ["studio/data", "private", "zb"] {
        std::fs::create_dir_all(desk.path(folder)).unwrap();
    }
    std::os::unix::fs::symlink(desk.path("private"), desk.path("studio/link")).unwrap();
    let at = |name: &str| desk.path(name).to_str().unwrap().to_owned();
    let forms = Forms { data_dir: PathBuf::from(at("zb")), ..forms() };
    let organization = OrganizationId::default();
    let roots = [at("studio")];
    let good = json!({"name": "x", "sourcePath": at("studio/data"), "repository": {"url": at("studio/repo"), "passwordFile": at("studio/pw")},
        "webhooks": {"pre": {"url": "http://host:9000/", "caFile": at("studio/ca"), "headersFrom": {"A": {"file": at("studio/a")}}}}});
    let fields = |change: &dyn Fn(&mut Value), roots: Option<&[String]>| {
        let mut job = good.clone();
        change(&mut job);
        match forms.read(&JobDocument::Json(job), Reading { roots, ..reading(&organization, None) }) {
            Ok(_) => String::new(),
            Err(NotRead::Invalid(faults)) => faults.iter().map(|fault| format!("{} ", fault.field)).collect(),
            Err(NotRead::Malformed(reason)) => unreachable!("{reason}"),
        }
    };
    assert_eq!(fields(&|_| {}, Some(&roots)), "");
    let outside: &dyn Fn(&mut Value) = &|job| {
        job["sourcePath"] = json!(at("studio/link/x"));
        job["repository"]["url"] = json!(at("studio/../private"));
        job["repository"]["passwordFile"] = json!(at("private/pw"));
        job["repository"]["env"] = json!({"GOOGLE_APPLICATION_CREDENTIALS": at("private/c")});
        job["webhooks"]["pre"]["caFile"] = json!("/etc/ca");
        job["webhooks"]["pre"]["headersFrom"]["A"]["file"] = json!("/etc/shadow");
        job["resticFlags"] = json!(["--exclude-file=/etc/x"]);
    };
    assert_eq!(
        fields(outside, Some(&roots)),
        "/sourcePath /repository/url /repository/passwordFile /repository/env/GOOGLE_APPLICATION_CREDENTIALS \
         /webhooks/pre/caFile /webhooks/pre/headersFrom/A /resticFlags "
    );
    assert_eq!(fields(outside, None), "");
    let elsewhere: &dyn Fn(&mut Value) = &|job| {
        job["repository"] = json!({"url": "sftp:me@host:/r", "passwordEnv": "PW"});
        job["webhooks"]["pre"]["headersFrom"]["A"] = json!({"env": "HOME"});
    };
    assert_eq!(
        fields(elsewhere, Some(&roots)),
        "/repository/url /repository/passwordEnv /webhooks/pre/headersFrom/A "
    );
    assert_eq!(fields(elsewhere, None), "");
    let own: &dyn Fn(&mut Value) = &|job| {
        job["sourcePath"] = json!(at("zb"));
        job["repository"]["passwordFile"] = json!(at("zb/key"));
    };
    assert_eq!(fields(own, None), "/sourcePath /repository/passwordFile ");
}

#[test]
fn a_schedule_is_told_before_it_is_kept() {
    let now = "2026-11-24T01:30:00Z".parse().unwrap();
    let preview = forms().preview("0 2 * * *", Some("Europe/Madrid"), now).unwrap();
    assert_eq!(
        (preview.text.as_str(), preview.timezone.as_str(), preview.times.len()),
        ("Every day at 02:00", "Europe/Madrid", 5)
    );
    assert_eq!(preview.times[0].to_string(), "2026-11-25T01:00:00Z");
    let faults = forms().preview("0 2 * *", Some("Madrid"), now).unwrap_err();
    assert_eq!(
        faults.iter().map(|fault| fault.field.as_str()).collect::<Vec<_>>(),
        ["?schedule", "?timezone"]
    );
}

/// The document that tools read says of a job what is really shown of it.
#[test]
fn the_openapi_document_knows_every_member() {
    let document = zb_server::openapi("");
    let shown = forms().show(&definition(whole())).unwrap();
    let mut job = document["components"]["schemas"]["Job"].clone();
    job["required"].as_array_mut().unwrap().retain(|name| name != "state");
    assert_same(&job, &shown, "");
}

fn assert_same(schema: &Value, value: &Value, at: &str) {
    let of_object = |schema: &&Value| schema["properties"].is_object();
    let schemas = schema["anyOf"].as_array().cloned().unwrap_or_else(|| vec![schema.clone()]);
    let (Some(schema), Value::Object(members)) = (schemas.iter().find(of_object), value) else { return };
    for name in schema["required"].as_array().unwrap() {
        assert!(members.contains_key(name.as_str().unwrap()), "{at}: {name} is not shown");
    }
    for (name, value) in members {
        let known = schema["properties"].get(name);
        assert_same(
            known.unwrap_or_else(|| unreachable!("{at}/{name} is not in the document")),
            value,
            &format!("{at}/{name}"),
        );
    }
}
