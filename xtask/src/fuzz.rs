//! `cargo xtask fuzz`: the fuzz targets on the stable toolchain.

use std::{fs, io};

use crate::{
    shell::{Result, cargo, root, step, target},
    tools::need_cargo_tool,
};

/// `[TARGET] [--seconds N]`.
pub(crate) fn fuzz(words: &[&str]) -> Result {
    let known = targets()?;
    let wanted = parse(words, &known)?;
    need_cargo_tool("cargo-fuzz", "0.13.2")?;
    for name in wanted.targets {
        run(name, wanted.seconds)?;
    }
    Ok(())
}

/// New inputs go to the target directory; the corpus in the repository is only read, a person adds to it.
fn run(name: &str, seconds: u32) -> Result {
    let found = target().join("fuzz-corpus").join(name);
    fs::create_dir_all(&found)?;
    let mut fuzz = cargo(["fuzz", "run", name]);
    fuzz.arg(found).arg(root().join("fuzz/corpus").join(name));
    fuzz.arg("--").arg(format!("-max_total_time={seconds}"));
    // The sanitizers' flags are unstable; this opens them on a stable compiler.
    fuzz.env("RUSTC_BOOTSTRAP", "1");
    let said = step(&format!("fuzz {name}, {seconds} s"), &mut fuzz)?;
    if let Some(done) = said.lines().find(|line| line.starts_with("Done ")) {
        println!("  {done}");
    }
    Ok(())
}

fn targets() -> Result<Vec<String>> {
    let files = fs::read_dir(root().join("fuzz/fuzz_targets"))?.collect::<io::Result<Vec<_>>>()?;
    let mut names: Vec<_> = files
        .iter()
        .filter_map(|file| Some(file.file_name().to_str()?.strip_suffix(".rs")?.to_owned()))
        .collect();
    names.sort();
    Ok(names)
}

#[derive(PartialEq, Eq, Debug)]
struct Wanted<'a> {
    targets: Vec<&'a str>,
    seconds: u32,
}

fn parse<'a>(words: &[&'a str], known: &'a [String]) -> Result<Wanted<'a>> {
    let mut wanted = Wanted { targets: Vec::new(), seconds: 60 };
    let mut words = words.iter();
    while let Some(&word) = words.next() {
        match word {
            "--seconds" => {
                let given = words.next().ok_or("--seconds wants a number")?;
                wanted.seconds = given.parse().map_err(|_| format!("{given:?} is no number of seconds"))?;
            }
            name if known.iter().any(|target| target == name) => wanted.targets.push(name),
            other => return Err(format!("{other:?} is no target; there are {}", known.join(", ")).into()),
        }
    }
    if wanted.targets.is_empty() {
        wanted.targets = known.iter().map(String::as_str).collect();
    }
    Ok(wanted)
}

#[cfg(test)]
mod tests {
    use super::{Wanted, parse};

    #[test]
    fn words_become_targets_and_seconds() {
        let known = ["allowlist".to_owned(), "headers".to_owned()];
        let wanted = |words: &[&'static str]| parse(words, &known).map_err(|error| error.to_string());
        assert_eq!(wanted(&[]), Ok(Wanted { targets: vec!["allowlist", "headers"], seconds: 60 }));
        assert_eq!(
            wanted(&["headers", "--seconds", "5"]),
            Ok(Wanted { targets: vec!["headers"], seconds: 5 })
        );
        assert_eq!(wanted(&["--seconds"]), Err("--seconds wants a number".to_owned()));
        assert_eq!(wanted(&["--seconds", "x"]), Err("\"x\" is no number of seconds".to_owned()));
        assert_eq!(wanted(&["body"]), Err("\"body\" is no target; there are allowlist, headers".to_owned()));
    }
}
