//! The bench's directory, its programs, and the guard that takes everything away again.

use std::{
    fs,
    os::unix::{fs::PermissionsExt, process::CommandExt},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use super::receiver::Receiver;
use crate::shell::{Result, command, output, target};

/// Where the measured programs live, and what they have in common.
pub(super) struct Stage {
    root: PathBuf,
    guard: Child,
    pub(super) receiver: Receiver,
    /// Fewer repetitions, smaller loads.
    pub(super) quick: bool,
    /// Two raw sockets around a fork and an exec, where there is a C compiler.
    pub(super) floor: Option<PathBuf>,
}

impl Stage {
    /// Makes the directory, below the target directory: a temporary one is often in memory, and there a journal is
    /// cheap that is not on a disk.
    pub(super) fn set(quick: bool) -> Result<Self> {
        let root = target().join(format!("zb-bench-{}", std::process::id()));
        for folder in ["home", "bin"] {
            fs::create_dir_all(root.join(folder))?;
        }
        let mut guard = command("sh");
        guard.args(["-c", include_str!("../scratch/guard.sh")]).env("STAGE", &root);
        let guard = guard.process_group(0).stdin(Stdio::piped()).spawn()?;
        let mut stage = Self { root, guard, receiver: Receiver::listen()?, quick, floor: None };
        stage.floor = stage.compile_floor()?;
        Ok(stage)
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    /// One number for a whole bench, another for a quick one.
    pub(super) fn times<T>(&self, whole: T, quick: T) -> T {
        if self.quick { quick } else { whole }
    }

    pub(super) fn write(&self, name: &str, text: &str) -> Result<PathBuf> {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap_or(&self.root))?;
        fs::write(&path, text)?;
        Ok(path)
    }

    pub(super) fn script(&self, name: &str, text: &str) -> Result<PathBuf> {
        let path = self.write(name, text)?;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755))?;
        Ok(path)
    }

    /// What stands in for restic, by the name that tells it what to do.
    pub(super) fn stand_in(&self, name: &str) -> Result<PathBuf> {
        let path = self.path("bin").join(name);
        if !path.exists() {
            fs::copy(target().join("release/stand-in"), &path)?;
        }
        Ok(path)
    }

    /// A program with nothing of this machine's own zb or restic around it, and nobody to read its output.
    pub(super) fn tool(&self, program: impl AsRef<Path>) -> Command {
        let mut tool = command(program.as_ref());
        tool.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
        tool.env("HOME", self.path("home")).stdout(Stdio::null()).stderr(Stdio::null());
        tool
    }

    /// zb with a data directory of the stage.
    pub(super) fn zb(&self, data_dir: &Path) -> Command {
        let mut zb = self.tool(zb());
        zb.env("WEBHOOK_ALLOWED_ORIGINS", self.receiver.origin()).env("ZB_DATA_DIR", data_dir);
        zb
    }

    fn compile_floor(&self) -> Result<Option<PathBuf>> {
        let source = self.write("floor.c", include_str!("floor.c"))?;
        let floor = self.path("bin/floor");
        match command("cc").arg("-O2").arg("-o").arg(&floor).arg(source).status() {
            Ok(status) if status.success() => Ok(Some(floor)),
            _ => Ok(None),
        }
    }
}

impl Drop for Stage {
    /// The guard ends what still runs, and removes the directory; so it does if this process is killed.
    fn drop(&mut self) {
        drop(self.guard.stdin.take());
        let _ = self.guard.wait();
    }
}

/// The measured binary.
pub(super) fn zb() -> PathBuf {
    target().join("release/zb")
}

/// curl's first words about itself; nothing where there is none.
pub(super) fn curl() -> Option<String> {
    let said = output(command("curl").arg("--version")).ok()?;
    Some(said.split_whitespace().take(2).collect::<Vec<_>>().join(" "))
}
