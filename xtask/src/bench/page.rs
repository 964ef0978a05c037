//! `docs/performance.md`, written from the figures.

use std::{fmt::Write, fs};

use super::figure::Figure;
use crate::shell::{Result, root};

/// The longest cells stand in a table; lines of text are not longer.
const BEFORE: &str = "\
# Performance

Written by `cargo xtask bench`, in one run on one machine: do not edit, measure again.

What zb costs is measured around a stand-in for restic that ends at once, and around a real restic. Beside it stand
restic alone, a shell script with two calls of curl (what people use without such a tool: no journal, no guardian), and
a C program that makes two requests around a fork and an exec: the least that hooks can cost. All of them run in turn,
again and again, with the same repository; a figure is the median, its spread the two quarters around it.

";

const BETWEEN: &str = "
\"Own\" is what is left when the stand-in's own time is taken away. The receiver, the stand-in and the bench read the
same clock: an arrival is the moment when the whole request was there, \"restic runs\" is its first instruction, its exit
its last. Memory is the kernel's high-water mark of resident pages (`VmHWM`), the program's own text included; processor
time is user and system together. 1 MB is 1,000,000 bytes.

The service has 10,000 jobs with a daily schedule, a quarter of them with both hooks, and a hundred runs of each, every
one with all its events, as the store writes them (`crates/job-store/examples/long_service.rs`); nothing is due while it
is measured. A viewer has a page open with its stream of events, and reads the page again one to three seconds after
something happened, as the pages' script does; meanwhile a run begins every second, and four clients ask for every page
and list in turn. The clients are on the same machine. An idle server was left alone for a minute.

";

pub(super) fn write(machine: &[(&str, String)], groups: &[(&str, Vec<Figure>)]) -> Result {
    fs::write(root().join("docs/performance.md"), page(machine, groups)?)?;
    println!("\ndocs/performance.md is written");
    Ok(())
}

fn page(machine: &[(&str, String)], groups: &[(&str, Vec<Figure>)]) -> Result<String> {
    let mut page = BEFORE.to_owned();
    page.push_str("| what | figure | goal | | spread | beside it |\n|---|---:|---:|---|---|---|\n");
    for figure in groups.iter().flat_map(|(_, figures)| figures) {
        let [what, value, spread, beside, goal, verdict] = figure.cells();
        writeln!(page, "| {what} | {value} | {goal} | {verdict} | {spread} | {beside} |")?;
    }
    page.push_str(BETWEEN);
    page.push_str("| where | |\n|---|---|\n");
    for (what, value) in machine {
        writeln!(page, "| {what} | {value} |")?;
    }
    Ok(page)
}

#[cfg(test)]
mod tests {
    use super::{BEFORE, BETWEEN, page};
    use crate::bench::figure::{Figure, Goal, Unit};

    #[test]
    fn every_figure_is_a_line() {
        let figure = Figure::once("the binary", Unit::Mb, 9.5).goal(Goal::AtMost(10.0));
        let page = page(&[("kernel", "6.12".to_owned())], &[("inside", vec![figure])]).unwrap();
        assert!(page.contains("\n| the binary | 9.5 MB | ≤ 10.0 MB | ✓ |  |  |\n"), "{page}");
        assert!(page.ends_with("| where | |\n|---|---|\n| kernel | 6.12 |\n"), "{page}");
        assert!([BEFORE, BETWEEN].iter().all(|text| text.lines().all(|line| line.chars().count() <= 120)));
    }
}
