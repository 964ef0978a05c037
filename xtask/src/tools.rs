//! What a machine needs beside the Rust toolchain, installed where it is missing.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use crate::shell::{Result, cargo, command, output, step, target};

/// Debian packages, each named like its command, but for chromedriver's; Python's have a prefix more.
pub(crate) fn need_packages(names: &[&str]) -> Result {
    let is_there = |name: &str| match name {
        "chromium-driver" => is_on_path("chromedriver"),
        _ => is_on_path(name.trim_start_matches("python3-")),
    };
    let missing: Vec<&str> = names.iter().copied().filter(|name| !is_there(name)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    step("apt-get update", apt_get()?.arg("update"))?;
    let install = ["install", "--yes", "--no-install-recommends"];
    step(&format!("install {}", missing.join(" ")), apt_get()?.args(install).args(&missing))?;
    Ok(())
}

/// As root, or by `sudo`.
fn apt_get() -> Result<Command> {
    let is_root = output(command("id").arg("-u"))?.trim() == "0";
    let mut apt = command(if is_root { "apt-get" } else { "sudo" });
    if !is_root {
        apt.arg("apt-get");
    }
    apt.env("DEBIAN_FRONTEND", "noninteractive");
    Ok(apt)
}

/// A cargo subcommand in exactly this version. `--debug`, because it takes a fifth of the time to build.
pub(crate) fn need_cargo_tool(name: &str, version: &str) -> Result {
    let subcommand = name.trim_start_matches("cargo-");
    let have = output(&mut cargo([subcommand, "--version"])).unwrap_or_default();
    if have.split_whitespace().any(|word| word == version) {
        return Ok(());
    }
    let install = ["install", "--locked", "--debug", "--version", version, name];
    step(&format!("install {name} {version}"), &mut cargo(install))?;
    Ok(())
}

/// promtool alone, out of Debian's package `prometheus`: installed, that would start a server.
pub(crate) fn need_promtool() -> Result<PathBuf> {
    let folder = target().join("tools");
    let promtool = folder.join("promtool");
    if promtool.is_file() {
        return Ok(promtool);
    }
    let package = folder.join("prometheus");
    let _ = fs::remove_dir_all(&package); // of a run that was cut
    fs::create_dir_all(&package)?;
    let download = || {
        let mut apt = command("apt-get");
        apt.args(["download", "prometheus"]).current_dir(&package);
        apt
    };
    // Where the lists of packages are missing or old, there is no such file.
    if step("download prometheus", &mut download()).is_err() {
        step("apt-get update", apt_get()?.arg("update"))?;
        step("download prometheus", &mut download())?;
    }
    let file = fs::read_dir(&package)?.next().ok_or("apt-get download left no file")??.path();
    step("unpack prometheus", command("dpkg-deb").arg("--extract").arg(file).arg(&package))?;
    fs::rename(package.join("usr/bin/promtool"), &promtool)?;
    fs::remove_dir_all(&package)?;
    Ok(promtool)
}

fn is_on_path(name: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| Path::new(&folder).join(name).is_file())
}
