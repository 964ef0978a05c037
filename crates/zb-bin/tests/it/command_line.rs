//! The command line: what it accepts, what its help says, and what is made of it.

use std::path::Path;

use clap::{CommandFactory, Parser, error::ErrorKind};
use clap_complete::Shell;
use hook_core::{Phase, RunStatus};
use zb_bin::{
    cli::{Cli, Command, HookCommand},
    commands::completions,
    config::JobRef,
};

use crate::desk::shown;

fn parse(line: &str) -> Result<Cli, clap::Error> {
    Cli::try_parse_from(line.split_whitespace())
}

#[test]
fn the_definition_is_sound() {
    Cli::command().debug_assert();
}

#[test]
fn settings_stand_anywhere() {
    for line in ["zb --data-dir d run j.toml", "zb run --data-dir d j.toml", "zb run j.toml --data-dir d"] {
        assert_eq!(parse(line).unwrap().global.data_dir.as_deref(), Some(Path::new("d")), "{line}");
    }
    let cli = parse("zb hook send j.toml pre --webhook-timeout -5").unwrap();
    assert_eq!(cli.global.webhook_timeout.as_deref(), Some("-5"), "our own error says more than clap's");
}

#[test]
fn commands() {
    assert!(matches!(parse("zb run j.toml --json").unwrap().command, Command::Run { json: true, .. }));
    let Command::Hook(HookCommand::Send { phase, status, .. }) =
        parse("zb hook send j.toml post --status warning").unwrap().command
    else {
        panic!("another command")
    };
    assert_eq!((Phase::from(phase), RunStatus::from(status)), (Phase::Post, RunStatus::Warning));
    let Command::Hook(HookCommand::Send { phase, status, .. }) =
        parse("zb hook send j.toml pre").unwrap().command
    else {
        panic!("another command")
    };
    assert_eq!((Phase::from(phase), RunStatus::from(status)), (Phase::Pre, RunStatus::Success));
    assert!(matches!(parse("zb runs").unwrap().command, Command::Runs { job: None, json: false }));
    assert!(matches!(parse("zb recover").unwrap().command, Command::Recover { clear: None }));
    let Command::Restic { arguments, .. } = parse("zb restic j.toml -- ls -l --json").unwrap().command else {
        panic!("another command")
    };
    assert_eq!(arguments, ["ls", "-l", "--json"], "what follows -- is restic's");
    let Command::Restore(what) = parse("zb restore j.toml --target t").unwrap().command else {
        panic!("another command")
    };
    assert_eq!((what.snapshot.as_str(), what.include.len(), what.all), ("latest", 0, false));
}

#[test]
fn usage_errors_exit_with_2_and_help_with_0() {
    for line in [
        "zb",
        "zb rn",
        "zb run",
        "zb run j.toml --jsn",
        "zb hook send j.toml mid",
        "zb run j.toml --log-format xml",
    ] {
        assert_eq!(parse(line).unwrap_err().exit_code(), 2, "{line}");
    }
    for (line, kind) in [
        ("zb --help", ErrorKind::DisplayHelp),
        ("zb run --help", ErrorKind::DisplayHelp),
        ("zb --version", ErrorKind::DisplayVersion),
    ] {
        let error = parse(line).unwrap_err();
        assert_eq!((error.kind(), error.exit_code()), (kind, 0), "{line}");
    }
    let error = parse("zb chek j.toml").unwrap_err().to_string();
    assert!(error.contains("a similar subcommand exists: 'check'"), "{error}");
    let error = parse("zb run j.toml --jsn").unwrap_err().to_string();
    assert!(error.contains("a similar argument exists: '--json'"), "{error}");
}

#[test]
fn a_job_is_a_file_or_a_name() {
    for file in ["job.toml", "./job", "/etc/zb/job", "a/b"] {
        assert_eq!(file.parse(), Ok(JobRef::File(file.into())));
    }
    assert_eq!("postgres data".parse(), Ok(JobRef::Named("postgres data".to_owned())));
    let error = Cli::try_parse_from(["zb", "run", ""]).unwrap_err();
    assert_eq!(error.exit_code(), 2);
    assert!(error.to_string().starts_with("error: invalid value '' for '<JOB>': it is empty"), "{error}");
}

/// Every help text on one page, so that a changed option shows in review.
#[test]
fn help_texts() {
    let mut root = Cli::command().term_width(100);
    root.build();
    let mut pages = String::new();
    help(&mut root, &mut pages);
    insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!("help", pages);
    });
}

fn help(command: &mut clap::Command, pages: &mut String) {
    let name = command.get_bin_name().unwrap_or("zb").to_owned();
    pages.push_str(&format!("# {name} --help\n\n{}\n", command.render_long_help()));
    command
        .get_subcommands_mut()
        .filter(|command| command.get_name() != "help")
        .for_each(|command| help(command, pages));
}

#[test]
fn completions_name_every_command() {
    for shell in [Shell::Bash, Shell::Elvish, Shell::Fish, Shell::PowerShell, Shell::Zsh] {
        let mut script = Vec::new();
        completions::completions(shell, &mut script).unwrap();
        let script = String::from_utf8(script).unwrap();
        for command in ["run", "check", "hook", "recover", "runs", "show", "init", "config"] {
            assert!(script.contains(command), "{shell}: {command}");
        }
    }
}

#[test]
fn manual_pages() {
    let page = |path: &[&str]| {
        let path: Vec<_> = path.iter().map(ToString::to_string).collect();
        completions::man(&path).map(|roff| String::from_utf8(roff).unwrap())
    };
    let zb = page(&[]).unwrap();
    assert!(zb.contains(".TH zb 1") && zb.contains("WEBHOOK_ALLOWED_ORIGINS") && zb.contains("Exit status"));
    assert!(page(&["run"]).unwrap().contains("Print each event as one line of JSON"));
    assert!(page(&["hook", "send"]).unwrap().contains("The status that a post hook is told"));
    assert_eq!(shown(page(&["rum"]).unwrap_err()), "there is no command rum\nhint: zb --help lists them");
}
