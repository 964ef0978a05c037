//! The restic that is installed, in repositories of its own.

use std::num::NonZeroU32;

use restic_driver::{Exit, ForgetArgs, Keep, Message, Password, Repository, SafeFlags, Verdict};
use tokio_util::sync::CancellationToken;

use crate::stage::Real;

#[tokio::test]
async fn a_repository_is_made_once() {
    let real = Real::new().await;
    let first = real.init().await;
    assert_eq!((first.exit, first.repository_exists), (Exit::Ok, false), "{}", first.stderr);
    let second = real.init().await;
    assert!(second.exit != Exit::Ok && second.repository_exists, "{}", second.stderr);
}

#[tokio::test]
async fn a_backup_makes_a_snapshot_with_its_tags() {
    let real = Real::with_repository().await;
    let mut args = real.data();
    args.tags = vec!["sched_1".to_owned(), "nightly".to_owned()];
    args.flags = SafeFlags::parse(&["--host=nas", "--verbose=2"]).unwrap();
    let (mut statuses, mut items) = (0, Vec::new());
    let backup = real.restic.backup(&real.repository, &args);
    let listen = |message| match message {
        Message::Status(_) => statuses += 1,
        Message::Verbose(done) => items.push(done),
        other => assert!(matches!(other, Message::Summary(_)), "{other:?}"),
    };
    let report = backup.run(listen, &CancellationToken::new()).await.unwrap();
    assert_eq!(report.verdict(), Verdict::Complete, "{}", report.stderr);
    assert!(items.iter().any(|done| done.action == "new" && done.item.ends_with("data/file")), "{items:?}");
    let summary = report.output.unwrap();
    assert_eq!((summary.files_new, summary.total_bytes_processed), (1, 7));

    let listing = real.restic.snapshots(&real.repository, &SafeFlags::default());
    let snapshots = listing.run(|_| {}, &CancellationToken::new()).await.unwrap().output.unwrap();
    let [snapshot] = snapshots.as_slice() else { panic!("{snapshots:?}") };
    assert!(snapshot.id.starts_with(&summary.snapshot_id.unwrap()), "{}", snapshot.id);
    assert_eq!((snapshot.hostname.as_str(), snapshot.tags.as_slice()), ("nas", args.tags.as_slice()));
    assert_eq!(snapshot.paths, [args.sources[0].to_str().unwrap()]);

    let again = real.back_up(&args).await.output.unwrap();
    assert_eq!((again.files_new, again.files_unmodified), (0, 1));
}

#[tokio::test]
async fn excludes_keep_files_out_and_a_source_is_never_a_flag() {
    let real = Real::with_repository().await;
    let data = real.room.path().join("data");
    std::fs::create_dir(data.join("cache")).unwrap();
    for name in ["scratch.tmp", "-x", "cache/.nobackup", "cache/big"] {
        std::fs::write(data.join(name), "content").unwrap();
    }
    let mut args = real.data();
    args.excludes = vec!["*.tmp".to_owned(), "-x".to_owned()];
    args.exclude_if_present = vec![".nobackup".to_owned()];
    args.one_file_system = true;
    args.compression = Some(restic_driver::Compression::Off);
    let report = real.back_up(&args).await;
    assert_eq!(report.verdict(), Verdict::Complete, "{}", report.stderr);
    // `file`, and `.nobackup` itself.
    assert_eq!(report.output.unwrap().total_files_processed, 2);

    args.sources = vec!["--help".into()];
    let report = real.back_up(&args).await;
    assert_eq!(report.exit, Exit::Fatal, "{}", report.stderr);
}

#[tokio::test]
async fn a_wrong_password_is_recognised() {
    let mut real = Real::with_repository().await;
    let location = real.room.path().join("repository").display().to_string();
    real.repository = Repository::new(location, Password::Value("wrong".into()));
    let report = real.back_up(&real.data()).await;
    assert_eq!(report.exit, Exit::WrongPassword, "{}", report.stderr);
    assert!(report.exit.advice().unwrap().contains("password"));
}

