//! What the machine gives the configuration: read once by `main`, an argument everywhere else.

use std::{
    collections::BTreeMap,
    ffi::{OsStr, OsString},
    path::{Path, PathBuf},
};

/// The environment, as a value.
pub type Variables = BTreeMap<OsString, OsString>;

/// The environment, the current folder and whether zb runs as root.
#[derive(Clone, Debug)]
pub struct Surroundings {
    /// Every environment variable.
    pub variables: Variables,
    /// The absolute current folder: relative paths of variables and flags start there.
    pub folder: PathBuf,
    /// Root has `/etc/zb/zb.toml` and `/var/lib/zb`.
    pub root: bool,
}

impl Surroundings {
    /// A variable that is set, be it to nothing.
    #[must_use]
    pub fn variable(&self, name: &str) -> Option<&OsStr> {
        self.variables.get(OsStr::new(name)).map(OsString::as_os_str)
    }

    /// The file that is read where nobody names one, if it exists (`spec.md` §5).
    #[must_use]
    pub fn default_config_file(&self) -> Option<PathBuf> {
        self.place_for("/etc/zb", "XDG_CONFIG_HOME", ".config").map(|folder| folder.join("zb.toml"))
    }

    /// The data directory where nobody names one (`spec.md` §10). `None`: there is neither `HOME` nor
    /// `XDG_STATE_HOME`.
    #[must_use]
    pub fn default_data_dir(&self) -> Option<PathBuf> {
        self.place_for("/var/lib/zb", "XDG_STATE_HOME", ".local/state")
    }

    /// Unset, empty and relative XDG variables count as absent (XDG Base Directory Specification).
    fn place_for(&self, of_root: &str, xdg: &str, below_home: &str) -> Option<PathBuf> {
        if self.root {
            return Some(PathBuf::from(of_root));
        }
        let absolute = |name: &str| self.variable(name).map(Path::new).filter(|path| path.is_absolute());
        let base = absolute(xdg).map(Path::to_owned).or_else(|| Some(absolute("HOME")?.join(below_home)))?;
        Some(base.join("zb"))
    }
}
