//! The demo's directory, and the guard that takes everything away again.

use std::{
    fs,
    io::{BufRead, BufReader, Read},
    net::{TcpListener, TcpStream},
    os::unix::{fs::PermissionsExt, process::CommandExt},
    path::PathBuf,
    process::{Child, ChildStdout, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use crate::shell::{Result, command, output, target};

/// The seed's own secret, as its hooks have it.
const SECRET: &str = "replace-with-a-long-random-secret";

/// Everything that the demo makes is in one directory, whose path every process of the demo carries in its arguments.
pub(super) struct Stage {
    root: PathBuf,
    guard: Child,
    webhook: Option<Child>,
    collector: Option<Collector>,
    port: u16,
}

/// A collector of traces, and where it listens.
struct Collector {
    process: Child,
    says: BufReader<ChildStdout>,
    address: String,
}

impl Stage {
    /// Makes the directory and starts the guard, before there is anything to guard.
    pub(super) fn set() -> Result<Self> {
        let root = std::env::temp_dir().join(format!("zb-demo-{}", std::process::id()));
        for folder in ["data", "home", "docker/container", "hooks"] {
            fs::create_dir_all(root.join(folder))?;
        }
        let mut guard = command("sh");
        guard.args(["-c", include_str!("guard.sh")]).env("STAGE", &root);
        let guard = guard.process_group(0).stdin(Stdio::piped()).spawn()?;
        Ok(Self { root, guard, webhook: None, collector: None, port: free_port()? })
    }

    /// Ends what runs, removes what there is, and says whether anything is left.
    pub(super) fn strike(mut self) -> Result {
        drop(self.guard.stdin.take());
        self.guard.wait()?;
        if let Some(mut webhook) = self.webhook {
            webhook.wait()?;
        }
        if self.root.exists() {
            Err(format!("{} is still there", self.root.display()).into())
        } else {
            Ok(())
        }
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    pub(super) fn origin(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Starts the database by the same door as the hook will: the stand-in for docker.
    pub(super) fn start_database(&self) -> Result {
        self.write("database.sh", include_str!("database.sh"))?;
        self.script("docker/docker", include_str!("../../../tests/seed/docker"))?;
        self.script("docker/container/up", include_str!("up.sh"))?;
        self.script("docker/container/down", include_str!("down.sh"))?;
        output(command(self.path("docker/docker")).args(["start", "postgres"]))?;
        self.wait_until("the database's first row", || self.rows().is_ok_and(|rows| rows.contains("row 1")))
    }

    /// Starts `webhook` with the seed's two hooks.
    pub(super) fn start_webhook(&mut self) -> Result {
        let folder = self.path("hooks").to_string_lossy().into_owned();
        let hooks = include_str!("../../../tests/seed/hooks.json").replace("/opt/zerobyte-hooks", &folder);
        self.write("hooks/hooks.json", &hooks)?;
        self.script("hooks/stop-postgres.sh", include_str!("../../../tests/seed/stop-postgres.sh"))?;
        self.script("hooks/start-postgres.sh", include_str!("../../../tests/seed/start-postgres.sh"))?;
        let path = std::env::var("PATH")?;
        let mut webhook = command("webhook");
        webhook.env("PATH", format!("{}:{path}", self.path("docker").display()));
        webhook.arg("-hooks").arg(self.path("hooks/hooks.json"));
        webhook.args(["-ip", "127.0.0.1", "-port", &self.port.to_string(), "-http-methods", "POST"]);
        // Out of Ctrl-C's reach: an interrupted zb still has its post hook to send.
        webhook.process_group(0);
        self.webhook = Some(webhook.stdout(Stdio::null()).stderr(Stdio::null()).spawn()?);
        self.wait_until("webhook's port", || TcpStream::connect(("127.0.0.1", self.port)).is_ok())
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
        self.write("password", "correct horse battery staple\n")?;
        let hook = |phase: &str, id: &str| {
            let url = format!("{}/hooks/{id}", self.origin());
            format!("[webhooks.{phase}]\nurl = \"{url}\"\nheaders = \"X-Zerobyte-Hook-Secret: {SECRET}\"\n")
        };
        let job = format!(
            "name = \"demo database\"\nsource = \"data\"\n\n\
             [repository]\nurl = \"{}\"\npassword_file = \"password\"\n\n{}\n{}",
            self.path("repository").display(),
            hook("pre", "stop-postgres"),
            hook("post", "start-postgres"),
        );
        self.write("job.toml", &job)
    }

    /// zb, with nothing of this machine's own zb.
    pub(super) fn zb(&self, words: &[&str]) -> Command {
        let mut zb = self.tool(&target().join("debug/zb").to_string_lossy());
        zb.args(words).arg("--data-dir").arg(self.path("state"));
        zb.env("WEBHOOK_ALLOWED_ORIGINS", self.origin());
        if let Some(collector) = &self.collector {
            zb.env("OTEL_EXPORTER_OTLP_ENDPOINT", &collector.address);
        }
        zb
    }

    /// The rows that are in the newest snapshot, in restic's own words.
    pub(super) fn rows_in_snapshot(&self) -> Result<String> {
        let mut restic = self.tool("restic");
        restic.arg("--repo").arg(self.path("repository")).arg("--password-file").arg(self.path("password"));
        output(restic.args(["--no-lock", "--quiet", "dump", "latest"]).arg(self.path("data/rows")))
    }

    pub(super) fn rows(&self) -> Result<String> {
        Ok(fs::read_to_string(self.path("data/rows"))?)
    }

    /// Waits for something that another process does.
    pub(super) fn wait_until(&self, what: &str, mut is_so: impl FnMut() -> bool) -> Result {
        let deadline = Instant::now() + Duration::from_secs(30);
        while !is_so() {
            if Instant::now() > deadline {
                return Err(format!("waited 30 seconds for {what}").into());
            }
            thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }

    fn tool(&self, program: &str) -> Command {
        let mut tool = command(program);
        tool.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
        for name in ["TERM", "NO_COLOR", "COLUMNS"] {
            tool.envs(std::env::var_os(name).map(|value| (name, value)));
        }
        tool.env("HOME", self.path("home")).env("TMPDIR", std::env::temp_dir());
        tool
    }

    fn write(&self, name: &str, text: &str) -> Result {
        Ok(fs::write(self.path(name), text)?)
    }

    fn script(&self, name: &str, text: &str) -> Result {
        self.write(name, text)?;
        Ok(fs::set_permissions(self.path(name), fs::Permissions::from_mode(0o755))?)
    }
}

/// A port that was free a moment ago.
fn free_port() -> Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}
