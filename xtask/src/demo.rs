//! `cargo xtask demo`: the whole promise in one minute, with real programs only. Everything happens in one temporary
//! directory, and nothing is left of it, also where the demo is interrupted.

mod outage;
mod serve;
mod stage;

use std::process::Stdio;

use outage::{outages, window};
pub(crate) use serve::serve;
use stage::Stage;

use crate::{
    json::field,
    shell::{Result, cargo, output, own_step, step},
    tools::need_packages,
};

/// With `trace` a collector listens, and prints the run's trace as a tree.
pub(crate) fn demo(trace: bool) -> Result {
    need_packages(&["restic", "webhook"])?;
    step("build zb", &mut cargo(["build", "--package", "zb-bin"]))?;
    if trace {
        step("build a collector", &mut cargo(["build", "--package", "telemetry", "--example", "collector"]))?;
    }
    let mut stage = Stage::set()?;
    let shown = play(&mut stage, trace);
    let struck = own_step("clean up: end every process, remove every file", || stage.strike());
    shown.and(struck)?;
    println!("\nThe database was down only while zb backed it up, and its file in the snapshot is whole.");
    Ok(())
}

fn play(stage: &mut Stage, trace: bool) -> Result {
    own_step("start a database that writes ten rows a second", || stage.start_database())?;
    own_step("start webhook with the hooks that stop and start it", || stage.start_webhook())?;
    own_step("write the job file", || stage.write_job())?;
    if trace {
        own_step("start a collector of traces", || stage.start_collector())?;
    }
    let job = stage.path("job.toml").to_string_lossy().into_owned();
    step("zb init: make a restic repository", &mut stage.zb(&["init", &job]))?;
    step("zb check: look at everything, send nothing", &mut stage.zb(&["check", &job]))?;
    watch(stage, "zb run", &["run", &job])?;
    let runs = output(&mut stage.zb(&["runs", "--json"]))?;
    let run = field(&runs, "jobId")?.to_owned();
    watch(stage, "zb show", &["show", &run])?;
    if let Some(tree) = stage.collected()? {
        println!("what the collector has got of it\n\n{tree}");
    }
    judge(stage, &output(&mut stage.zb(&["show", &run, "--json"]))?)
}

/// Lets a command of zb speak for itself.
fn watch(stage: &Stage, name: &str, words: &[&str]) -> Result {
    println!("\n$ {name}");
    let status = stage.zb(words).stdout(Stdio::inherit()).stderr(Stdio::inherit()).status()?;
    println!();
    if status.success() { Ok(()) } else { Err(format!("{name} failed ({status})").into()) }
}

/// The database's own account against zb's.
fn judge(stage: &Stage, run: &str) -> Result {
    let window = window(run)?;
    let outages = outages(&stage.rows()?)?;
    let &[outage] = outages.as_slice() else {
        return Err(format!("the database was down {} times", outages.len()).into());
    };
    println!("pre hook sent         {:6} ms", 0);
    println!("database closed       {:6} ms", outage.closed - window.begins);
    println!("database open again   {:6} ms", outage.opened - window.begins);
    println!("post hook answered    {:6} ms", window.ends - window.begins);
    if outage.closed < window.begins || outage.opened > window.ends {
        return Err("the database was down outside of the pause".into());
    }
    let saved = stage.rows_in_snapshot()?;
    let last = saved.lines().last().unwrap_or_default();
    println!("last line in the snapshot: {last}\n");
    if last == format!("closed {}", outage.closed) {
        Ok(())
    } else {
        Err("the snapshot was taken while the database was open".into())
    }
}
