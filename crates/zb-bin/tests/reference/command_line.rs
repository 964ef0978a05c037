//! `command-line.md` is the help of every command. `UPDATE=1` writes it anew.

use std::fs;

use zb_bin::cli::Cli;

use crate::page::in_repository;

const HEAD: &str = "\
# Command line

The `--help` of every command, as zb prints it on a terminal of 100 columns. Settings stand anywhere on the line. What the
statuses mean is in [exit-status.md](exit-status.md).
";

#[test]
fn the_page_is_the_help() {
    let file = in_repository("docs/reference/command-line.md");
    if !in_repository("docs/reference").exists() {
        return;
    }
    let mut root = Cli::definition().term_width(100);
    root.build();
    let mut page = HEAD.to_owned();
    add(&mut root, &mut page);
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&file, &page).unwrap();
    }
    let written = fs::read_to_string(&file).unwrap();
    assert!(written == page, "{} is not the help any more: run the test with UPDATE=1", file.display());
}

fn add(command: &mut clap::Command, page: &mut String) {
    let name = command.get_bin_name().unwrap_or("zb").to_owned();
    let help = command.render_long_help().to_string();
    page.push_str(&format!("\n## {name}\n\n```text\n{}\n```\n", help.trim_end()));
    let is_shown = |command: &&mut clap::Command| command.get_name() != "help" && !command.is_hide_set();
    command.get_subcommands_mut().filter(is_shown).for_each(|command| add(command, page));
}
