//! Which values say nothing, because they hold without being written.

use hook_core::{HookConfig, OrganizationId};
use toml::Value;

use crate::config::{durations::parse_duration, job_file::RETRY_DELAY};

/// Whether a key of a job file has its default. No key has the same name and another default in another table.
pub(super) fn is_default(key: &str, value: &Value) -> bool {
    let is = |default: &str| value.as_str() == Some(default);
    match key {
        "organization" => is(OrganizationId::default().as_str()),
        "enabled" | "prune" => value.as_bool() == Some(true),
        "one_file_system" | "insecure_tls" => value.as_bool() == Some(false),
        "tags" | "exclude" | "exclude_if_present" | "restic_flags" => {
            value.as_array().is_some_and(Vec::is_empty)
        }
        "env" | "headers_from" | "webhooks" => value.as_table().is_some_and(toml::Table::is_empty),
        "missed" => is("run-once"),
        "priority" => is("normal"),
        "preflight" => is("basic"),
        "payload" => is("default"),
        "when" => is("paired"),
        "retries" => value.as_integer() == Some(0),
        "attempts" => value.as_integer() == Some(1),
        "lock_wait" => seconds(value) == Some(0),
        "retry_delay" => seconds(value) == Some(RETRY_DELAY.as_secs()),
        "headers" | "body" => is(""),
        "reject_body" => is(&HookConfig::new("", RETRY_DELAY).reject_body),
        _ => false,
    }
}

fn seconds(value: &Value) -> Option<u64> {
    match value {
        Value::Integer(seconds) => u64::try_from(*seconds).ok(),
        Value::String(text) => parse_duration(text).ok().map(|duration| duration.as_secs()),
        _ => None,
    }
}
