//! The name of this machine: what extended bodies call `host`.

/// As `uname -n` has it.
#[must_use]
pub(crate) fn name() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}
