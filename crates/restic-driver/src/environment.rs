//! restic's environment is built up, not inherited (`spec.md` §4): what is picked from the caller's, and no more.

use std::{
    collections::BTreeMap,
    ffi::{OsStr, OsString},
    fmt,
};

/// Names taken from the caller's environment as they are; `LC_*` and the proxy variables come on top.
const PICKED: [&str; 14] = [
    "PATH",
    "HOME",
    "USER",
    "LOGNAME",
    "LANG",
    "TZ",
    "TMPDIR",
    "XDG_CACHE_HOME",
    "XDG_CONFIG_HOME",
    "SSH_AUTH_SOCK",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "RESTIC_CACHE_DIR",
    "RESTIC_PROGRESS_FPS",
];

/// Proxy variables, each valid in upper and in lower case.
const PROXIES: [&str; 4] = ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"];

/// Status lines a second, where the caller's environment does not say otherwise.
const PROGRESS_FPS: (&str, &str) = ("RESTIC_PROGRESS_FPS", "1");

/// The part of the caller's environment that restic is given.
///
/// This crate never reads the environment: a program hands it in once, at its edge.
///
/// ```
/// use std::ffi::{OsStr, OsString};
/// let vars = [("HOME", "/root"), ("RESTIC_PASSWORD", "not this one")];
/// let base = restic_driver::BaseEnv::pick(vars.map(|(name, value)| (OsString::from(name), OsString::from(value))));
/// assert_eq!(base.get("HOME"), Some(OsStr::new("/root")));
/// assert_eq!(base.get("RESTIC_PASSWORD"), None);
/// ```
#[derive(Clone, PartialEq, Eq, Default)]
pub struct BaseEnv(BTreeMap<OsString, OsString>);

impl BaseEnv {
    /// Picks from variables such as `std::env::vars_os()`.
    #[must_use]
    pub fn pick(vars: impl IntoIterator<Item = (OsString, OsString)>) -> Self {
        let mut picked: BTreeMap<_, _> = vars.into_iter().filter(|(name, _)| is_picked(name)).collect();
        picked.entry(PROGRESS_FPS.0.into()).or_insert_with(|| PROGRESS_FPS.1.into());
        Self(picked)
    }

    /// The value of a variable that was picked.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&OsStr> {
        self.0.get(OsStr::new(name)).map(OsString::as_os_str)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&OsString, &OsString)> {
        self.0.iter()
    }

    /// The values that may hold credentials in a URL.
    pub(crate) fn proxies(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter(|(name, _)| is_proxy(name)).filter_map(|(_, value)| value.to_str())
    }
}

/// Shows names only: a proxy's URL may carry a password.
impl fmt::Debug for BaseEnv {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

fn is_picked(name: &OsStr) -> bool {
    name.to_str().is_some_and(|name| PICKED.contains(&name) || name.starts_with("LC_")) || is_proxy(name)
}

fn is_proxy(name: &OsStr) -> bool {
    name.to_str()
        .is_some_and(|name| PROXIES.iter().any(|proxy| name == *proxy || name == proxy.to_ascii_lowercase()))
}
