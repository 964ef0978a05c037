//! `restic.md`: the flags that are accepted and refused, and what restic's exit codes mean.

use std::{os::unix::process::ExitStatusExt, process::ExitStatus};

use restic_driver::{Exit, FlagFault, SafeFlags};

use crate::page::{Page, code, literals, names};

const VALUES: [&str; 3] = ["7", "500M", "text"];

/// Whether the flag is on the list, with any value or with none.
fn fault(flag: &str) -> Option<FlagFault> {
    let alone = SafeFlags::parse(&[flag]).err()?;
    let with_value = |value| SafeFlags::parse(&[format!("{flag}={value}")]);
    if VALUES.iter().any(|value| with_value(value).is_ok()) { None } else { Some(alone.reason) }
}

#[test]
fn every_accepted_flag_has_its_row() {
    let Some(page) = Page::read("restic.md") else { return };
    let listed = names(&page.below("## `restic_flags`").table("flag"), 0);
    for flag in &listed {
        assert_eq!(fault(flag), None, "{flag}");
    }
    let candidates = literals("crates/restic-driver/src/flags.rs", |text| {
        text.starts_with('-') && !text.contains([' ', '=', '\n'])
    });
    let unlisted = candidates.into_iter().filter(|flag| fault(flag).is_none() && !listed.contains(flag));
    assert_eq!(unlisted.collect::<Vec<_>>(), Vec::<String>::new());
}

#[test]
fn the_values_are_of_the_form_that_is_listed() {
    let Some(page) = Page::read("restic.md") else { return };
    for row in page.below("## `restic_flags`").table("flag") {
        let flag = &code(&row[0])[0];
        let accepts = |value: &str| SafeFlags::parse(&[format!("{flag}={value}")]).is_ok();
        let found = (SafeFlags::parse(&[flag]).is_ok(), accepts("7"), accepts("500M"), accepts("text"));
        let expected = match row[1].as_str() {
            "" => (true, false, false, false),
            "a number" => (false, true, false, false),
            "none, or a number with `=`" => (true, true, false, false),
            value if value.starts_with("a size") => (false, true, true, false),
            _ => (false, true, true, true),
        };
        assert_eq!(found, expected, "{flag}");
    }
}

#[test]
fn every_reason_for_a_refusal_has_its_flags() {
    let Some(page) = Page::read("restic.md") else { return };
    let rows = page.below("## `restic_flags`").table("refused");
    let reasons = [FlagFault::Redirects, FlagFault::HasOwnKey, FlagFault::NotListed];
    for (row, reason) in rows.iter().zip(reasons) {
        for flag in code(&row[0]) {
            assert_eq!(fault(&flag), Some(reason), "{flag}");
        }
        assert!(reason.to_string().contains(&row[1]) || row[1].contains(&reason.to_string()), "{reason}");
    }
}

#[test]
fn every_exit_code_that_means_something_has_its_row() {
    let Some(page) = Page::read("restic.md") else { return };
    let rows = page.below("## How restic ends").table("exit code");
    let meaning = |code: i32| Exit::from_status(ExitStatus::from_raw(code << 8));
    let known = (0..256).filter(|code| !matches!(meaning(*code), Exit::Other(_)));
    let listed: Vec<i32> = rows.iter().map(|row| code(&row[0])[0].parse().unwrap()).collect();
    assert_eq!(listed, known.collect::<Vec<_>>());
    for (row, code) in rows.iter().zip(listed) {
        assert_eq!(row[2], meaning(code).advice().unwrap_or_default(), "{code}");
    }
}
