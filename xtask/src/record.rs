//! `cargo xtask record`: what the installed restic prints in the situations that restic-driver has to understand.
//!
//! Each situation becomes three files in `crates/restic-driver/tests/fixtures/restic-<version>/`: its stdout, its
//! stderr and its exit status. Paths are shortened to `/demo`.
#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a chore runs programs and says what it does"
)]

use std::{
    error::Error,
    fs,
    os::unix::{fs::PermissionsExt, process::CommandExt},
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    thread,
    time::Duration,
};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// Anybody but root: root can read everything.
const NOBODY: u32 = 65534;

/// Records every situation, over what was recorded before for the same version.
pub(crate) fn record() -> Result<()> {
    let version = version()?;
    let fixtures = concat!(env!("CARGO_MANIFEST_DIR"), "/../crates/restic-driver/tests/fixtures");
    let folder = Path::new(fixtures).join(format!("restic-{version}"));
    fs::create_dir_all(&folder)?;
    let demo = Demo::new(folder)?;
    let recorded = demo.record_all();
    fs::remove_dir_all(&demo.root)?;
    recorded
}

fn version() -> Result<String> {
    let said = Command::new("restic").arg("version").output()?;
    let said = String::from_utf8(said.stdout)?;
    let number = said.split_whitespace().nth(1).ok_or("restic did not say its version")?;
    Ok(number.to_owned())
}

/// A place to make repositories in, and where the records go.
struct Demo {
    root: PathBuf,
    folder: PathBuf,
}

impl Demo {
    fn new(folder: PathBuf) -> Result<Self> {
        let root = std::env::temp_dir().join(format!("zb-record-{}", std::process::id()));
        fs::create_dir_all(root.join("src/sub"))?;
        for name in ["f1", "f2", "f3"] {
            fs::write(root.join("src/sub").join(name), name.repeat(10_000))?;
        }
        Ok(Self { root, folder })
    }

    fn at(&self, path: &str) -> String {
        self.root.join(path).display().to_string()
    }

    /// restic with nothing of our own environment, for `repo` unless `arguments` say otherwise.
    fn restic(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new("restic");
        command.args(arguments).env_clear().stdin(Stdio::null());
        command.envs(std::env::var_os("PATH").map(|path| ("PATH", path)));
        command.env("HOME", &self.root).env("RESTIC_PROGRESS_FPS", "5");
        command.env("RESTIC_REPOSITORY", self.at("repo")).env("RESTIC_PASSWORD", "demo");
        command
    }

    fn record(&self, situation: &str, arguments: &[&str]) -> Result<()> {
        self.keep(situation, &self.restic(arguments).output()?)
    }

    fn keep(&self, situation: &str, output: &Output) -> Result<()> {
        let name = self.root.file_name().unwrap_or_default().to_string_lossy();
        let root = self.root.display().to_string();
        let shorten =
            |bytes: &[u8]| String::from_utf8_lossy(bytes).replace(&root, "/demo").replace(&*name, "demo");
        let file = |ending: &str| self.folder.join(format!("{situation}.{ending}"));
        fs::write(file("stdout.jsonl"), shorten(&output.stdout))?;
        fs::write(file("stderr.txt"), shorten(&output.stderr))?;
        let code = output.status.code().ok_or(format!("{situation}: restic was killed"))?;
        fs::write(file("exit"), format!("{code}\n"))?;
        println!("{situation}: exit {code}");
        Ok(())
    }

    fn record_all(&self) -> Result<()> {
        self.backups()?;
        self.refusals()?;
        self.locked_and_interrupted()?;
        self.unreadable()?;
        self.the_rest()
    }

    fn backups(&self) -> Result<()> {
        let source = self.at("src");
        self.record("init", &["init", "--json"])?;
        self.record("init-again", &["init", "--json"])?;
        self.record("backup-first", &["backup", "--json", &source])?;
        self.record("backup-unchanged", &["backup", "--json", &source])?;
        // Old restics do not know the flag: that is worth a record, too.
        self.record("backup-skip-if-unchanged", &["backup", "--json", "--skip-if-unchanged", &source])?;
        self.record("backup-verbose", &["backup", "--json", "--verbose=2", "--force", &source])
    }

