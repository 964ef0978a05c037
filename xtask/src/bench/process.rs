//! What the kernel knows of a process: `/proc`, and the end of a child that is looked at before it is forgotten.

use std::{
    fs,
    process::{Child, Command},
    thread,
    time::Duration,
};

use super::clock::{self, Moment};
use crate::shell::{Result, output};

/// One look at a child's memory is far shorter.
const LOOK_AGAIN: Duration = Duration::from_millis(2);

/// `/proc/<pid>/stat` counts processor time in hundredths of a second, on every Linux that Rust runs on.
const SECONDS_PER_TICK: f64 = 0.01;

/// The fields of `/proc/<pid>/stat` that are used here, by their numbers in proc(5).
const STATE: usize = 3;
const PARENT: usize = 4;
const USER_AND_SYSTEM: [usize; 2] = [14, 15];
const OF_CHILDREN: [usize; 2] = [16, 17];

/// A measured program that has run to its end.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ran {
    pub(super) began: Moment,
    /// From before it was started until it was reaped.
    pub(super) ms: f64,
}

/// Runs a command to its end; `expected` is its exit status.
pub(super) fn run(command: &mut Command, expected: i32) -> Result<Ran> {
    let began = clock::now()?;
    let status = command.spawn()?.wait()?;
    let ms = clock::between(began, clock::now()?);
    if status.code() != Some(expected) {
        return Err(format!("{command:?} ended with {status}, and not with {expected}").into());
    }
    Ok(Ran { began, ms })
}

/// Seconds of processor time that this process's children, and theirs, have taken: those that were reaped.
pub(super) fn seconds_of_children() -> Result<f64> {
    Ok(seconds(&stat("self")?, OF_CHILDREN))
}

/// The greatest memory of a program and of its guardian, in bytes, and its own processor time, in seconds.
#[derive(Clone, Copy, Default, Debug)]
pub(super) struct Watched {
    pub(super) peak: u64,
    pub(super) guardian_peak: u64,
    pub(super) seconds: f64,
}

/// Runs a command to its end, and looks at it and its guardian all the time.
pub(super) fn watch(command: &mut Command, expected: i32) -> Result<Watched> {
    let mut child = command.spawn()?;
    let pid = child.id();
    let mut watched = Watched::default();
    let mut guardian = None;
    loop {
        watched.peak = watched.peak.max(peak(pid).unwrap_or(0));
        guardian = guardian.or_else(|| guardian_of(pid));
        watched.guardian_peak = watched.guardian_peak.max(guardian.and_then(peak).unwrap_or(0));
        let now = stat(&pid.to_string())?;
        // A zombie: everything that it has used is counted, and still known.
        if now.get(STATE).is_some_and(|state| state == "Z") {
            watched.seconds = seconds(&now, USER_AND_SYSTEM);
            break;
        }
        thread::sleep(LOOK_AGAIN);
    }
    let status = child.wait()?;
    if status.code() != Some(expected) {
        return Err(format!("{command:?} ended with {status}, and not with {expected}").into());
    }
    Ok(watched)
}

/// The process of a zb that watches over it.
pub(super) fn guardian_of(zb: u32) -> Option<u32> {
    children_of(zb).into_iter().find(|pid| {
        fs::read_to_string(format!("/proc/{pid}/comm")).is_ok_and(|name| name.trim() == "zb-guardian")
    })
}

/// Those that run, and zombies.
pub(super) fn children_of(parent: u32) -> Vec<u32> {
    let pids = fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = pids.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    let parent = parent.to_string();
    pids.filter(|pid: &u32| stat(&pid.to_string()).is_ok_and(|stat| stat.get(PARENT) == Some(&parent)))
        .collect()
}

/// Whether there is such a process, and it has not ended.
pub(super) fn is_alive(pid: u32) -> bool {
    stat(&pid.to_string()).is_ok_and(|stat| stat.get(STATE).is_some_and(|state| state != "Z"))
}

/// Sends SIGKILL to a process that need not be a child.
pub(super) fn kill(pid: u32) -> Result {
    signal("KILL", pid)
}

/// Sends a signal, by its name.
pub(super) fn signal(name: &str, pid: u32) -> Result {
    // The shell's own `kill`: not every machine has the program.
    let kill = format!("kill -{name} {pid}");
    output(crate::shell::command("sh").args(["-c", &kill])).map(drop)
}

/// A child that does not outlive a bench that fails.
pub(super) struct Mortal(pub(super) Child);

impl Drop for Mortal {
    fn drop(&mut self) {
        // It can only fail where it has ended.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The greatest resident memory so far, in bytes; nothing where the process has ended.
fn peak(pid: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim().strip_suffix(" kB")?.parse::<u64>().ok()? * 1024)
}

/// The fields of `/proc/<pid>/stat`, numbered as in proc(5): from 1, the name is one field.
fn stat(pid: &str) -> Result<Vec<String>> {
    Ok(fields(&fs::read_to_string(format!("/proc/{pid}/stat"))?))
}

fn fields(stat: &str) -> Vec<String> {
    // A name may hold spaces and parentheses; what follows it holds neither.
    let after_name = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
    ["", "", ""].into_iter().chain(after_name.split_whitespace()).map(str::to_owned).collect()
}

fn seconds(stat: &[String], of: [usize; 2]) -> f64 {
    let ticks = of.into_iter().filter_map(|field| stat.get(field)?.parse::<f64>().ok());
    ticks.sum::<f64>() * SECONDS_PER_TICK
}

#[cfg(test)]
mod tests {
    use super::{OF_CHILDREN, PARENT, STATE, USER_AND_SYSTEM, fields, seconds};

    #[test]
    fn fields_are_counted_as_in_the_manual() {
        let line = "42 (a (b) c) S 7 42 42 0 -1 4194560 1 0 0 0 150 50 3 4 20 0 1 0 1 2 3";
        let fields = fields(line);
        assert_eq!((fields[STATE].as_str(), fields[PARENT].as_str()), ("S", "7"));
        assert_eq!((seconds(&fields, USER_AND_SYSTEM), seconds(&fields, OF_CHILDREN)), (2.0, 0.07));
    }
}
