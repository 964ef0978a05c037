//! A service with sample data: `zb serve` from nothing, with jobs, real repositories, a real `webhook` and runs that ended
//! well and badly. For the demo and for the screenshots.

mod client;
mod jobs;

use std::{
    fs,
    io::{BufRead, BufReader, Read},
    net::TcpListener,
    process::{Child, ChildStdout, Stdio},
};

use crate::{
    database,
    json::field,
    scratch::{Scratch, wait_until},
    shell::{Result, own_step, target},
};
use client::Client;

/// Who may do everything in it.
pub(crate) const USERNAME: &str = "demo";

/// Where the service listens, if nobody else does.
const USUAL_PORT: u16 = 4097;

/// A service at work, and everything around it.
pub(crate) struct Sample {
    scratch: Scratch,
    service: Child,
    /// Kept open: what else it says is not for a closed pipe.
    _says: BufReader<ChildStdout>,
    client: Client,
    password: String,
}

impl Sample {
    /// Makes all of it, in about half a minute: a line a step.
    ///
    /// What is there is struck again where a step fails.
    pub(crate) fn make() -> Result<Self> {
        let mut scratch = Scratch::set()?;
        let mut origin = String::new();
        own_step("start a database and a webhook for its hooks", || {
            database::start(&scratch)?;
            jobs::write_hooks(&scratch)?;
            origin = database::start_webhook(&mut scratch, &[jobs::NEXTCLOUD_HOOKS])?;
            Ok(())
        })?;
        let mut sample = None;
        own_step("start zb serve, make an account", || {
            sample = Some(Self::start(scratch, &origin)?);
            Ok(())
        })?;
        let sample = sample.ok_or("there is no service")?;
        own_step("make files, repositories and jobs", || jobs::make(&sample, &origin))?;
        own_step("make runs", || jobs::make_runs(&sample))?;
        Ok(sample)
    }

    /// Where a browser finds it.
    pub(crate) fn url(&self) -> String {
        format!("http://{}/", self.client.address)
    }

    /// The password of [`USERNAME`].
    pub(crate) fn password(&self) -> &str {
        &self.password
    }

    /// *Backup now*: the id of the run.
    pub(crate) fn run_now(&self, schedule: &str) -> Result<String> {
        let answer = self.client.post(&format!("/api/v1/jobs/{schedule}/runs"), "{}")?;
        Ok(field(&answer, "jobId")?.to_owned())
    }

    /// The id of the last run of a job.
    pub(crate) fn newest_run(&self, schedule: &str) -> Result<String> {
        let answer = self.client.get(&format!("/api/v1/runs?limit=1&scheduleId={schedule}"))?;
        Ok(field(&answer, "jobId")?.to_owned())
    }

    /// Waits until a run is in a state of `api.md` §5, and no further.
    pub(crate) fn wait_for(&self, run: &str, state: &str) -> Result {
        let path = format!("/api/v1/runs/{run}");
        let now = || self.client.get(&path).and_then(|told| Ok(field(&told, "state")?.to_owned()));
        wait_until(&format!("{run} to be {state}"), || now().is_ok_and(|now| now == state))
    }

    /// Until the service ends by itself, or is told to: Ctrl-C reaches it.
    pub(crate) fn wait(&mut self) -> Result {
        let status = self.service.wait()?;
        if status.success() { Ok(()) } else { Err(format!("zb serve ended with {status}").into()) }
    }

    /// Ends what runs, removes what there is, and says whether anything is left.
    pub(crate) fn strike(mut self) -> Result {
        let struck = self.scratch.strike();
        self.service.wait()?;
        struck
    }

    fn start(scratch: Scratch, origin: &str) -> Result<Self> {
        let port = if TcpListener::bind(("127.0.0.1", USUAL_PORT)).is_ok() { USUAL_PORT } else { 0 };
        let mut serve = scratch.tool(&target().join("debug/zb").to_string_lossy());
        serve.args(["serve", "--listen", &format!("127.0.0.1:{port}")]);
        // The guard knows it by this name.
        serve.arg("--data-dir").arg(scratch.path("service"));
        serve.env("WEBHOOK_ALLOWED_ORIGINS", origin).stdout(Stdio::piped());
        let mut service = serve.spawn()?;
        let mut says = BufReader::new(service.stdout.take().ok_or("zb serve has no output")?);
        let address = said(&mut says, "zb listens at ")?;
        let link = said(&mut says, "Set up zb: ")?;
        let token = link.split_once("token=").ok_or("the link has no token")?.1.to_owned();
        let password = password()?;
        let client = Client::set_up(&address, &token, USERNAME, &password)?;
        Ok(Self { scratch, service, _says: says, client, password })
    }
}

/// The rest of the next line, which begins so.
fn said(says: &mut impl BufRead, begins: &str) -> Result<String> {
    let mut line = String::new();
    says.read_line(&mut line)?;
    let rest = line.strip_prefix(begins).ok_or_else(|| format!("zb serve said {line:?}"))?;
    Ok(rest.trim_end().to_owned())
}

/// 20 letters without those that look alike.
fn password() -> Result<String> {
    const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
    let mut random = [0; 20];
    fs::File::open("/dev/urandom")?.read_exact(&mut random)?;
    Ok(random.map(|byte| char::from(LETTERS[usize::from(byte % 32)])).iter().collect())
}
