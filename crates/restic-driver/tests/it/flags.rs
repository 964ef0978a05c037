//! Which flags of restic a person may set, and in which spellings.

use std::{ffi::OsStr, os::unix::ffi::OsStrExt, path::Path};

use restic_driver::{BackupArgs, FlagFault, SafeFlags};

use crate::stage::Real;

#[test]
fn what_is_refused_is_refused_by_name() {
    use FlagFault::{
        HasOwnKey, NeedlessValue, NoValue, NotAFlag, NotANumber, NotASize, NotListed, Redirects,
    };
    let cases: &[(&[&str], &str, FlagFault)] = &[
        (&["--repo=/elsewhere"], "--repo", Redirects),
        (&["-r", "/elsewhere"], "-r", Redirects),
        (&["--password-command", "sh"], "--password-command", Redirects),
        (&["--password-file x"], "--password-file", Redirects),
        (&["-o", "sftp.command=sh"], "-o", Redirects),
        (&["--option=rclone.program=sh"], "--option", Redirects),
        (&["--files-from=/etc/passwd"], "--files-from", Redirects),
        (&["--stdin-from-command"], "--stdin-from-command", Redirects),
        (&["--", "/etc"], "--", Redirects),
        (&["--tag=x"], "--tag", HasOwnKey),
        (&["--exclude", "x"], "--exclude", HasOwnKey),
        (&["--json"], "--json", HasOwnKey),
        (&["--dry-run"], "--dry-run", NotListed),
        (&["-osftp.command=sh"], "-osftp.command", NotListed),
        (&["-vv"], "-vv", NotListed),
        (&["--FORCE"], "--FORCE", NotListed),
        (&["/etc"], "/etc", NotAFlag),
        (&["--force", "/etc"], "/etc", NotAFlag),
        (&["--exclude-caches", "--host", "nas", "stray"], "stray", NotAFlag),
        (&[""], "", NotAFlag),
        (&[" --force"], " --force", NotAFlag),
        (&["--host"], "--host", NoValue),
        (&["--host="], "--host", NoValue),
        (&["--host", "--force"], "--host", NoValue),
        (&["--host", ""], "--host", NoValue),
        (&["--verbose="], "--verbose", NoValue),
        (&["--force=true"], "--force", NeedlessValue),
        (&["--no-cache yes"], "--no-cache", NeedlessValue),
        (&["-v=2"], "-v", NeedlessValue),
        (&["--limit-upload=fast"], "--limit-upload", NotANumber),
        (&["--limit-upload=-1"], "--limit-upload", NotANumber),
        (&["--limit-upload=99999999999"], "--limit-upload", NotANumber),
        (&["--verbose=loud"], "--verbose", NotANumber),
        (&["--exclude-larger-than=big"], "--exclude-larger-than", NotASize),
        (&["--exclude-larger-than=5MM"], "--exclude-larger-than", NotASize),
        (&["--exclude-larger-than=M"], "--exclude-larger-than", NotASize),
    ];
    for (texts, flag, reason) in cases {
        let refused = SafeFlags::parse(texts).unwrap_err();
        assert_eq!((refused.flag.as_str(), refused.reason), (*flag, *reason), "{texts:?}");
        assert!(refused.to_string().contains(&format!("{flag:?}")), "{refused}");
    }
}

#[tokio::test]
async fn a_flag_and_its_value_are_one_text_or_two() {
    let real = Real::new().await;
    let spellings: &[&[&str]] = &[
        &["--exclude-file=my list", "--force"],
        &["--exclude-file my list", "--force"],
        &["--exclude-file", "my list", "--force"],
    ];
    for texts in spellings {
        let mut args = BackupArgs::new("/data");
        args.flags = SafeFlags::parse(texts).unwrap().relative_to(Path::new("/jobs"));
        let backup = real.restic.backup(&real.repository, &args);
        let expect = ["backup", "--json", "--exclude-file=/jobs/my list", "--force", "--", "/data"];
        assert_eq!(backup.arguments().collect::<Vec<_>>(), expect.map(OsStr::new), "{texts:?}");
    }
}

#[test]
fn flags_as_texts_are_the_same_flags() {
    for written in [
        &[][..],
        &["--exclude-file=list", "--exclude-caches"],
        &["--exclude-file", " a list ", "--cacert", "/ca.pem"],
        &["--host", " nas ", "--host=-nas", "--verbose=2", "-v", "--limit-upload 7"],
    ] {
        let flags = SafeFlags::parse(written).unwrap().relative_to(Path::new("/jobs"));
        assert_eq!(SafeFlags::parse(&flags.to_texts().unwrap()).unwrap(), flags, "{written:?}");
    }
    let flags = SafeFlags::parse(&["--exclude-file=list"]).unwrap();
    let nowhere = Path::new(OsStr::from_bytes(b"/\xff"));
    assert_eq!(flags.relative_to(nowhere).to_texts(), None);
}

#[tokio::test]
async fn every_accepted_flag_is_one_that_restic_takes_or_is_reported() {
    let all = [
        "--exclude-larger-than=5M",
        "--exclude-caches",
        "--exclude-file=/dev/null",
        "--iexclude=*.TMP",
        "--skip-if-unchanged",
        "--force",
        "--no-scan",
        "--read-concurrency=2",
        "--ignore-ctime",
        "--ignore-inode",
        "--with-atime",
        "--no-cache",
        "--cleanup-cache",
        "--limit-upload=100000",
        "--limit-download=100000",
        "--pack-size=16",
        "--no-extra-verify",
        "--cacert=/dev/null",
        "--host=nas",
        "--verbose",
        "--verbose=2",
        "-v",
    ];
    let real = Real::with_repository().await;
    let mut args = real.data();
    let (mut known, mut unknown) = (Vec::new(), Vec::new());
    for flag in all {
        let unsupported = real.restic.unsupported(&SafeFlags::parse(&[flag]).unwrap()).await.unwrap();
        if unsupported.is_none() { known.push(flag) } else { unknown.push(flag) }
    }
    // Without a certificate to give it, that flag is only looked up.
    args.flags =
        SafeFlags::parse(&known[..].iter().filter(|flag| !flag.starts_with("--cacert")).collect::<Vec<_>>())
            .unwrap();
    let report = real.back_up(&args).await;
    assert_eq!(report.code, Some(0), "{known:?}: {}", report.stderr);
    // What the check reports is what restic would refuse: within the pause, if nobody had looked before.
    for flag in unknown {
        args.flags = SafeFlags::parse(&[flag]).unwrap();
        let report = real.back_up(&args).await;
        assert!(report.stderr.contains("unknown flag"), "{flag}: {}", report.stderr);
    }
}

#[tokio::test]
async fn global_flags_go_to_every_command_and_the_others_to_the_backup_alone() {
    let real = Real::new().await;
    let flags =
        SafeFlags::parse(&["--host=nas", "--no-cache", "--limit-upload", "7", "--force", "-v"]).unwrap();
    let init = real.restic.init(&real.repository, &flags);
    let expect = ["init", "--json", "--no-cache", "--limit-upload=7", "-v"];
    assert_eq!(init.arguments().collect::<Vec<_>>(), expect.map(OsStr::new));
}
