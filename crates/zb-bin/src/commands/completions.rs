//! `zb completions` and `zb man`: made from the command line's own definition, so they cannot lag behind it.

use std::io::{self, Write};

use clap_complete::Shell;
use clap_mangen::Man;

use crate::{cli::Cli, report::Failure};

/// Writes a completion script.
///
/// # Errors
/// Those of `to`.
pub fn completions(shell: Shell, to: &mut dyn Write) -> io::Result<()> {
    let mut script = Vec::new(); // the generator panics where it cannot write
    clap_complete::generate(shell, &mut Cli::definition(), "zb", &mut script);
    to.write_all(&script)
}

/// The manual page of zb, or of the command that `path` names, as roff.
///
/// # Errors
/// There is no such command: exit status 2.
pub fn man(path: &[String]) -> Result<Vec<u8>, Failure> {
    let mut root = Cli::definition();
    root.build();
    let mut page = root;
    for name in path {
        page = page.find_subcommand(name).cloned().ok_or_else(|| {
            Failure::invalid(format!("there is no command {}", path.join(" "))).hint("zb --help lists them")
        })?;
    }
    let mut roff = Vec::new();
    Man::new(page).render(&mut roff).map_err(|error| Failure::from_chain(&error))?;
    Ok(roff)
}
