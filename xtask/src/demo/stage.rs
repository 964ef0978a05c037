//! What the demo is played with: the database, its hooks, a job, a collector of traces.

use std::{
    fs,
    io::{BufRead, BufReader, Read},
    os::unix::process::CommandExt,
    path::PathBuf,
    process::{Child, ChildStdout, Command, Stdio},
};

use crate::{
    database::{self, ROWS, SECRET},
    scratch::Scratch,
    shell::{Result, command, output, target},
};

/// The directory of the demo and what runs beside zb.
pub(super) struct Stage {
    scratch: Scratch,
    /// Of `webhook`.
    origin: String,
    collector: Option<Collector>,
}

/// A collector of traces, and where it listens.
struct Collector {
    process: Child,
    says: BufReader<ChildStdout>,
    address: String,
}

impl Stage {
    pub(super) fn set() -> Result<Self> {
        Ok(Self { scratch: Scratch::set()?, origin: String::new(), collector: None })
    }

    /// Ends what runs, removes what there is, and says whether anything is left.
    pub(super) fn strike(self) -> Result {
        self.scratch.strike()
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.scratch.path(name)
    }

    pub(super) fn start_database(&self) -> Result {
        database::start(&self.scratch)
    }

    /// Starts `webhook` with the seed's two hooks.
    pub(super) fn start_webhook(&mut self) -> Result {
        self.origin = database::start_webhook(&mut self.scratch, &[])?;
        Ok(())
    }

    /// Starts the collector that is telemetry's example.
    pub(super) fn start_collector(&mut self) -> Result {
        let program = self.path("collector");
        fs::copy(target().join("debug/examples/collector"), &program)?;
        let mut collector = command(program);
        collector.args(["--listen", "127.0.0.1:0"]).process_group(0);
        let mut process = collector.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let mut says = BufReader::new(process.stdout.take().ok_or("the collector has no output")?);
        let mut address = String::new();
        says.read_line(&mut address)?;
        self.collector = Some(Collector { process, says, address: address.trim().to_owned() });
        Ok(())
    }

    /// What the collector has got, when it is told to end; nothing where there is none.
    pub(super) fn collected(&mut self) -> Result<Option<String>> {
        let Some(mut collector) = self.collector.take() else { return Ok(None) };
        drop(collector.process.stdin.take());
        let mut tree = String::new();
        collector.says.read_to_string(&mut tree)?;
        collector.process.wait()?;
        Ok(Some(tree))
    }

    /// The job, as the seed's how-to has it.
    pub(super) fn write_job(&self) -> Result {
        self.scratch.write("password", "correct horse battery staple\n")?;
        let hook = |phase: &str, id: &str| {
            let url = format!("{}/hooks/{id}", self.origin);
            format!("[webhooks.{phase}]\nurl = \"{url}\"\nheaders = \"X-Zerobyte-Hook-Secret: {SECRET}\"\n")
        };
        let job = format!(
            "name = \"demo database\"\nsource = \"data\"\n\n\
             [repository]\nurl = \"{}\"\npassword_file = \"password\"\n\n{}\n{}",
            self.path("repository").display(),
            hook("pre", "stop-postgres"),
            hook("post", "start-postgres"),
        );
        self.scratch.write("job.toml", job)
    }

    /// zb, with nothing of this machine's own zb.
    pub(super) fn zb(&self, words: &[&str]) -> Command {
        let mut zb = self.scratch.tool(&target().join("debug/zb").to_string_lossy());
        zb.args(words).arg("--data-dir").arg(self.path("state"));
        zb.env("WEBHOOK_ALLOWED_ORIGINS", &self.origin);
        if let Some(collector) = &self.collector {
            zb.env("OTEL_EXPORTER_OTLP_ENDPOINT", &collector.address);
        }
        zb
    }

    /// The rows that are in the newest snapshot, in restic's own words.
    pub(super) fn rows_in_snapshot(&self) -> Result<String> {
        let mut restic = self.scratch.tool("restic");
        restic.arg("--repo").arg(self.path("repository")).arg("--password-file").arg(self.path("password"));
        output(restic.args(["--no-lock", "--quiet", "dump", "latest"]).arg(self.path(ROWS)))
    }

    pub(super) fn rows(&self) -> Result<String> {
        Ok(fs::read_to_string(self.path(ROWS))?)
    }
}
