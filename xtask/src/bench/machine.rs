//! Where it was measured: figures of two machines are no comparison.

use std::{
    fs::{self, File},
    io::Write,
    thread,
    time::Instant,
};

use super::{
    figure::{Samples, Unit},
    stage::{Stage, curl},
};
use crate::shell::{Result, command, output, root};

/// Machine and versions: what, and its value.
pub(super) fn describe(stage: &Stage) -> Result<Vec<(&'static str, String)>> {
    let first = |text: String| text.lines().next().unwrap_or_default().trim().to_owned();
    let read = |path| fs::read_to_string(path).map(first).unwrap_or_default();
    let processor = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = field(&processor, "model name").unwrap_or("unknown");
    let memory = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let memory = field(&memory, "MemTotal").and_then(|total| total.strip_suffix(" kB")?.parse::<f64>().ok());
    let said = |program: &str, word: &str| {
        output(command(program).arg(word)).map(first).unwrap_or("none".to_owned())
    };
    let commit = output(command("git").args(["rev-parse", "--short", "HEAD"]).current_dir(root()));
    Ok(vec![
        ("date", first(output(command("date").args(["-u", "+%F"]))?)),
        ("processor", format!("{} × {model}", thread::available_parallelism()?)),
        ("memory", memory.map_or("unknown".to_owned(), |kb| format!("{:.1} GB", kb * 1024.0 / 1e9))),
        ("kernel", read("/proc/sys/kernel/osrelease")),
        ("disk", format!("{} for 4 KiB written and synced", disk(stage)?)),
        ("load at the start", read("/proc/loadavg").split(' ').take(3).collect::<Vec<_>>().join(" ")),
        ("zb", commit.map_or("unknown".to_owned(), |commit| format!("commit {}", first(commit)))),
        ("restic", said("restic", "version")),
        ("curl", curl().unwrap_or("none: sh + curl is not measured".to_owned())),
        (
            "C compiler",
            if stage.floor.is_some() { said("cc", "--version") } else { "none: no floor".to_owned() },
        ),
        ("rustc", said("rustc", "--version")),
    ])
}

/// `name : value` as /proc has it.
fn field<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let line = text.lines().find(|line| line.starts_with(name))?;
    Some(line.split_once(':')?.1.trim())
}

/// What one wait for the disk takes here: a run with both hooks has several.
fn disk(stage: &Stage) -> Result<String> {
    let path = stage.path("synced");
    let mut file = File::create(&path)?;
    let mut taken = Samples::default();
    for _ in 0..50 {
        let began = Instant::now();
        file.write_all(&[0; 4096])?;
        file.sync_data()?;
        taken.push(began.elapsed().as_secs_f64() * 1000.0);
    }
    fs::remove_file(path)?;
    Ok(Unit::Ms.show(taken.median()))
}

#[cfg(test)]
mod tests {
    use super::field;

    #[test]
    fn a_field_is_found_by_its_name() {
        assert_eq!(field("a\t: b\nmodel name\t: A B: C\n", "model name"), Some("A B: C"));
        assert_eq!(field("MemTotal:       24684288 kB\n", "MemTotal"), Some("24684288 kB"));
    }
}
