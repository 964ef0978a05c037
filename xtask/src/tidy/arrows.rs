//! Who may use whom (`docs/architecture.md`): arrows point downwards only, and the pure crates know no runtime.

use crate::shell::{Result, cargo, output};

/// Each crate with those of ours that it may use. A new crate has to be entered here.
const ARROWS: &[(&str, &[&str])] = &[
    ("hook-core", &[]),
    ("event-bus", &[]),
    ("restic-driver", &[]),
    ("lifecycle-engine", &["event-bus", "hook-core"]),
    ("hook-http", &["event-bus", "hook-core"]),
    ("notifier", &["event-bus", "hook-core"]),
    ("scheduler", &["hook-core"]),
    ("telemetry", &["event-bus", "hook-core"]),
    ("job-store", &["event-bus", "hook-core", "lifecycle-engine", "notifier"]),
    ("zb-server", &["event-bus", "hook-core", "job-store"]),
    (
        "zb-bin",
        &[
            "event-bus",
            "hook-core",
            "hook-http",
            "job-store",
            "lifecycle-engine",
            "notifier",
            "restic-driver",
            "scheduler",
            "telemetry",
            "zb-server",
        ],
    ),
];

/// What must not be anywhere below a crate.
const FREE_OF: &[(&str, &[&str])] = &[
    ("hook-core", &["tokio", "rusqlite", "reqwest"]),
    ("event-bus", &["rusqlite", "reqwest", "hyper"]),
    ("restic-driver", &["rusqlite", "reqwest", "hyper"]),
    ("lifecycle-engine", &["rusqlite", "reqwest", "hyper"]),
    ("scheduler", &["rusqlite", "reqwest", "hyper"]),
];

pub(super) fn findings() -> Result<Vec<String>> {
    let mut findings = Vec::new();
    for name in crate::test::crates()? {
        match ARROWS.iter().find(|(from, _)| *from == name) {
            Some((_, allowed)) => findings.extend(forbidden(&name, &tree(&name, "1")?, allowed)),
            None => {
                findings.push(format!("crates/{name}: not in the table of arrows, xtask/src/tidy/arrows.rs"))
            }
        }
    }
    for (name, banned) in FREE_OF {
        findings.extend(present(name, &tree(name, "99")?, banned));
    }
    Ok(findings)
}

/// What `cargo tree` says of the crate's normal dependencies: a package a line.
fn tree(name: &str, depth: &str) -> Result<String> {
    let edges = ["--edges", "normal,build", "--depth", depth];
    output(cargo(["tree", "--package", name, "--all-features", "--prefix", "none"]).args(edges))
}

fn forbidden(name: &str, tree: &str, allowed: &[&str]) -> Vec<String> {
    let ours = |used: &&str| *used != name && ARROWS.iter().any(|(crate_, _)| crate_ == used);
    let used = packages(tree).filter(ours).filter(|used| !allowed.contains(used));
    used.map(|used| format!("crates/{name}: must not use {used}")).collect()
}

fn present(name: &str, tree: &str, banned: &[&str]) -> Vec<String> {
    let found = banned.iter().filter(|banned| packages(tree).any(|package| package == **banned));
    found
        .map(|banned| format!("crates/{name}: {banned} is below it (cargo tree -p {name} -i {banned})"))
        .collect()
}

fn packages(tree: &str) -> impl Iterator<Item = &str> {
    tree.lines().filter_map(|line| line.split(' ').next())
}

#[cfg(test)]
mod tests {
    use super::{forbidden, present};

    const TREE: &str =
        "hook-core v0.1.0 (/somewhere)\nserde v1.0.229\nevent-bus v0.1.0 (/elsewhere)\ntokio v1.54.1\n";

    #[test]
    fn an_upward_arrow_is_found() {
        assert_eq!(forbidden("hook-core", TREE, &[]), ["crates/hook-core: must not use event-bus"]);
        assert!(forbidden("hook-core", TREE, &["event-bus"]).is_empty());
    }

    #[test]
    fn a_runtime_below_a_pure_crate_is_found() {
        assert_eq!(present("hook-core", TREE, &["tokio", "hyper"]).len(), 1);
    }
}
