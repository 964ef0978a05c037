//! `cargo xtask test`: everything that CI asks, in one target directory and the dev profile.

use std::{
    fs::{self, File},
    path::PathBuf,
};

use crate::{
    shell::{Result, cargo, command, own_step, root, step, target},
    tidy,
    tools::{need_cargo_tool, need_packages, need_promtool},
};

/// Stops at the first failure.
pub(crate) fn test() -> Result {
    need_packages(&[
        "restic",
        "webhook",
        "sqlite3",
        "strace",
        "python3-aiosmtpd",
        "chromium",
        "chromium-driver",
    ])?;
    need_cargo_tool("cargo-deny", "0.20.2")?;
    step("fetch what Cargo.lock names", &mut cargo(["fetch", "--locked"]))?;
    own_step("tidy", tidy::check)?;
    step("format", &mut cargo(["fmt", "--all", "--check"]))?;
    step(
        "clippy",
        &mut cargo(["clippy", "--workspace", "--all-targets", "--locked", "--", "--deny", "warnings"]),
    )?;
    step("build zb", &mut cargo(["build", "--package", "zb-bin"]))?;
    tests()?;
    alone()?;
    examples()?;
    third_party()?;
    let mut doc = cargo(["doc", "--workspace", "--no-deps", "--document-private-items"]);
    step("documentation", doc.env("RUSTDOCFLAGS", "--deny warnings"))?;
    step("licences and bans", &mut cargo(["deny", "--offline", "check", "bans", "licenses", "sources"]))?;
    package()
}

/// All tests of the workspace, documentation tests too.
fn tests() -> Result {
    let mut tests = cargo(["test", "--workspace", "--no-fail-fast"]);
    tests.env("ZB_BINARY", target().join("debug/zb")).env("ZB_PROMTOOL", need_promtool()?);
    let said = step("tests", &mut tests)?;
    println!("  {} passed", passed(&said));
    Ok(())
}

/// Building the workspace unifies features and hides one that a crate forgot to ask for.
fn alone() -> Result {
    for name in crates()? {
        step(&format!("{name} alone"), &mut cargo(["check", "--package", &name]))?;
        step(
            &format!("{name} alone, its tests"),
            &mut cargo(["check", "--package", &name, "--all-targets"]),
        )?;
    }
    Ok(())
}

/// As the tests have built them: cargo would build each anew, with the features of its crate alone.
fn examples() -> Result {
    for name in crates()? {
        for example in entries(root().join("crates").join(&name).join("examples"))? {
            let example = example.trim_end_matches(".rs");
            let mut run = command(target().join("debug/examples").join(example));
            step(&format!("example {example} of {name}"), &mut run)?;
        }
    }
    Ok(())
}

/// What a third party builds on the crates: in a workspace and with a lock file of its own, but in this target
/// directory, so that what was built is not built again.
fn third_party() -> Result {
    let own = |command: &'static str, rest: &[&'static str]| {
        let manifest = ["--manifest-path", "docs/examples/subscriber/Cargo.toml"];
        let mut cargo = cargo([command].into_iter().chain(manifest).chain(rest.iter().copied()));
        cargo.env("CARGO_TARGET_DIR", target());
        cargo
    };
    step("a third party: fetch", &mut own("fetch", &["--locked"]))?;
    step("a third party: format", &mut own("fmt", &["--check"]))?;
    let lint = ["--all-targets", "--locked", "--", "--deny", "warnings"];
    step("a third party: clippy", &mut own("clippy", &lint))?;
    step("a third party: tests", &mut own("test", &["--locked"]))?;
    let lines = File::open(root().join("docs/examples/subscriber/fixtures/runs.jsonl"))?;
    let folder = target().join("xtask/third-party");
    let _ = fs::remove_dir_all(&folder); // of the time before, if any
    let mut program = own("run", &["--locked", "--quiet", "--"]);
    let said = step("a third party: run", program.arg(folder).stdin(lines))?;
    println!("  {}", said.trim_end().replace('\n', "\n  "));
    Ok(())
}

/// Whether each crate could be published: metadata, licence, versions. What would be built from the packages is
/// what the steps before have built. The one warning that is taken: zb has no address on the web yet.
fn package() -> Result {
    let mut package = cargo(["package", "--workspace", "--no-verify", "--allow-dirty"]);
    let said = step("package", package.args(["--exclude", "xtask", "--exclude", "zb-tests"]))?;
    let taken = "warning: manifest has no documentation, homepage or repository";
    match said.lines().find(|line| line.starts_with("warning:") && *line != taken) {
        Some(warning) => Err(format!("cargo package is not content: {warning}").into()),
        None => Ok(()),
    }
}

pub(crate) fn crates() -> Result<Vec<String>> {
    entries(root().join("crates"))
}

/// The names in a folder, sorted; none where there is no folder.
fn entries(folder: PathBuf) -> Result<Vec<String>> {
    let Ok(found) = fs::read_dir(folder) else { return Ok(Vec::new()) };
    let mut names = found
        .map(|entry| entry.map(|entry| entry.file_name().to_string_lossy().into_owned()))
        .collect::<std::io::Result<Vec<_>>>()?;
    names.sort();
    Ok(names)
}

/// The sum over all `test result: ok. N passed; …`.
fn passed(said: &str) -> usize {
    let results = said.lines().filter_map(|line| line.strip_prefix("test result: ok. "));
    results.filter_map(|rest| rest.split(' ').next()?.parse::<usize>().ok()).sum()
}

#[cfg(test)]
mod tests {
    use super::passed;

    #[test]
    fn passed_tests_are_summed() {
        let said =
            "running 2 tests\ntest result: ok. 2 passed; 0 failed\n\ntest result: ok. 40 passed; 0 failed";
        assert_eq!(passed(said), 42);
    }
}