#[tokio::test]
async fn passwords_come_from_files_and_commands() {
    let mut real = Real::with_repository().await;
    let file = real.room.path().join("password");
    std::fs::write(&file, "open sesame\n").unwrap();
    let location = real.room.path().join("repository").display().to_string();
    for password in [Password::File(file), Password::Command("echo open sesame".to_owned())] {
        real.repository = Repository::new(&location, password);
        let report = real.back_up(&real.data()).await;
        assert_eq!(report.verdict(), Verdict::Complete, "{}", report.stderr);
    }
}

#[tokio::test]
async fn a_missing_repository_is_recognised() {
    let real = Real::new().await;
    let report = real.back_up(&real.data()).await;
    assert_eq!(report.exit, Exit::NoRepository, "{}", report.stderr);
}

#[tokio::test]
async fn missing_sources_are_a_failure_alone_and_a_gap_beside_others() {
    let real = Real::with_repository().await;
    let mut args = real.data();
    let missing = real.room.path().join("none");
    args.sources.push(missing.clone());
    let report = real.back_up(&args).await;
    assert!(matches!(report.verdict(), Verdict::Incomplete { .. }), "{report:?}");
    args.sources = vec![missing];
    let report = real.back_up(&args).await;
    assert!(matches!(report.verdict(), Verdict::Failed { .. }), "{report:?}");
}

/// Nobody, not even root, can read a process' memory from its beginning as if it were a file.
#[tokio::test]
async fn a_file_that_cannot_be_read_makes_a_backup_incomplete() {
    let real = Real::with_repository().await;
    let mut args = real.data();
    args.sources.push(format!("/proc/{}/mem", std::process::id()).into());
    let report = real.back_up(&args).await;
    let Verdict::Incomplete { why } = report.verdict() else { panic!("{report:?}") };
    assert!(why.contains("/mem") && report.file_error_count == 1, "{why}");
    assert_eq!(report.output.unwrap().files_new, 1);
}

/// `check` that may read a kilobyte a second holds its lock for as long as is needed.
#[tokio::test]
async fn a_lock_of_another_restic_is_recognised() {
    let real = Real::with_repository().await;
    let noise: Vec<u8> = (0..200_000u32).flat_map(|n| n.wrapping_mul(2_654_435_761).to_be_bytes()).collect();
    std::fs::write(real.room.path().join("data/noise"), noise).unwrap();
    assert_eq!(real.back_up(&real.data()).await.verdict(), Verdict::Complete);
    let mut holder = real.another(&["check", "--read-data", "--limit-download=1", "--no-cache"]);
    let locks = real.room.path().join("repository/locks");
    while std::fs::read_dir(&locks).unwrap().next().is_none() {
        assert!(holder.try_wait().unwrap().is_none(), "the other restic ended before it had its lock");
        std::thread::yield_now();
    }
    let report = real.back_up(&real.data()).await;
    holder.kill().unwrap();
    holder.wait().unwrap();
    assert_eq!(report.exit, Exit::Locked, "{}", report.stderr);
    assert!(report.last_word.unwrap().contains("locked"));
}

#[tokio::test]
async fn what_is_forgotten_is_counted_and_tagged() {
    let real = Real::with_repository().await;
    for tag in ["own", "own", "own", "other", "own,other"] {
        let mut args = real.data();
        args.tags = vec![tag.to_owned()];
        assert_eq!(real.back_up(&args).await.verdict(), Verdict::Complete);
    }
    let mut keep = Keep::default();
    keep.last = NonZeroU32::new(2);
    let forget = async |tag: &str| {
        let mut args = ForgetArgs::new(keep);
        args.tag = Some(tag.to_owned());
        let forget = real.restic.forget(&real.repository, &SafeFlags::default(), &args);
        let report = forget.run(|_| {}, &CancellationToken::new()).await.unwrap();
        let forgotten = report.output.unwrap();
        (report.exit, forgotten.kept, forgotten.removed)
    };
    assert_eq!(forget("own").await, (Exit::Ok, 2, 2));
    assert_eq!(forget("own").await, (Exit::Ok, 2, 0));
    assert_eq!(forget("nobody's").await, (Exit::Ok, 0, 0));
}
