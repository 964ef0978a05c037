//! A server at work, and what the kernel knows of it.

use std::{
    fs,
    io::{BufRead, BufReader},
    path::Path,
    process::{ChildStdout, Stdio},
    thread,
    time::{Duration, Instant},
};

use super::{
    client::{Client, Keys, member},
    pages::By,
};
use crate::{
    bench::{
        process::{self, Mortal},
        stage::Stage,
        wait::until,
    },
    shell::{Result, command, output},
};

/// So long after nothing was used any more everything is done.
const QUIET: Duration = Duration::from_secs(3);

/// Nobody starts by itself for longer than this.
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// `zb serve` on a data directory.
pub(super) struct Server {
    child: Mortal,
    out: BufReader<ChildStdout>,
    pub(super) address: String,
    /// Milliseconds from its start to its first answer.
    pub(super) started_in: f64,
    keys: Keys,
}

/// A server that was left alone.
pub(super) struct Rest {
    /// MB.
    pub(super) memory: f64,
    /// Milliseconds a second.
    pub(super) processor: f64,
}

impl Server {
    pub(super) fn start(stage: &Stage, data_dir: &Path) -> Result<Self> {
        let mut zb = stage.zb(data_dir);
        zb.args(["serve", "--listen", "127.0.0.1:0"]).env("RESTIC_COMMAND", stage.stand_in("saves")?);
        let began = Instant::now();
        let mut child = Mortal(zb.stdout(Stdio::piped()).spawn()?);
        let out = child.0.stdout.take().ok_or("its output is read")?;
        let mut out = BufReader::new(out);
        let line = next_line(&mut out)?;
        let address =
            line.strip_prefix("zb listens at ").ok_or_else(|| format!("{line:?}"))?.trim().to_owned();
        let mut server = Self { child, out, address, started_in: 0.0, keys: Keys::default() };
        server.ask_whether_it_is_ready()?;
        server.started_in = began.elapsed().as_secs_f64() * 1000.0;
        Ok(server)
    }

    fn ask_whether_it_is_ready(&self) -> Result {
        self.client()?.get("/healthz", By::Token).map(drop)
    }

    /// Makes the first account, with a session and a token.
    pub(super) fn set_up(&mut self) -> Result<Keys> {
        let line = next_line(&mut self.out)?;
        let (_, link) = line.trim().split_once("token=").ok_or_else(|| format!("{line:?}"))?;
        let account = format!(
            r#"{{"token":"{link}","username":"ana","password":"correct horse battery","organizationName":"Home"}}"#
        );
        let made = self.client()?.ask("POST", "/api/v1/set-up", By::Token, &account)?;
        let cookie = made.head.split_once("zb_session=").and_then(|(_, rest)| rest.split_once(';'));
        self.keys.cookie = cookie.ok_or("no cookie")?.0.to_owned();
        let token = r#"{"name":"bench","scope":"manage"}"#;
        let minted = self.client()?.ask("POST", "/api/v1/tokens", By::Cookie, token)?;
        self.keys.token = member(&minted.body, "token")?.to_owned();
        Ok(self.keys.clone())
    }

    /// From now on clients are known by these.
    pub(super) fn know(&mut self, keys: &Keys) {
        self.keys = keys.clone();
    }

    pub(super) fn keys(&self) -> &Keys {
        &self.keys
    }

    pub(super) fn client(&self) -> Result<Client> {
        Client::connect(&self.address, &self.keys)
    }

    pub(super) fn pid(&self) -> u32 {
        self.child.0.id()
    }

    /// Waits until it does nothing any more.
    pub(super) fn be_at_rest(&self) -> Result {
        let mut last = (self.seconds()?, Instant::now());
        until("the server to be at rest", LOOK_AGAIN, || {
            let Ok(seconds) = self.seconds() else { return false };
            // Half of a processor is work.
            if seconds - last.0 > 0.2 * QUIET.as_secs_f64() {
                last = (seconds, Instant::now());
            }
            last.1.elapsed() > QUIET
        })
    }

    /// What it needs when it is left alone.
    pub(super) fn rest(&self, settle: Duration, looked_at: Duration) -> Result<Rest> {
        self.be_at_rest()?;
        thread::sleep(settle);
        let before = self.seconds()?;
        thread::sleep(looked_at);
        let processor = (self.seconds()? - before) * 1000.0 / looked_at.as_secs_f64();
        Ok(Rest { memory: self.memory("VmRSS:")?, processor })
    }

    /// Processor time that it has taken, all threads together, to the nanosecond.
    pub(super) fn seconds(&self) -> Result<f64> {
        let mut nanoseconds = 0.0;
        for task in fs::read_dir(format!("/proc/{}/task", self.pid()))? {
            // One that has ended meanwhile is not counted any more.
            let Ok(stat) = fs::read_to_string(task?.path().join("schedstat")) else { continue };
            nanoseconds += stat.split(' ').next().unwrap_or_default().parse::<f64>()?;
        }
        Ok(nanoseconds / 1e9)
    }

    /// `VmRSS:` or `VmHWM:`, in MB.
    pub(super) fn memory(&self, name: &str) -> Result<f64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.pid()))?;
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        let kib: f64 =
            line.and_then(|line| line.trim().strip_suffix(" kB")).ok_or("no such line")?.parse()?;
        Ok(kib * 1024.0 / 1e6)
    }

    /// The path of a page, with a job, a run and a cursor of this service in it.
    pub(super) fn fill(&self, path: &str, days: u64) -> Result<String> {
        let mut client = self.client()?;
        let mut filled = path.to_owned();
        if path.contains("{job}") {
            let jobs = client.get("/api/v1/jobs?q=0042&limit=1", By::Token)?;
            filled = filled.replace("{job}", member(&jobs.body, "scheduleId")?);
        }
        if path.contains("{run}") {
            let runs = client.get("/api/v1/runs?limit=1", By::Token)?;
            filled = filled.replace("{run}", member(&runs.body, "jobId")?);
        }
        if path.contains("{deep}") {
            let ago = format!("{} days ago", days / 2);
            let until = output(command("date").args(["-u", "-d", &ago, "+%FT%TZ"]))?;
            let filter = format!("until={}", until.trim());
            let runs = client.get(&format!("/api/v1/runs?limit=1&{filter}"), By::Token)?;
            let cursor = member(&runs.body, "nextCursor")?;
            filled = filled.replace("{deep}", &format!("{filter}&cursor={cursor}"));
        }
        Ok(filled)
    }

    /// Ends it as systemd would.
    pub(super) fn end(mut self) -> Result {
        process::signal("TERM", self.pid())?;
        let status = self.child.0.wait()?;
        if status.success() { Ok(()) } else { Err(format!("zb serve ended with {status}").into()) }
    }
}

fn next_line(out: &mut BufReader<ChildStdout>) -> Result<String> {
    let mut line = String::new();
    out.read_line(&mut line)?;
    Ok(line)
}
