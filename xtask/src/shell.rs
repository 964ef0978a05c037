//! Commands as steps: a line each, with its time; the output is kept in a file and shown when the step fails.

use std::{
    error::Error,
    ffi::OsStr,
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Instant,
};

pub(crate) type Result<T = ()> = std::result::Result<T, Box<dyn Error>>;

/// The workspace's folder.
pub(crate) fn root() -> &'static Path {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here)
}

/// Where cargo builds.
pub(crate) fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), |given| root().join(given))
}

/// A command in the workspace's folder, without stdin.
pub(crate) fn command(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    command.current_dir(root()).stdin(Stdio::null());
    command
}

/// cargo in the workspace's folder.
pub(crate) fn cargo<'a>(arguments: impl IntoIterator<Item = &'a str>) -> Command {
    let mut cargo = command(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    // What cargo told this program about its own package is no business of another cargo.
    for name in ["CARGO_MANIFEST_DIR", "CARGO_MANIFEST_PATH", "CARGO_PKG_NAME", "CARGO_PKG_VERSION"] {
        cargo.env_remove(name);
    }
    cargo.args(arguments);
    cargo
}

/// Runs a command as a step. Its output goes to `xtask/<name>.log` in the target directory and is given back.
///
/// Fails with the whole output and the line to repeat, where the command does.
pub(crate) fn step(name: &str, command: &mut Command) -> Result<String> {
    say_beginning(name);
    let began = Instant::now();
    let (status, output) = logged(name, command)?;
    if status.success() {
        println!("{:7.1} s", began.elapsed().as_secs_f32());
        return Ok(output);
    }
    println!(" failed");
    println!("{output}");
    Err(format!("{name} failed ({status}); to repeat it:\n  {}", line(command)).into())
}

/// Does something of our own as a step.
pub(crate) fn own_step(name: &str, act: impl FnOnce() -> Result) -> Result {
    say_beginning(name);
    let began = Instant::now();
    let done = act();
    match done {
        Ok(()) => println!("{:7.1} s", began.elapsed().as_secs_f32()),
        Err(_) => println!(" failed"),
    }
    done
}

/// What a command prints, where it succeeds.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let output = command.output().map_err(|error| format!("cannot start {}: {error}", line(command)))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        return Err(format!("{} failed ({})\n{said}", line(command), output.status).into());
    }
    Ok(String::from_utf8(output.stdout)?)
}

fn say_beginning(name: &str) {
    print!("{name:.<48} ");
    let _ = io::stdout().flush();
}

fn logged(name: &str, command: &mut Command) -> Result<(std::process::ExitStatus, String)> {
    let folder = target().join("xtask");
    fs::create_dir_all(&folder)?;
    let path = folder.join(format!("{}.log", name.replace(|c: char| !c.is_ascii_alphanumeric(), "-")));
    let log = File::create(&path)?;
    command.stdout(log.try_clone()?).stderr(log);
    let status = command.status().map_err(|error| format!("cannot start {}: {error}", line(command)))?;
    Ok((status, String::from_utf8_lossy(&fs::read(path)?).into_owned()))
}

/// A command as a person would type it, with the variables that were set for it.
fn line(command: &Command) -> String {
    let set = command.get_envs().filter_map(|(name, value)| {
        Some(format!("{}={}", name.to_string_lossy(), quoted(&value?.to_string_lossy())))
    });
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    let words = words.map(|word| quoted(&word.to_string_lossy()));
    set.chain(words).collect::<Vec<_>>().join(" ")
}

fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_=./:,@+".contains(c);
    if !word.is_empty() && word.chars().all(plain) { word.to_owned() } else { format!("'{word}'") }
}

#[cfg(test)]
mod tests {
    use super::{Command, line};

    #[test]
    fn a_command_can_be_typed_again() {
        let mut command = Command::new("cargo");
        command.args(["doc", "--flag=a b"]).env("RUSTDOCFLAGS", "-D warnings").env_remove("GONE");
        assert_eq!(line(&command), "RUSTDOCFLAGS='-D warnings' cargo doc '--flag=a b'");
    }
}
