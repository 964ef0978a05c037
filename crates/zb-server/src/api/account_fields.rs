//! The fields of accounts, and what they may be (`api.md` §2).

use hook_core::Secret;
use jiff::Timestamp;
use job_store::{Role, Scope};
use serde_json::Value;

use crate::{FieldError, nearest::unknown};

type Read<T> = Result<T, Vec<FieldError>>;

/// Whether a text may be a username: 1 to 64 of `a-z 0-9 . _ -`.
#[must_use]
pub fn is_username(text: &str) -> bool {
    matches!(text.len(), 1..=64)
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"._-".contains(&b))
}

/// Whether a text may be a password.
pub(crate) fn is_password(text: &str) -> bool {
    matches!(text.chars().count(), 12..=1024)
}

/// Whether a text may be a name for people to read: 1 to 128 characters, none of them a control character.
#[must_use]
pub fn is_label(text: &str) -> bool {
    matches!(text.chars().count(), 1..=128) && !text.trim().is_empty() && !text.chars().any(char::is_control)
}

/// Whether a text is an absolute path that says where it leads.
fn is_root(text: &str) -> bool {
    let plain = |part: &str| !matches!(part, "." | "..");
    text.starts_with('/') && text.len() <= 4096 && !text.contains('\0') && text.split('/').all(plain)
}

pub(super) fn username(value: &Value) -> Read<String> {
    checked(value, is_username, "it is 1 to 64 of a-z 0-9 . _ -")
}

/// Not more than a text: whoever signs in is told only whether it is right.
pub(super) fn text(value: &Value) -> Read<String> {
    checked(value, |_| true, "")
}

pub(super) fn secret(value: &Value) -> Read<Secret> {
    text(value).map(Secret::from)
}

pub(super) fn password(value: &Value) -> Read<Secret> {
    checked(value, is_password, "it has 12 to 1024 characters").map(Secret::from)
}

pub(super) fn label(value: &Value) -> Read<String> {
    checked(value, is_label, "it has 1 to 128 characters, none of them a control character")
}

pub(super) fn role(value: &Value) -> Read<Role> {
    let text = text(value)?;
    let reason = || unknown("role", &text, Role::ALL.map(Role::as_str));
    Role::named(&text).ok_or_else(|| fault(reason()))
}

pub(super) fn scope(value: &Value) -> Read<Scope> {
    let text = text(value)?;
    let reason = || unknown("scope", &text, Scope::ALL.map(Scope::as_str));
    Scope::named(&text).ok_or_else(|| fault(reason()))
}

/// A time that is still to come.
pub(super) fn later_than(now: Timestamp) -> impl FnOnce(&Value) -> Read<Timestamp> {
    move |value| {
        let time: Timestamp =
            text(value)?.parse().map_err(|_| fault("it is a time such as 2026-11-24T01:00:00Z"))?;
        if time > now { Ok(time) } else { Err(fault("it is over already")) }
    }
}

/// The directories that an organization's jobs may name.
pub(super) fn roots(value: &Value) -> Read<Vec<String>> {
    let Value::Array(items) = value else {
        return Err(fault("it is a list of directories, or null: no limit"));
    };
    if items.len() > 100 {
        return Err(fault("it has at most 100 directories"));
    }
    let (mut roots, mut faults) = (Vec::new(), Vec::new());
    for (index, item) in items.iter().enumerate() {
        match checked(item, is_root, "it is an absolute path without . and ..") {
            Ok(root) => roots.push(root),
            Err(wrong) => faults.extend(
                wrong
                    .into_iter()
                    .map(|fault| FieldError { field: format!("/{index}{}", fault.field), ..fault }),
            ),
        }
    }
    if faults.is_empty() { Ok(roots) } else { Err(faults) }
}

fn checked(value: &Value, is_good: impl FnOnce(&str) -> bool, reason: &str) -> Read<String> {
    match value.as_str() {
        Some(text) if is_good(text) => Ok(text.to_owned()),
        Some(_) => Err(fault(reason)),
        None => Err(fault("it is a text")),
    }
}

fn fault(reason: impl Into<String>) -> Vec<FieldError> {
    vec![FieldError::new("", reason)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_where_the_contract_has_them() {
        let all = |check: fn(&str) -> bool, good: &[&str], bad: &[&str]| {
            good.iter().for_each(|text| assert!(check(text), "{text:?}"));
            bad.iter().for_each(|text| assert!(!check(text), "{text:?}"));
        };
        let (long, longer) = ("a".repeat(64), "a".repeat(65));
        all(is_username, &["a", "ana.ruiz_2-x", &long], &["", "Ana", "a b", "ä", "a/b", &longer]);
        let (long, longer) = ("ä".repeat(1024), "ä".repeat(1025));
        all(is_password, &["123456789012", "ääääääääääää", &long], &["12345678901", "", &longer]);
        let (long, longer) = ("ä".repeat(128), "ä".repeat(129));
        all(is_label, &["Ana Ruiz", &long], &["", " ", "a\nb", &longer]);
        all(
            is_root,
            &["/", "/srv/studio", "/srv/studio/", "/.."[..1].into()],
            &["", "srv", "/srv/..", "/./a", "/a\0"],
        );
    }
}
