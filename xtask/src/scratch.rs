//! A directory in which real programs work, and the guard that takes everything away again.

use std::{
    fs,
    os::unix::{fs::PermissionsExt, process::CommandExt},
    path::PathBuf,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use crate::shell::{Result, command};

/// Everything that is made is in one directory, whose path every process of it carries in its arguments.
pub(crate) struct Scratch {
    root: PathBuf,
    guard: Child,
    /// To be waited for, when the guard has ended them.
    children: Vec<Child>,
}

impl Scratch {
    /// Makes the directory and starts the guard, before there is anything to guard.
    pub(crate) fn set() -> Result<Self> {
        let root = std::env::temp_dir().join(format!("zb-demo-{}", std::process::id()));
        fs::create_dir_all(root.join("home"))?;
        let mut guard = command("sh");
        guard.args(["-c", include_str!("scratch/guard.sh")]).env("STAGE", &root);
        let guard = guard.process_group(0).stdin(Stdio::piped()).spawn()?;
        Ok(Self { root, guard, children: Vec::new() })
    }

    /// Ends what runs, removes what there is, and says whether anything is left.
    pub(crate) fn strike(mut self) -> Result {
        drop(self.guard.stdin.take());
        self.guard.wait()?;
        for mut child in self.children {
            child.wait()?;
        }
        if self.root.exists() {
            Err(format!("{} is still there", self.root.display()).into())
        } else {
            Ok(())
        }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    /// Starts a program that the guard ends: out of Ctrl-C's reach, because an interrupted zb may need it yet.
    pub(crate) fn start(&mut self, program: &mut Command) -> Result {
        program.process_group(0).stdout(Stdio::null()).stderr(Stdio::null());
        self.children.push(program.spawn()?);
        Ok(())
    }

    /// A program with nothing of this machine's own settings.
    pub(crate) fn tool(&self, program: &str) -> Command {
        let mut tool = command(program);
        tool.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
        for name in ["TERM", "NO_COLOR", "COLUMNS"] {
            tool.envs(std::env::var_os(name).map(|value| (name, value)));
        }
        tool.env("HOME", self.path("home")).env("TMPDIR", std::env::temp_dir());
        tool
    }

    /// A file, with the folders that it is in.
    pub(crate) fn write(&self, name: &str, contents: impl AsRef<[u8]>) -> Result {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap_or(&self.root))?;
        Ok(fs::write(path, contents)?)
    }

    pub(crate) fn script(&self, name: &str, text: &str) -> Result {
        self.write(name, text)?;
        Ok(fs::set_permissions(self.path(name), fs::Permissions::from_mode(0o755))?)
    }
}

/// Waits for something that another process does.
pub(crate) fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) -> Result {
    let deadline = Instant::now() + Duration::from_secs(30);
    while !is_so() {
        if Instant::now() > deadline {
            return Err(format!("waited 30 seconds for {what}").into());
        }
        thread::sleep(Duration::from_millis(20));
    }
    Ok(())
}
