//! What the tests share: the real restic in a temporary repository, and the stand-in that acts as it is told.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicU32, Ordering},
};

use restic_driver::{
    BackupArgs, BackupSummary, BaseEnv, Invocation, Password, Report, Repository, Restic, SafeFlags,
};
use rustix::fs::{CWD, FileType, Mode, mknodat};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

/// The environment of these tests, with a home of its own.
pub(crate) fn base(home: &Path) -> BaseEnv {
    let path = std::env::var_os("PATH").expect("tests need a PATH");
    BaseEnv::pick([("PATH".into(), path), ("HOME".into(), home.into())])
}

pub(crate) fn stand_in(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/stand_ins").join(name)
}

/// A marker that no other test has.
pub(crate) fn marker(test: &str) -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    format!("job_{test}_{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed))
}

/// A script for the stand-in, which is "backed up", and the room that it has.
pub(crate) struct Told {
    pub(crate) room: TempDir,
    pub(crate) repository: Repository,
}

impl Told {
    /// `$room` in the script is a directory that goes with the test.
    pub(crate) fn new(script: &str) -> Self {
        let room = tempfile::tempdir().unwrap();
        let script = format!("room='{}'\n{script}", room.path().display());
        fs::write(room.path().join("script"), script).unwrap();
        Self { room, repository: Repository::new("/nowhere", Password::Value("open sesame".into())) }
    }

    /// Makes `$room/fifo`, over which the script can speak; it ends with the last process that holds it.
    pub(crate) fn fifo(&self) -> PathBuf {
        let path = self.room.path().join("fifo");
        mknodat(CWD, &path, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
        path
    }

    pub(crate) async fn backup(&self) -> Invocation<BackupSummary> {
        let restic =
            Restic::locate(Some(&stand_in("acts_as_told")), base(self.room.path()), None).await.unwrap();
        restic.backup(&self.repository, &BackupArgs::new(self.room.path().join("script")))
    }

    pub(crate) async fn report(&self) -> Report<BackupSummary> {
        self.backup().await.run(|_| {}, &CancellationToken::new()).await.unwrap()
    }
}

/// The real restic, a directory to back up, and a place for a repository.
pub(crate) struct Real {
    pub(crate) room: TempDir,
    pub(crate) restic: Restic,
    pub(crate) repository: Repository,
}

impl Real {
    pub(crate) async fn new() -> Self {
        let room = tempfile::tempdir().unwrap();
        fs::create_dir(room.path().join("data")).unwrap();
        fs::write(room.path().join("data/file"), "content").unwrap();
        let restic = Restic::locate(None, base(room.path()), None).await.expect("these tests need a restic");
        let location = room.path().join("repository").display().to_string();
        Self { room, restic, repository: Repository::new(location, Password::Value("open sesame".into())) }
    }

    pub(crate) async fn with_repository() -> Self {
        let real = Self::new().await;
        let report = real.init().await;
        assert_eq!(report.code, Some(0), "{}", report.stderr);
        real
    }

    pub(crate) async fn init(&self) -> Report<()> {
        let init = self.restic.init(&self.repository, &SafeFlags::default());
        init.run(|_| {}, &CancellationToken::new()).await.unwrap()
    }

    pub(crate) fn data(&self) -> BackupArgs {
        BackupArgs::new(self.room.path().join("data"))
    }

    pub(crate) async fn back_up(&self, args: &BackupArgs) -> Report<BackupSummary> {
        let backup = self.restic.backup(&self.repository, args);
        backup.run(|_| {}, &CancellationToken::new()).await.unwrap()
    }

    /// A restic that is none of ours: whoever else uses the repository. Its standard input stays open.
    #[expect(clippy::disallowed_methods, reason = "it is not to be the driver's child")]
    pub(crate) fn another(&self, arguments: &[&str]) -> Child {
        let mut command = Command::new("restic");
        command.args(arguments).env("RESTIC_PASSWORD", "open sesame");
        command.env("RESTIC_REPOSITORY", self.room.path().join("repository"));
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
    }
}
