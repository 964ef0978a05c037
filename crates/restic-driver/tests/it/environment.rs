//! restic's environment is built up: what it gets, and what it does not.

use std::{collections::BTreeMap, ffi::OsString, fs};

use restic_driver::{BackupArgs, BaseEnv, Password, Repository, Restic, SafeFlags};
use tokio_util::sync::CancellationToken;

use crate::stage::{Told, stand_in};

const WRITES_IT_DOWN: &str = r#"tr '\0' '\n' < /proc/$$/environ > "$room/environment""#;

async fn seen(told: &Told, base: BaseEnv, marker: &str) -> BTreeMap<String, String> {
    let restic = Restic::locate(Some(&stand_in("acts_as_told")), base, None).await.unwrap();
    let backup = restic.backup(&told.repository, &BackupArgs::new(told.room.path().join("script")));
    backup.marker(marker).run(|_| {}, &CancellationToken::new()).await.unwrap();
    let environment = fs::read_to_string(told.room.path().join("environment")).unwrap();
    environment.lines().filter_map(|line| line.split_once('=')).map(|(a, b)| (a.into(), b.into())).collect()
}

fn pairs(vars: &[(&str, &str)]) -> Vec<(OsString, OsString)> {
    vars.iter().map(|(name, value)| (name.into(), value.into())).collect()
}

#[tokio::test]
async fn only_what_is_listed_arrives() {
    let listed = [
        ("PATH", "/usr/bin:/bin"),
        ("HOME", "/home/zoe"),
        ("USER", "zoe"),
        ("LOGNAME", "zoe"),
        ("LANG", "C.UTF-8"),
        ("LC_ALL", "C"),
        ("TZ", "UTC"),
        ("TMPDIR", "/tmp"),
        ("XDG_CACHE_HOME", "/c"),
        ("XDG_CONFIG_HOME", "/d"),
        ("SSH_AUTH_SOCK", "/s"),
        ("SSL_CERT_FILE", "/e"),
        ("SSL_CERT_DIR", "/f"),
        ("HTTPS_PROXY", "http://proxy"),
        ("no_proxy", "localhost"),
        ("RESTIC_CACHE_DIR", "/g"),
        ("RESTIC_PROGRESS_FPS", "3"),
    ];
    let unlisted = [
        ("RESTIC_REPOSITORY2", "x"),
        ("RESTIC_PASSWORD_FILE", "x"),
        ("AWS_SECRET_ACCESS_KEY", "x"),
        ("LD_PRELOAD", "x"),
        ("ZB_DATA_DIR", "x"),
        ("Http_Proxy", "x"),
        ("OLDPWD", "x"),
    ];
    let mut told = Told::new(WRITES_IT_DOWN);
    told.repository = Repository::new("/backups/repo", Password::Value("open sesame".into()));
    told.repository.set_env("AWS_REGION", "north".into()).unwrap();
    let base = BaseEnv::pick(pairs(&listed).into_iter().chain(pairs(&unlisted)));
    let mut expect: BTreeMap<String, String> =
        listed.iter().map(|(a, b)| ((*a).into(), (*b).into())).collect();
    for (name, value) in [
        ("RESTIC_REPOSITORY", "/backups/repo"),
        ("RESTIC_PASSWORD", "open sesame"),
        ("AWS_REGION", "north"),
        ("ZB_RUN", "job_1"),
    ] {
        expect.insert(name.into(), value.into());
    }
    assert_eq!(seen(&told, base, "job_1").await, expect);
}

#[tokio::test]
async fn each_kind_of_password_has_its_variable_and_the_progress_has_its_default() {
    let kinds = [
        (Password::File("/run/secret".into()), "RESTIC_PASSWORD_FILE", "/run/secret"),
        (Password::Command("pass show".into()), "RESTIC_PASSWORD_COMMAND", "pass show"),
        (Password::Value("open sesame".into()), "RESTIC_PASSWORD", "open sesame"),
    ];
    for (password, name, value) in kinds {
        let mut told = Told::new(WRITES_IT_DOWN);
        told.repository = Repository::new("/backups/repo", password);
        let seen = seen(&told, BaseEnv::pick(pairs(&[("PATH", "/usr/bin:/bin")])), "job_1").await;
        let passwords: Vec<_> = seen.iter().filter(|(name, _)| name.starts_with("RESTIC_PASSWORD")).collect();
        assert_eq!(passwords, [(&name.to_owned(), &value.to_owned())]);
        assert_eq!(seen["RESTIC_PROGRESS_FPS"], "1");
    }
}

#[tokio::test]
async fn an_invocation_can_be_looked_at_and_shows_no_secret() {
    let mut told = Told::new("");
    told.repository = Repository::new("rest:https://zoe:canary@host/", Password::Value("canary".into()));
    told.repository.set_env("AWS_SECRET_ACCESS_KEY", "canary".into()).unwrap();
    let restic = Restic::locate(Some(&stand_in("acts_as_told")), BaseEnv::default(), None).await.unwrap();
    let mut args = BackupArgs::new("/my data");
    args.tags = vec!["sched_1".to_owned(), "nightly".to_owned()];
    args.excludes = vec!["*.tmp".to_owned(), "--force".to_owned()];
    args.exclude_if_present = vec![".nobackup".to_owned()];
    args.one_file_system = true;
    args.compression = Some(restic_driver::Compression::Max);
    args.flags = SafeFlags::parse(&["--host", "it's"]).unwrap();
    let backup = restic.backup(&told.repository, &args).marker("job_1");
    let expect = "acts_as_told backup --json --tag=sched_1 --tag=nightly '--exclude=*.tmp' --exclude=--force \
                  --exclude-if-present=.nobackup --one-file-system --compression=max '--host=it'\\''s' -- '/my data'";
    assert!(backup.to_string().ends_with(expect), "{backup}");
    assert!(!format!("{backup} {backup:?} {restic:?}").contains("canary"));
    let variables: Vec<_> = backup.variables().collect();
    assert_eq!(variables, ["AWS_SECRET_ACCESS_KEY", "RESTIC_PASSWORD", "RESTIC_REPOSITORY", "ZB_RUN"]);
}
