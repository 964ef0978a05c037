//! A small database in a container's place, and the real `webhook` that stops and starts it by the seed's scripts.

use std::{
    fs,
    net::{TcpListener, TcpStream},
};

use crate::{
    scratch::{Scratch, wait_until},
    shell::{Result, command, output},
};

/// The seed's own secret, as its hooks have it.
pub(crate) const SECRET: &str = "replace-with-a-long-random-secret";

/// What the database writes into its folder.
pub(crate) const ROWS: &str = "data/rows";

/// Starts the database by the same door as the hook will: the stand-in for docker.
pub(crate) fn start(scratch: &Scratch) -> Result {
    scratch.write("database.sh", include_str!("database/database.sh"))?;
    scratch.script("docker/docker", include_str!("../../tests/seed/docker"))?;
    scratch.script("docker/container/up", include_str!("database/up.sh"))?;
    scratch.script("docker/container/down", include_str!("database/down.sh"))?;
    fs::create_dir_all(scratch.path("data"))?;
    output(command(scratch.path("docker/docker")).args(["start", "postgres"]))?;
    let rows = || fs::read_to_string(scratch.path(ROWS));
    wait_until("the database's first row", || rows().is_ok_and(|rows| rows.contains("row 1")))
}

/// Starts `webhook` with the seed's two hooks and those of other files like the seed's, and says where it listens.
pub(crate) fn start_webhook(scratch: &mut Scratch, others: &[&str]) -> Result<String> {
    let folder = scratch.path("hooks").to_string_lossy().into_owned();
    let in_place = |hooks: &str| hooks.replace("/opt/zerobyte-hooks", &folder);
    scratch.write("hooks/hooks.json", in_place(include_str!("../../tests/seed/hooks.json")))?;
    scratch.script("hooks/stop-postgres.sh", include_str!("../../tests/seed/stop-postgres.sh"))?;
    scratch.script("hooks/start-postgres.sh", include_str!("../../tests/seed/start-postgres.sh"))?;
    let path = std::env::var("PATH")?;
    let mut webhook = command("webhook");
    webhook.env("PATH", format!("{}:{path}", scratch.path("docker").display()));
    webhook.arg("-hooks").arg(scratch.path("hooks/hooks.json"));
    for (number, hooks) in others.iter().enumerate() {
        let name = format!("hooks/hooks-{number}.json");
        scratch.write(&name, in_place(hooks))?;
        webhook.arg("-hooks").arg(scratch.path(&name));
    }
    let port = free_port()?;
    webhook.args(["-ip", "127.0.0.1", "-port", &port.to_string(), "-http-methods", "POST"]);
    scratch.start(&mut webhook)?;
    wait_until("webhook's port", || TcpStream::connect(("127.0.0.1", port)).is_ok())?;
    Ok(format!("http://127.0.0.1:{port}"))
}

/// A port that was free a moment ago.
fn free_port() -> Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}
