//! Job files that are right.

use std::{collections::BTreeMap, path::Path, time::Duration};

use hook_core::{HookBody, PayloadKind, PostWhen, ScheduleId};
use restic_driver::Keep;
use zb_bin::config::{Compression, Depth, Missed, PasswordSpec, Priority, SecretSource};

use crate::desk::{Desk, TIMEOUT, job};

/// The one of `spec.md` §5, which is the seed's how-to.
const SPEC: &str = r#"
name = "postgres data"
source = "/data"

[repository]
url = "/backups/repo"                       # any restic repository string
password_file = "/run/secrets/restic"       # or password_env / password_command
env = { AWS_SECRET_ACCESS_KEY = { env = "AWS_SECRET_ACCESS_KEY" } }

[webhooks.pre]
url = "http://host.docker.internal:9000/hooks/stop-postgres"
headers = """
X-Zerobyte-Hook-Secret: replace-with-a-long-random-secret
"""

[webhooks.post]
url = "http://host.docker.internal:9000/hooks/start-postgres"
headers = """
X-Zerobyte-Hook-Secret: replace-with-a-long-random-secret
"""
"#;

#[test]
fn the_job_of_the_contract() {
    let job = job(SPEC).unwrap();
    assert_eq!(job.name, "postgres data");
    assert_eq!(job.source, Path::new("/data"));
    assert_eq!(job.schedule_id, ScheduleId::derive("postgres data", Path::new("/data")));
    assert_eq!(job.organization.as_str(), "org_default");
    assert_eq!(job.repository.url.expose(), "/backups/repo");
    assert!(
        matches!(&job.repository.password, PasswordSpec::File(path) if path == Path::new("/run/secrets/restic"))
    );
    assert!(
        matches!(&job.repository.env["AWS_SECRET_ACCESS_KEY"], SecretSource::Env(name) if name == "AWS_SECRET_ACCESS_KEY")
    );
    let pre = job.pre.unwrap();
    assert_eq!(pre.origin().to_string(), "http://host.docker.internal:9000");
    assert_eq!(pre.headers().masked(), "X-Zerobyte-Hook-Secret: ••••••••\n");
    assert_eq!((pre.body(), pre.attempts(), pre.timeout()), (&HookBody::Context, 1, TIMEOUT));
    assert_eq!(pre.reject_body(), "Hook rules were not satisfied.");
    assert!(job.post.unwrap().url().to_string().ends_with("/hooks/start-postgres"));
    assert_eq!((job.when, job.enabled, job.missed), (PostWhen::Paired, true, Missed::RunOnce));
    assert!(job.schedule.is_none() && job.timezone.is_none());
    assert!(job.backup.tags.is_empty() && job.backup.compression.is_none());
    assert!(job.backup.flags.safe().unwrap().is_empty());
}

