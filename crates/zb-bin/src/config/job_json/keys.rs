//! The members of `api.md` §3 and the keys of a job file: what is called how, in which order, and what holds unsaid.

use std::borrow::Cow;

use hook_core::{HookConfig, OrganizationId};
use serde_json::{Value, json};

use crate::config::{HOOK_KEYS, RETENTION_KEYS, WHEN_KEY, job_file::RETRY_DELAY};

/// The keys at the top, in the order of `api.md`.
pub(super) const TOP: [&str; 22] = [
    "id",
    "organization",
    "name",
    "source",
    "enabled",
    "repository",
    "schedule",
    "timezone",
    "missed",
    "tags",
    "exclude",
    "exclude_if_present",
    "one_file_system",
    "compression",
    "priority",
    "preflight",
    "restic_flags",
    "retries",
    "retry_delay",
    "lock_wait",
    "retention",
    "webhooks",
];

/// Of `repository`.
pub(super) const REPOSITORY: [&str; 6] =
    ["url", "password", "password_file", "password_env", "password_command", "env"];

/// Of the table of this name, in the order of `api.md`; none of one whose keys are the user's.
pub(super) fn of(table: &str) -> Option<Vec<&'static str>> {
    match table {
        "" => Some(TOP.to_vec()),
        "repository" => Some(REPOSITORY.to_vec()),
        "retention" => Some(RETENTION_KEYS.to_vec()),
        "webhooks" => Some(vec!["pre", "post"]),
        "pre" => Some(HOOK_KEYS.to_vec()),
        "post" => Some([HOOK_KEYS.as_slice(), &[WHEN_KEY]].concat()),
        _ => None,
    }
}

/// Whether what is below is the user's: names of variables and headers.
pub(super) fn is_users(key: &str) -> bool {
    matches!(key, "env" | "headers_from")
}

/// Whether it is a table of zb's own keys.
pub(super) fn is_table(key: &str) -> bool {
    !key.is_empty() && of(key).is_some()
}

/// Whether it is a span of time: seconds in the file, milliseconds in JSON.
pub(super) fn is_span(key: &str) -> bool {
    matches!(key, "retry_delay" | "lock_wait" | "timeout")
}

/// The member of a key.
pub(super) fn member(key: &str) -> Cow<'_, str> {
    match key {
        "id" => "scheduleId".into(),
        "organization" => "organizationId".into(),
        "source" => "sourcePath".into(),
        key if is_span(key) => format!("{}Ms", camel(key)).into(),
        key => camel(key).into(),
    }
}

fn camel(key: &str) -> String {
    let mut words = key.split('_');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |name, word| {
        let (initial, rest) = word.split_at(word.len().min(1));
        name + &initial.to_ascii_uppercase() + rest
    })
}

/// What holds where the key is not there.
pub(super) fn default(key: &str) -> Value {
    match key {
        "organization" => json!(OrganizationId::default()),
        "enabled" | "prune" => json!(true),
        "one_file_system" | "insecure_tls" => json!(false),
        "tags" | "exclude" | "exclude_if_present" | "restic_flags" => json!([]),
        "env" | "headers_from" => json!({}),
        "missed" => json!("run-once"),
        "compression" => json!("auto"),
        "priority" => json!("normal"),
        "preflight" => json!("basic"),
        "payload" => json!("default"),
        "when" => json!("paired"),
        "headers" | "body" => json!(""),
        "reject_body" => json!(HookConfig::new("", RETRY_DELAY).reject_body),
        "retries" | "lock_wait" => json!(0),
        "attempts" => json!(1),
        "retry_delay" => json!(RETRY_DELAY.as_secs() * 1000),
        _ => Value::Null,
    }
}

/// The JSON pointer of a path of keys.
pub(super) fn pointer(path: &[String]) -> String {
    let mut is_theirs = false;
    let mut pointer = String::new();
    for key in path {
        let name = if is_theirs { Cow::Borrowed(key.as_str()) } else { member(key) };
        pointer.push('/');
        pointer.push_str(&name.replace('~', "~0").replace('/', "~1"));
        is_theirs |= is_users(key);
    }
    pointer
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{JOB_KEYS, REPOSITORY_KEYS};

    #[test]
    fn every_key_has_a_member() {
        let sorted = |mut keys: Vec<&'static str>| {
            keys.sort_unstable();
            keys
        };
        assert_eq!(sorted(TOP.to_vec()), sorted(JOB_KEYS.to_vec()));
        assert_eq!(sorted(REPOSITORY.to_vec()), sorted([REPOSITORY_KEYS.as_slice(), &["password"]].concat()));
    }

    #[test]
    fn members_are_those_of_the_contract() {
        for (key, name) in [
            ("id", "scheduleId"),
            ("source", "sourcePath"),
            ("exclude_if_present", "excludeIfPresent"),
            ("insecure_tls", "insecureTls"),
            ("retry_delay", "retryDelayMs"),
            ("timeout", "timeoutMs"),
            ("url", "url"),
        ] {
            assert_eq!(member(key), name);
        }
        let path = |keys: &[&str]| pointer(&keys.iter().map(|key| (*key).to_owned()).collect::<Vec<_>>());
        assert_eq!(
            path(&["webhooks", "pre", "headers_from", "X_a/b", "file"]),
            "/webhooks/pre/headersFrom/X_a~1b/file"
        );
        assert_eq!(path(&["repository", "env", "AWS_REGION"]), "/repository/env/AWS_REGION");
        assert_eq!(path(&[]), "");
    }
}
