//! The workspace's chores, as `cargo xtask <command>`.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a program for people, who read its lines")]
#![expect(clippy::disallowed_methods, reason = "the tools started here are no children of zb")]

mod bench;
mod database;
mod demo;
mod fuzz;
mod json;
mod record;
mod sample;
mod scratch;
mod shell;
mod shots;
mod simulate;
mod test;
mod tidy;
mod tools;

use std::{env, process::ExitCode};

const HELP: &str = "\
cargo xtask COMMAND

  test                          everything that CI asks: format, lints, tests, documentation, house rules, licences
  tidy                          the house rules alone: who may use whom, the machine's purity, module docs and sizes
  demo [--trace]                a real backup of a small database, paused by a real webhook, from nothing to clean again
  demo --serve                  a service with sample jobs and runs, to be looked at in a browser, until Ctrl-C
  fuzz [TARGET] [--seconds N]   fuzzes one target, or all in turn; 60 seconds each unless told otherwise
  simulate [--seconds N] [--seed N]
                                the engine in a world that does its worst: random seeds, 60 seconds unless told
                                otherwise; or the history of one seed, to be read
  bench [--quick] [--only NAME]...
                                what zb costs, beside restic alone, sh + curl and a C floor; a whole bench writes
                                docs/performance.md. NAME: own-cost, cancel, trees, loads, death, debts, inside
  shots                         the README's pictures, of the real service in a real browser
  record                        what the installed restic prints, as fixtures of restic-driver
  help                          this text

test, demo and shots install what they miss: Debian packages by apt-get (as root or by sudo), tools by cargo install.";

fn main() -> ExitCode {
    let words: Vec<String> = env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let done = match words.as_slice() {
        ["test"] => test::test(),
        ["tidy"] => tidy::tidy(),
        ["demo"] => demo::demo(false),
        ["demo", "--trace"] => demo::demo(true),
        ["demo", "--serve"] => demo::serve(),
        ["fuzz", rest @ ..] => fuzz::fuzz(rest),
        ["simulate", rest @ ..] => simulate::simulate(rest),
        ["bench", rest @ ..] => bench::bench(rest),
        ["shots"] => shots::shots(),
        ["record"] => tools::need_packages(&["restic"]).and_then(|()| record::record()),
        ["help" | "--help" | "-h"] => {
            println!("{HELP}");
            Ok(())
        }
        _ => {
            eprintln!("{HELP}");
            return ExitCode::from(2);
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\ncargo xtask {}: {error}", words[0]);
            ExitCode::FAILURE
        }
    }
}
