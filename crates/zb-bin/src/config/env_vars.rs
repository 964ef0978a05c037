//! Every environment variable that configures zb, in one place (`spec.md` §5).
//!
//! A variable that is set to nothing is a value like any other: for `WEBHOOK_ALLOWED_ORIGINS` the empty list,
//! for the others an error. `XDG_CONFIG_HOME`, `XDG_STATE_HOME` and `HOME` are read as their specification says,
//! `RUST_LOG` and `NO_COLOR` by those who print.

use zb_server::nearest;

use super::Variables;

/// Which origins webhooks may be sent to: the seed's name.
pub const WEBHOOK_ALLOWED_ORIGINS: &str = "WEBHOOK_ALLOWED_ORIGINS";
/// How long a hook may take, in whole seconds: the seed's name.
pub const WEBHOOK_TIMEOUT: &str = "WEBHOOK_TIMEOUT";
/// The restic to run: a path, or a name to look for on `PATH`.
pub const RESTIC_COMMAND: &str = "RESTIC_COMMAND";
/// Where zb keeps its database and key.
pub const ZB_DATA_DIR: &str = "ZB_DATA_DIR";
/// `text` or `json`.
pub const ZB_LOG_FORMAT: &str = "ZB_LOG_FORMAT";
/// Where the metrics are written after a run.
pub const ZB_METRICS_FILE: &str = "ZB_METRICS_FILE";
/// The configuration file.
pub const ZB_CONFIG: &str = "ZB_CONFIG";
/// The marker that zb gives to restic and its helpers, so that it finds them after a crash. It configures nothing.
pub const ZB_RUN: &str = "ZB_RUN";

/// Every variable that configures zb.
pub const ALL: [&str; 7] = [
    WEBHOOK_ALLOWED_ORIGINS,
    WEBHOOK_TIMEOUT,
    RESTIC_COMMAND,
    ZB_DATA_DIR,
    ZB_LOG_FORMAT,
    ZB_METRICS_FILE,
    ZB_CONFIG,
];

/// The service's, in the order of its keys.
pub const SERVICE: [&str; 7] = [
    "ZB_LISTEN",
    "ZB_JOBS_DIR",
    "ZB_MAX_RUNS",
    "ZB_SHUTDOWN",
    "ZB_BASE_PATH",
    "ZB_PUBLIC_URL",
    "ZB_TRUSTED_PROXIES",
];

/// A warning for each variable that begins with `ZB_` and means nothing to zb.
#[must_use]
pub fn unknown(variables: &Variables) -> Vec<String> {
    let names = variables.keys().map(|name| name.to_string_lossy());
    let own = || ALL.into_iter().chain(SERVICE);
    let is_own = |name: &str| name == ZB_RUN || own().any(|own| own == name);
    let strangers = names.filter(|name| name.starts_with("ZB_") && !is_own(name));
    strangers
        .map(|name| match nearest(&name, own()) {
            Some(own) => format!("unknown environment variable {name}; did you mean {own}?"),
            None => format!("unknown environment variable {name} has no effect"),
        })
        .collect()
}
