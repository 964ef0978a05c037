//! The parts alone, as programs that anybody can start: the engine without a world, the bus without a disk; and what
//! there is to install.

use std::fs;

use super::{
    figure::{Figure, Goal, Unit},
    stage::{self, Stage},
};
use crate::shell::{Result, cargo, output};

pub(super) fn measure(_: &Stage) -> Result<Vec<Figure>> {
    let engine = example("lifecycle-engine", "lifecycles")?;
    let mut figures = vec![
        Figure::once("engine alone, memory journal: lifecycles", Unit::PerSecond, number(&engine)?)
            .goal(Goal::AtLeast(50_000.0)),
    ];
    for line in example("event-bus", "throughput")?.lines() {
        let (observers, rate) =
            line.split_once(": ").ok_or_else(|| format!("{line:?} tells no observers"))?;
        figures.push(Figure::once(format!("bus, {observers}: events"), Unit::PerSecond, number(rate)?));
    }
    let bytes = fs::metadata(stage::zb())?.len();
    figures.push(Figure::once("the binary", Unit::Mb, bytes as f64 / 1e6));
    Ok(figures)
}

fn example(package: &str, name: &str) -> Result<String> {
    output(&mut cargo(["run", "--release", "--quiet", "--package", package, "--example", name]))
}

/// What a line begins with.
fn number(line: &str) -> Result<f64> {
    let first = line.split_whitespace().next().unwrap_or_default();
    first.parse().map_err(|_| format!("{line:?} begins with no number").into())
}

#[cfg(test)]
mod tests {
    use super::number;

    #[test]
    fn a_rate_stands_first() {
        assert_eq!(number("64000 lifecycles a second").ok(), Some(64_000.0));
        assert!(number("no number").is_err());
    }
}
