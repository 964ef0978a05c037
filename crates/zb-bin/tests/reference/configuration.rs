//! `configuration.md`: keys, variables and flags, what `zb config` shows, and the errors.

use std::fs;

use clap::Parser;
use zb_bin::{
    cli::{Cli, GlobalFlags},
    commands,
    config::{KEYS, LogFormat, SERVICE_KEYS, Settings, Surroundings, env_vars},
    report::Failure,
};

use crate::page::{Page, code, names, set};

#[test]
fn every_key_has_its_row_with_its_variable_and_flag() {
    let Some(page) = Page::read("configuration.md") else { return };
    let rows = page.below("## Keys").table("key of `zb.toml`");
    assert_eq!(rows.iter().flat_map(|row| code(&row[0])).collect::<Vec<_>>(), KEYS);
    let mut variables = names(&rows, 2);
    variables.insert(env_vars::ZB_CONFIG.to_owned());
    assert_eq!(variables, set(env_vars::ALL));

    let mut flags = names(&rows, 3);
    flags.insert("--config".to_owned());
    let definition = Cli::definition();
    let known = definition.get_arguments().filter_map(|argument| argument.get_long());
    assert_eq!(flags, known.map(|name| format!("--{name}")).collect());

    let rows = page.below("## Keys").table("key of the service");
    assert_eq!(rows.iter().flat_map(|row| code(&row[0])).collect::<Vec<_>>(), SERVICE_KEYS);
    assert_eq!(names(&rows, 2), set(env_vars::SERVICE));
    let serve = definition.find_subcommand("serve").unwrap();
    let known =
        serve.get_arguments().filter_map(|argument| argument.get_long()).filter(|name| *name != "help");
    assert_eq!(names(&rows, 3), known.map(|name| format!("--{name}")).collect());

    let keys = KEYS.into_iter().chain(SERVICE_KEYS);
    assert_eq!(set(keys), page.headings("### ").iter().flat_map(|heading| code(heading)).collect());
}

/// The surroundings of the examples, in a folder with this `zb.toml`.
pub(crate) fn load(file: &str, variables: &[(&str, &str)], flags: &[&str]) -> Result<Settings, Failure> {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("zb.toml"), file).unwrap();
    let set = [("HOME", "/home/zoe")].iter().chain(variables);
    let around = Surroundings {
        variables: set.map(|(name, value)| (name.into(), value.into())).collect(),
        folder: folder.path().to_owned(),
        root: false,
    };
    let line = ["zb", "--config", "zb.toml"].iter().chain(flags).chain(&["config"]);
    let flags: GlobalFlags = Cli::try_parse_from(line).unwrap().global;
    Settings::load(&flags, &around).map_err(Failure::from)
}

#[test]
fn the_example_of_zb_config_is_what_it_prints() {
    let Some(page) = Page::read("configuration.md") else { return };
    let file = "webhook_allowed_origins = \"http://localhost:9000\"";
    let flags = ["--restic-command", "/opt/restic-0.17/restic"];
    let settings = load(file, &[("WEBHOOK_TIMEOUT", "90")], &flags).unwrap();
    let mut printed = Vec::new();
    commands::config::print(&settings, false, &mut printed).unwrap();
    assert_eq!(page.below("## Layers").blocks("text"), [String::from_utf8(printed).unwrap()]);
}

#[test]
fn the_errors_are_those_that_zb_prints() {
    let Some(page) = Page::read("configuration.md") else { return };
    let failures = [
        load("webhook_timeot = 5", &[], &[]),
        load("", &[("WEBHOOK_ALLOWED_ORIGINS", "localhost:9000")], &[]),
        load("", &[("WEBHOOK_TIMEOUT", "1m")], &[]),
    ];
    let printed = failures.map(|failure| {
        let mut text = Vec::new();
        failure.unwrap_err().print(LogFormat::Text, &mut text).unwrap();
        String::from_utf8(text).unwrap()
    });
    assert_eq!(page.below("## Errors").blocks("text"), printed);
}