#[test]
fn every_key() {
    let job = job(r#"
id = "sched_pg-1"
organization = "org_acme"
name = "pg"
source = "/data"
enabled = false
schedule = "30 2 * * *"
timezone = "Europe/Berlin"
missed = "skip"
tags = ["db", "nightly"]
exclude = ["*.tmp"]
exclude_if_present = [".nobackup"]
one_file_system = true
compression = "max"
restic_flags = ["--exclude-caches", "--limit-upload=100"]
priority = "background"
preflight = "full"
lock_wait = "10m"

[repository]
url = "s3:https://s3.example.com/bucket"
password_env = "RESTIC_PW"

[repository.env]
AWS_ACCESS_KEY_ID = "AKIA"
AWS_SECRET_ACCESS_KEY = { file = "aws.key" }
RESTIC_CACHE_DIR = "/var/cache/restic"

[retention]
keep_last = 1
keep_hourly = 2
keep_daily = 3
keep_weekly = 4
keep_monthly = 5
keep_yearly = 6
prune = false

[webhooks.pre]
url = "https://example.com/pre"
body = "{\"stop\": true}"
insecure_tls = true
ca_file = "ca.pem"
reject_body = ""
attempts = 3
timeout = "5m"
signing_secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

[webhooks.post]
url = "https://example.com/post"
headers_from = { X-A = { env = "A" }, X-B = { file = "b" } }
payload = "extended"
timeout = 7
when = "after-restic"
"#)
    .unwrap();
    assert_eq!((job.schedule_id.as_str(), job.organization.as_str()), ("sched_pg-1", "org_acme"));
    assert_eq!((job.enabled, job.missed, job.when), (false, Missed::Skip, PostWhen::AfterRestic));
    assert_eq!(job.schedule.unwrap().as_str(), "30 2 * * *");
    assert_eq!(job.timezone.unwrap().iana_name(), Some("Europe/Berlin"));
    assert_eq!(job.backup.tags, ["db", "nightly"]);
    assert_eq!(job.backup.exclude, ["*.tmp"]);
    assert_eq!(job.backup.exclude_if_present, [".nobackup"]);
    assert_eq!((job.backup.one_file_system, job.backup.compression), (true, Some(Compression::Max)));
    assert_eq!(job.backup.priority, Priority::Background);
    let retention = job.retention.unwrap();
    let Keep { last, hourly, daily, weekly, monthly, yearly, .. } = retention.keep;
    let kept = [last, hourly, daily, weekly, monthly, yearly].map(|count| count.unwrap().get());
    assert_eq!((kept, retention.prune), ([1, 2, 3, 4, 5, 6], false));
    assert_eq!((job.preflight, job.backup.lock_wait), (Depth::Full, Duration::from_secs(600)));
    assert!(matches!(&job.repository.password, PasswordSpec::Env(name) if name == "RESTIC_PW"));
    let pre = job.pre.unwrap();
    assert_eq!(pre.body(), &HookBody::Custom("{\"stop\": true}".into()));
    assert_eq!((pre.insecure_tls(), pre.attempts(), pre.reject_body()), (true, 3, ""));
    let post = job.post.unwrap();
    let elsewhere: Vec<_> = post.headers_from().iter().map(|header| header.name.as_str()).collect();
    assert_eq!(elsewhere, ["X-A", "X-B"]);
    assert_eq!((pre.payload(), post.payload()), (PayloadKind::Default, PayloadKind::Extended));
    assert_eq!((pre.timeout(), post.timeout()), (Duration::from_secs(300), Duration::from_secs(7)));
    assert!(pre.signing_secret().is_some());
}

#[test]
fn relative_paths_are_relative_to_the_file() {
    let desk = Desk::new();
    desk.write("jobs/job.toml", "name = 'n'\nsource = '../data/./x/'\n[repository]\nurl = 'repo'\npassword_file = 'pw'\nenv = { A = { file = 'a' } }\n[webhooks.pre]\nurl = 'http://h/'\nca_file = 'ca.pem'");
    let job = desk.read_job("jobs/job.toml").unwrap();
    assert_eq!(job.file, Path::new("jobs/job.toml"));
    assert_eq!(job.source, desk.path("data/x"));
    assert_eq!(job.repository.url.expose(), desk.path("jobs/repo").to_str().unwrap());
    assert!(matches!(&job.repository.password, PasswordSpec::File(path) if *path == desk.path("jobs/pw")));
    assert!(matches!(&job.repository.env["A"], SecretSource::File(path) if *path == desk.path("jobs/a")));
    assert_eq!(job.pre.unwrap().ca_file(), Some(desk.path("jobs/ca.pem").as_path()));
}

#[test]
fn only_paths_in_a_repository_string_are_moved() {
    let desk = Desk::new();
    let folder = desk.path("").to_str().unwrap().trim_end_matches('/').to_owned();
    for (written, expected) in [
        ("/backups/repo", "/backups/repo".to_owned()),
        ("repo", format!("{folder}/repo")),
        ("./a:b", format!("{folder}/./a:b")),
        ("local:repo", format!("local:{folder}/repo")),
        ("local:/repo", "local:/repo".to_owned()),
        ("sftp:me@host:/repo", "sftp:me@host:/repo".to_owned()),
        ("s3:https://host/bucket", "s3:https://host/bucket".to_owned()),
        ("rclone:remote:path", "rclone:remote:path".to_owned()),
    ] {
        desk.write(
            "job.toml",
            format!("name = 'n'\nsource = '/d'\n[repository]\nurl = '{written}'\npassword_env = 'P'"),
        );
        assert_eq!(desk.read_job("job.toml").unwrap().repository.url.expose(), expected, "{written}");
    }
}

#[test]
fn no_secret_is_in_debug_or_display() {
    let job = job("name = 'n'\nsource = '/d'\n[repository]\nurl = 'rest:https://me:hunter2@host/r'\npassword_env = 'P'\nenv = { K = 'hunter2' }\n[webhooks.pre]\nurl = 'http://me:hunter2@h/?t=hunter2'\nheaders = 'X: hunter2'\nbody = 'hunter2'").unwrap();
    assert!(!format!("{job:?}").contains("hunter2"), "{job:?}");
    assert_eq!(job.repository.url.to_string(), "rest:https://me:••••••••@host/r");
    let resolved =
        job.repository.resolve(&[("P".into(), "hunter2".into())].into(), &|_| unreachable!()).unwrap();
    assert!(!format!("{resolved:?}").contains("hunter2"), "{resolved:?}");
    let _: BTreeMap<_, _> = resolved.env;
}
