//! `cargo xtask shots`: the README's pictures, of the real service with runs that really were made.

use std::fs;

use crate::{
    sample::{Sample, USERNAME},
    shell::{Result, cargo, command, own_step, root, step, target},
    tools::need_packages,
};

/// Good runs before the pictures, so that there is something to compare with.
const RUNS: usize = 8;

/// Writes `docs/shots/*.png`.
pub(crate) fn shots() -> Result {
    need_packages(&["restic", "webhook", "chromium", "chromium-driver"])?;
    step("build zb", &mut cargo(["build", "--package", "zb-bin"]))?;
    step("build the photographer", &mut cargo(["build", "--package", "zb-tests", "--bin", "photographer"]))?;
    let sample = Sample::make()?;
    let taken = take(&sample);
    let struck = own_step("clean up: end every process, remove every file", || sample.strike());
    taken.and(struck)
}

fn take(sample: &Sample) -> Result {
    own_step("make more runs", || {
        for _ in 0..RUNS {
            let run = sample.run_now("sched_postgres")?;
            sample.wait_for(&run, "finished")?;
        }
        Ok(())
    })?;
    let failed = sample.newest_run("sched_nextcloud")?;
    let watched = sample.run_now("sched_films")?;
    sample.wait_for(&watched, "backing-up")?;
    let folder = root().join("docs/shots");
    fs::create_dir_all(&folder)?;
    let mut photographer = command(target().join("debug/photographer"));
    photographer.args([sample.url().trim_end_matches('/'), USERNAME, sample.password()]).arg(folder);
    photographer.args(["overview=/", "hooks=/backups/sched_postgres/edit#pre-url"]);
    photographer.arg(format!("run=/runs/{failed}"));
    step("take the pictures", &mut photographer)?;
    Ok(())
}
