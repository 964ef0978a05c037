//! The `zb` command.

use std::process::ExitCode;

use zb_bin::{app, config::Surroundings, init, report::Failure};

fn main() -> ExitCode {
    if init::is_wanted() {
        return init::run(std::env::args_os());
    }
    let folder = match std::env::current_dir() {
        Ok(folder) => folder,
        Err(error) => {
            let failure = Failure::error(format!("the current folder cannot be used: {error}"));
            let _ = failure.print(Default::default(), &mut std::io::stderr());
            return failure.exit.into();
        }
    };
    let root = rustix::process::geteuid().is_root();
    let mut variables = std::env::vars_os().collect();
    init::hand_on(&mut variables);
    let around = Surroundings { variables, folder, root };
    app::run(std::env::args_os(), &around).into()
}
