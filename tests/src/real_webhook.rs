//! The real `webhook` program with the seed's hooks and scripts, and a stand-in for the `docker` command.

use std::fs;

use crate::{Hook, JobFile, Running, Scratch, command, eventually};

/// The seed's own secret.
const SECRET: &str = "replace-with-a-long-random-secret";

/// A running `webhook`, whose container is up at first.
#[derive(Debug)]
pub struct RealWebhook<'a> {
    scratch: &'a Scratch,
    program: Running,
    port: u16,
}

impl<'a> RealWebhook<'a> {
    /// Starts it on a free port.
    ///
    /// # Panics
    /// Where `webhook` is not installed.
    #[must_use]
    pub fn start(scratch: &'a Scratch) -> Self {
        let directory = scratch.text("hooks");
        let hooks = include_str!("../seed/hooks.json").replace("/opt/zerobyte-hooks", &directory);
        scratch.write("hooks/hooks.json", hooks);
        scratch.write_script("hooks/stop-postgres.sh", include_str!("../seed/stop-postgres.sh"));
        scratch.write_script("hooks/start-postgres.sh", include_str!("../seed/start-postgres.sh"));
        scratch.write_script("docker/docker", include_str!("../seed/docker"));
        scratch.write("docker/container/running", "true\n");
        let mut webhook = command("webhook");
        let path = std::env::var("PATH").unwrap_or_default();
        webhook.env("PATH", format!("{}:{path}", scratch.text("docker")));
        webhook.args(["-hooks", &scratch.text("hooks/hooks.json"), "-ip", "127.0.0.1", "-port", "0"]);
        webhook.args(["-verbose", "-http-methods", "POST"]);
        let program = Running::start(webhook);
        // It does not say which port it got: the kernel knows.
        let port = eventually("webhook's port", || listening_port(program.pid()));
        Self { scratch, program, port }
    }

    /// For `WEBHOOK_ALLOWED_ORIGINS`.
    #[must_use]
    pub fn origin(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Gives a job the seed's two hooks.
    #[must_use]
    pub fn hooks(&self, job: JobFile) -> JobFile {
        job.pre(&self.hook("stop-postgres", SECRET)).post(&self.hook("start-postgres", SECRET))
    }

    /// One of the seed's hooks, with any secret.
    #[must_use]
    pub fn hook(&self, id: &str, secret: &str) -> Hook {
        let url = format!("{}/hooks/{id}", self.origin());
        Hook::to(url).headers(&format!("X-Zerobyte-Hook-Secret: {secret}\n"))
    }

    /// Whether the container is up.
    #[must_use]
    pub fn container_is_running(&self) -> bool {
        fs::read_to_string(self.scratch.path("docker/container/running")).unwrap().trim() == "true"
    }

    /// What was done to the container: `stop`, `start`, in order.
    #[must_use]
    pub fn container_log(&self) -> Vec<String> {
        let log = fs::read_to_string(self.scratch.path("docker/container/log")).unwrap_or_default();
        log.lines().map(str::to_owned).collect()
    }

    /// Makes `docker stop` or `docker start` fail.
    pub fn refuse(&self, what: &str) {
        self.scratch.write(&format!("docker/container/refuse-{what}"), "");
    }

    /// What `webhook` wrote so far.
    #[must_use]
    pub fn log(&self) -> String {
        self.program.stdout() + &self.program.stderr()
    }
}

/// The port of the first TCP socket that the process listens on: its socket inodes, found again in the kernel's table.
fn listening_port(pid: i32) -> Option<u16> {
    const LISTEN: &str = "0A";
    let sockets: Vec<String> = fs::read_dir(format!("/proc/{pid}/fd"))
        .ok()?
        .filter_map(|entry| Some(fs::read_link(entry.ok()?.path()).ok()?.to_str()?.to_owned()))
        .filter_map(|link| Some(link.strip_prefix("socket:[")?.strip_suffix(']')?.to_owned()))
        .collect();
    let table = fs::read_to_string("/proc/net/tcp").ok()?;
    table.lines().skip(1).find_map(|line| {
        let columns: Vec<_> = line.split_whitespace().collect();
        let (local, state, inode) = (columns.get(1)?, columns.get(3)?, columns.get(9)?);
        let ours = *state == LISTEN && sockets.iter().any(|socket| socket == inode);
        ours.then(|| u16::from_str_radix(local.rsplit(':').next()?, 16).ok())?
    })
}
