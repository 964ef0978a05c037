//! `environment.md`: what zb reads, what restic gets, what a job may not set.

use restic_driver::{BaseEnv, Password, Repository};
use zb_bin::config::env_vars;

use crate::page::{Page, literals, names, set};

#[test]
fn every_variable_of_zb_has_its_row() {
    let Some(page) = Page::read("environment.md") else { return };
    let rows = page.below("## What configures zb").table("variable");
    assert_eq!(names(&rows, 0), set(env_vars::ALL.into_iter().chain(env_vars::SERVICE)));
}

#[test]
fn restic_gets_what_is_listed_and_nothing_else() {
    let Some(page) = Page::read("environment.md") else { return };
    let mut listed = names(&page.below("## What restic gets").table("variable"), 0);
    let candidates = literals("crates/restic-driver/src/environment.rs", looks_like_a_variable);
    let unlisted = candidates.into_iter().filter(|name| is_picked(name) && !listed.contains(name));
    assert_eq!(unlisted.collect::<Vec<_>>(), ["LC_"], "the beginning of a name, not a name");

    assert!(listed.remove("LC_*") && listed.insert("LC_ALL".to_owned()));
    for name in &listed {
        assert!(is_picked(name), "{name}");
    }
    assert!(!is_picked("RESTIC_REPOSITORY") && !is_picked("AWS_ACCESS_KEY_ID"));
}

fn may_be_set(name: &str) -> bool {
    Repository::new("/r", Password::File("/p".into())).set_env(name, "x".to_owned().into()).is_ok()
}

#[test]
fn a_job_may_set_everything_but_what_is_refused() {
    let Some(page) = Page::read("environment.md") else { return };
    let rows = page.below("### What a job may not set").table("variable");
    for pattern in names(&rows, 0) {
        assert!(!may_be_set(&pattern.replace('*', "ANYTHING")), "{pattern}");
    }
    let candidates = literals("crates/restic-driver/src/repository.rs", looks_like_a_variable);
    let exceptions = candidates.into_iter().filter(|name| name.starts_with("RESTIC_") && may_be_set(name));
    assert_eq!(names(&rows, 1), exceptions.collect());
}

fn is_picked(name: &str) -> bool {
    BaseEnv::pick([(name.into(), "x".into())]).get(name).is_some_and(|value| value == "x")
}

fn looks_like_a_variable(text: &str) -> bool {
    text.len() > 1 && text.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_')
}
