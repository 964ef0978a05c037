//! Where the `zb` under test is.

use std::{env, path::PathBuf, sync::OnceLock};

use crate::command;

/// The binary: `ZB_BINARY` where `cargo xtask test` has built it already, else cargo is asked to build it, so that a
/// plain `cargo test -p zb-tests` never tests a stale one.
pub(crate) fn zb_binary() -> &'static PathBuf {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| env::var_os("ZB_BINARY").map_or_else(build, PathBuf::from))
}

/// The test executable is `<target>/debug/deps/e2e-…`.
pub(crate) fn target_directory() -> PathBuf {
    let executable = env::current_exe().unwrap();
    executable.ancestors().nth(3).expect("cargo put the test into <target>/debug/deps").to_owned()
}

fn build() -> PathBuf {
    let target = target_directory();
    let mut cargo = command(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    // cargo needs the caller's own environment: home, toolchain, network.
    let built = cargo
        .envs(env::vars_os())
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args(["build", "--quiet", "--package", "zb-bin", "--target-dir"])
        .arg(&target)
        .status()
        .expect("cargo starts");
    assert!(built.success(), "cargo build --package zb-bin failed");
    target.join("debug/zb")
}
