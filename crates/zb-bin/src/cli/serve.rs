//! `zb serve`: the settings of the service as flags.

use std::ffi::{OsStr, OsString};

use clap::Args;

/// Settings of the service.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Settings of the service")]
pub struct ServeFlags {
    /// Where to listen: an address with a port, or unix:/PATH [default: 127.0.0.1:4097]
    #[arg(long, value_name = "ADDRESS")]
    pub listen: Option<OsString>,
    /// A folder of job files, read at the start and when they change [default: none]
    #[arg(long, value_name = "DIR")]
    pub jobs_dir: Option<OsString>,
    /// At most so many runs beside each other, from 1 to 64 [default: 2]
    #[arg(long, value_name = "COUNT")]
    pub max_runs: Option<OsString>,
    /// What becomes of runs at the end: cancel or finish; post hooks are always sent [default: cancel]
    #[arg(long, value_name = "WHAT")]
    pub shutdown: Option<OsString>,
    /// Below which path a proxy hands requests on, as /zb [default: none]
    #[arg(long, value_name = "PATH")]
    pub base_path: Option<OsString>,
    /// At which origin people reach it, as https://host:8443 [default: the one that a request names]
    #[arg(long, value_name = "ORIGIN")]
    pub public_url: Option<OsString>,
    /// Proxies whose X-Forwarded headers are believed: addresses, networks, unix, with commas [default: none]
    #[arg(long, value_name = "ADDRESSES")]
    pub trusted_proxies: Option<OsString>,
}

impl ServeFlags {
    /// Each flag with what it says, in the order of the service's keys.
    pub(crate) fn texts(&self) -> [(&'static str, Option<&OsStr>); 7] {
        [
            ("--listen", self.listen.as_deref()),
            ("--jobs-dir", self.jobs_dir.as_deref()),
            ("--max-runs", self.max_runs.as_deref()),
            ("--shutdown", self.shutdown.as_deref()),
            ("--base-path", self.base_path.as_deref()),
            ("--public-url", self.public_url.as_deref()),
            ("--trusted-proxies", self.trusted_proxies.as_deref()),
        ]
    }
}
