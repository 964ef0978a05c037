//! `cargo xtask bench`: what zb costs and how quick it is, beside what people use without it, in one run.

mod broken;
mod cancel;
mod clock;
mod death;
mod debts;
mod figure;
mod inside;
mod loads;
mod machine;
mod opponents;
mod own_cost;
mod page;
mod process;
mod receiver;
mod service;
mod stage;
mod trees;
mod wait;
mod watchers;

use figure::Figure;
use stage::Stage;

use crate::{
    shell::{Result, cargo, step},
    tools::need_packages,
};

type Measure = fn(&Stage) -> Result<Vec<Figure>>;

/// In the order of the page.
const MEASURES: [(&str, Measure); 9] = [
    ("own-cost", own_cost::measure),
    ("cancel", cancel::measure),
    ("trees", trees::measure),
    ("watchers", watchers::measure),
    ("loads", loads::measure),
    ("death", death::measure),
    ("debts", debts::measure),
    ("service", service::measure),
    ("inside", inside::measure),
];

#[derive(PartialEq, Eq, Debug)]
struct Wanted {
    quick: bool,
    /// Empty for all.
    only: Vec<String>,
}

/// `[--quick] [--only NAME]...`. A whole bench writes `docs/performance.md`.
pub(crate) fn bench(words: &[&str]) -> Result {
    let wanted = parse(words)?;
    need_packages(&["restic"])?;
    step("build zb", &mut cargo(["build", "--release", "--package", "zb-bin"]))?;
    step(
        "build the stand-in",
        &mut cargo(["build", "--release", "--package", "xtask", "--bin", "stand-in"]),
    )?;
    let stage = Stage::set(wanted.quick)?;
    let machine = machine::describe(&stage)?;
    for (what, value) in &machine {
        println!("  {what:20} {value}");
    }
    let mut groups = vec![];
    for (name, measure) in MEASURES.iter().filter(|(name, _)| wanted.includes(name)) {
        println!("\n{name}");
        let figures = measure(&stage).map_err(|error| format!("{name}: {error}"))?;
        figures.iter().for_each(|figure| println!("{figure}"));
        groups.push((*name, figures));
    }
    let missed = groups.iter().flat_map(|(_, figures)| figures).filter(|figure| figure.is_missed()).count();
    println!("\ngoals missed: {missed}");
    if wanted.quick || !wanted.only.is_empty() {
        println!("docs/performance.md stays as it is: a whole bench writes it");
        return Ok(());
    }
    page::write(&machine, &groups)
}

impl Wanted {
    fn includes(&self, name: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|only| only == name)
    }
}

fn parse(words: &[&str]) -> Result<Wanted> {
    let mut wanted = Wanted { quick: false, only: vec![] };
    let mut words = words.iter();
    while let Some(&word) = words.next() {
        match word {
            "--quick" => wanted.quick = true,
            "--only" => wanted.only.push(known(words.next().copied())?),
            other => {
                return Err(format!("{other:?} is no option: bench takes --quick and --only NAME").into());
            }
        }
    }
    Ok(wanted)
}

fn known(name: Option<&str>) -> Result<String> {
    let names = MEASURES.map(|(name, _)| name);
    name.filter(|name| names.contains(name))
        .map(str::to_owned)
        .ok_or_else(|| format!("--only wants one of {}", names.join(", ")).into())
}

#[cfg(test)]
mod tests {
    use super::{Wanted, parse};

    #[test]
    fn words_become_what_is_measured() {
        let wanted = |words: &[&'static str]| parse(words).map_err(|error| error.to_string());
        assert_eq!(wanted(&[]), Ok(Wanted { quick: false, only: vec![] }));
        let only = |names: [&str; 2]| names.map(str::to_owned).to_vec();
        assert_eq!(
            wanted(&["--quick", "--only", "trees", "--only", "death"]),
            Ok(Wanted { quick: true, only: only(["trees", "death"]) })
        );
        let names =
            "--only wants one of own-cost, cancel, trees, watchers, loads, death, debts, service, inside";
        assert_eq!(wanted(&["--only", "speed"]), Err(names.to_owned()));
        assert!(wanted(&["--fast"]).is_err());
    }
}
