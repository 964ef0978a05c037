//! `cargo xtask simulate`: the engine in a world that does its worst, at random seeds for as long as it is asked to.
//!
//! The simulation itself is a test of lifecycle-engine, which tells a fixed number of histories in every test run.

use std::hash::{BuildHasher, Hasher, RandomState};

use crate::shell::{Result, cargo, step};

#[derive(PartialEq, Eq, Debug)]
enum Wanted {
    /// Histories of random seeds, for so many seconds.
    Many { seconds: u32 },
    /// The history of one seed, to be read.
    One { seed: u64 },
}

/// `[--seconds N] [--seed N]`.
pub(crate) fn simulate(words: &[&str]) -> Result {
    let mut test = cargo(["test", "--package", "lifecycle-engine", "--test", "it", "--", "--nocapture"]);
    test.args(["--exact", "simulation::seeds::every_history_keeps_every_law"]);
    let name = match parse(words)? {
        Wanted::Many { seconds } => {
            test.env("ZB_SIMULATE_FROM", random().to_string());
            test.env("ZB_SIMULATE_SECONDS", seconds.to_string());
            format!("simulate, {seconds} s")
        }
        Wanted::One { seed } => {
            test.env("ZB_SIMULATE_SEED", seed.to_string());
            format!("simulate seed {seed}")
        }
    };
    let said = step(&name, &mut test)?;
    println!("{}", told(&said));
    Ok(())
}

/// What the test itself printed, without what its harness says between.
fn told(said: &str) -> String {
    let from_test = said.lines().skip_while(|line| *line != "running 1 test").skip(1);
    from_test.filter(|line| !line.is_empty() && !line.starts_with("test ")).collect::<Vec<_>>().join("\n")
}

/// A hasher's keys are the standard library's only randomness.
fn random() -> u64 {
    RandomState::new().build_hasher().finish()
}

fn parse(words: &[&str]) -> Result<Wanted> {
    let number = |given: &str| given.parse().map_err(|_| format!("{given:?} is no number"));
    match words {
        [] => Ok(Wanted::Many { seconds: 60 }),
        ["--seconds", given] => Ok(Wanted::Many { seconds: u32::try_from(number(given)?)? }),
        ["--seed", given] => Ok(Wanted::One { seed: number(given)? }),
        _ => Err("simulate takes --seconds N or --seed N".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::{Wanted, parse, told};

    #[test]
    fn words_become_seconds_or_a_seed() {
        let wanted = |words: &[&'static str]| parse(words).map_err(|error| error.to_string());
        assert_eq!(wanted(&[]), Ok(Wanted::Many { seconds: 60 }));
        assert_eq!(wanted(&["--seconds", "5"]), Ok(Wanted::Many { seconds: 5 }));
        assert_eq!(wanted(&["--seed", "18446744073709551615"]), Ok(Wanted::One { seed: u64::MAX }));
        assert_eq!(wanted(&["--seed", "x"]), Err("\"x\" is no number".to_owned()));
        assert_eq!(wanted(&["--seed"]), Err("simulate takes --seconds N or --seed N".to_owned()));
    }

    #[test]
    fn only_what_the_test_printed_is_told() {
        let said = "Compiling\n\nrunning 1 test\ntest a has been running for over 60 seconds\n\
                    3 histories\n    1 died\ntest a ... ok\n\ntest result: ok\n";
        assert_eq!(told(said), "3 histories\n    1 died");
    }
}
