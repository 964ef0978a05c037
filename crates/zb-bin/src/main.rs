//! The `zb` command.

use std::process::ExitCode;

use zb_bin::{app, config::Surroundings, report::Failure};

fn main() -> ExitCode {
    let folder = match std::env::current_dir() {
        Ok(folder) => folder,
        Err(error) => {
            let failure = Failure::error(format!("the current folder cannot be used: {error}"));
            let _ = failure.print(Default::default(), &mut std::io::stderr());
            return failure.exit.into();
        }
    };
    let root = rustix::process::geteuid().is_root();
    let around = Surroundings { variables: std::env::vars_os().collect(), folder, root };
    app::run(std::env::args_os(), &around).into()
}
