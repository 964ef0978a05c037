//! `cargo xtask demo --serve`: a service to look at, until Ctrl-C.

use std::{env, os::unix::process::CommandExt};

use crate::{
    sample::{Sample, USERNAME},
    shell::{Result, cargo, command, own_step, step},
    tools::need_packages,
};

/// Set where this program is deaf to Ctrl-C.
const DEAF: &str = "ZB_DEMO_DEAF";

/// Ctrl-C ends `zb serve`, which sends the post hooks that it owes; this program waits for that, and cleans up.
pub(crate) fn serve() -> Result {
    if env::var_os(DEAF).is_none() {
        return go_deaf();
    }
    need_packages(&["restic", "webhook"])?;
    step("build zb", &mut cargo(["build", "--package", "zb-bin"]))?;
    let mut sample = Sample::make()?;
    println!("\n  Open      {}", sample.url());
    println!("  Username  {USERNAME}");
    println!("  Password  {}", sample.password());
    println!("\nFilms takes a minute: press Backup now there, and watch it. Ctrl-C ends the demo.\n");
    let ended = sample.wait();
    let struck = own_step("clean up: end every process, remove every file", || sample.strike());
    ended.and(struck)
}

/// Becomes itself with SIGINT ignored: what is ignored stays so in a new program, and no handler is needed.
fn go_deaf() -> Result {
    let program = env::current_exe()?;
    let mut deaf = command("sh");
    deaf.args(["-c", "trap '' INT; exec \"$0\" demo --serve"]).arg(program).env(DEAF, "1");
    Err(deaf.exec().into())
}