    fn refusals(&self) -> Result<()> {
        let (source, missing) = (self.at("src"), self.at("none"));
        self.record("one-of-two-missing", &["backup", "--json", &source, &missing])?;
        self.record("source-missing", &["backup", "--json", &missing])?;
        self.record("no-repository", &["backup", "--json", "--repo", &self.at("norepo"), &source])?;
        let wrong = self.restic(&["backup", "--json", &source]).env("RESTIC_PASSWORD", "wrong").output()?;
        self.keep("wrong-password", &wrong)
    }

    /// A backup of a pipe that stays open holds its lock until it is interrupted.
    fn locked_and_interrupted(&self) -> Result<()> {
        let mut backup = self.restic(&["backup", "--json", "--stdin"]);
        let mut backup =
            backup.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
        let pipe = backup.stdin.take();
        self.wait_for_lock(&mut backup)?;
        self.record("locked-by-backup", &["forget", "--json", "--keep-last", "1"])?;
        self.record("list-locks", &["list", "locks", "--no-lock", "--json"])?;
        let listed = self.restic(&["list", "locks", "--no-lock", "--json"]).output()?;
        let id = String::from_utf8(listed.stdout)?;
        self.record("cat-lock", &["cat", "lock", id.trim(), "--no-lock", "--json"])?;
        Command::new("kill").args(["-INT", &backup.id().to_string()]).status()?;
        let output = backup.wait_with_output()?;
        drop(pipe);
        self.keep("interrupted", &output)
    }

    fn wait_for_lock(&self, backup: &mut Child) -> Result<()> {
        while fs::read_dir(self.root.join("repo/locks"))?.next().is_none() {
            if let Some(status) = backup.try_wait()? {
                return Err(format!("the backup that was to hold the lock ended: {status}").into());
            }
            thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }

    /// A file and a directory that an ordinary user may not read.
    fn unreadable(&self) -> Result<()> {
        let private = self.root.join("priv");
        fs::create_dir_all(private.join("src/locked"))?;
        fs::create_dir_all(private.join("repo"))?;
        for name in ["src/f1", "src/f2", "src/locked/f3"] {
            fs::write(private.join(name), name.repeat(1000))?;
        }
        fs::set_permissions(private.join("src/f2"), fs::Permissions::from_mode(0o000))?;
        fs::set_permissions(private.join("src/locked"), fs::Permissions::from_mode(0o000))?;
        let is_root = std::os::unix::fs::chown(&private, Some(NOBODY), None).is_ok();
        let repository = private.join("repo").display().to_string();
        let as_nobody = |arguments: &[&str]| -> Result<Output> {
            let mut command = self.restic(arguments);
            command.args(["--no-cache", "--repo", &repository]);
            if is_root {
                command.uid(NOBODY).gid(NOBODY);
            }
            Ok(command.output()?)
        };
        if is_root {
            std::os::unix::fs::chown(private.join("repo"), Some(NOBODY), Some(NOBODY))?;
        }
        as_nobody(&["init"])?;
        let output = as_nobody(&["backup", "--json", &private.join("src").display().to_string()])?;
        fs::set_permissions(private.join("src/locked"), fs::Permissions::from_mode(0o700))?;
        self.keep("unreadable", &output)
    }

    fn the_rest(&self) -> Result<()> {
        self.record("snapshots", &["snapshots", "--json"])?;
        self.record("ls", &["ls", "--json", "latest"])?;
        self.record("stats", &["stats", "--json"])?;
        self.record("check", &["check", "--json"])?;
        self.record("restore", &["restore", "--json", "latest", "--target", &self.at("restored")])?;
        self.record("forget", &["forget", "--json", "--keep-last", "1"])?;
        self.record("unlock", &["unlock", "--json"])
    }
}
