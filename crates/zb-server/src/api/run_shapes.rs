//! The shapes of runs (`api.md` §5).

use hook_core::{RunStatus, event::Trigger};
use serde_json::Value;

use crate::schema::{Shape, array, boolean, integer, nullable, number, object, text, time, words};

/// A run with its details.
pub(super) const RUN: Shape = Shape::new("Run", || run(true));

/// A run in a list.
pub(super) const RUN_ITEM: Shape = Shape::new("RunItem", || run(false));

/// What a hook answered.
pub(super) const HOOK_RESULT: Shape = Shape::new("HookResult", || object(hook(true)));

/// The same of a test.
pub(super) const TESTED_HOOK: Shape = Shape::new("TestedHook", || {
    let [id, origin, attempts] = hook(true);
    object([("jobId", text()), id, origin, attempts])
});

/// The words of a run's state.
pub(super) const STATES: [&str; 6] =
    ["queued", "checking", "preparing", "backing-up", "settling", "finished"];

pub(super) const STATUSES: [RunStatus; 4] =
    [RunStatus::Success, RunStatus::Warning, RunStatus::Error, RunStatus::Cancelled];

fn run(details: bool) -> Value {
    let post_hook = ["none", "owed", "delivered", "failed", "cleared"];
    let summary = ["filesNew", "filesChanged", "filesUnmodified", "bytesProcessed", "bytesAdded"];
    let retention = [("kept", integer()), ("removed", integer()), ("error", nullable(text()))];
    let hooks = [("pre", nullable(object(hook(details)))), ("post", nullable(object(hook(details))))];
    let schema = object([
        ("jobId", text()),
        ("scheduleId", text()),
        ("organizationId", text()),
        ("jobName", text()),
        ("sourcePath", text()),
        ("trigger", words(Trigger::ALL.map(Trigger::as_str))),
        ("by", nullable(text())),
        ("attempt", integer()),
        ("retryOf", nullable(text())),
        ("state", words(STATES)),
        ("status", nullable(words(STATUSES.map(RunStatus::as_str)))),
        ("error", nullable(text())),
        ("interrupted", boolean()),
        ("cancelRequestedBy", nullable(text())),
        ("postHook", words(post_hook)),
        ("postHookClearedBy", nullable(text())),
        ("queuedAt", time()),
        ("startedAt", nullable(time())),
        ("finishedAt", nullable(time())),
        ("durationMs", nullable(integer())),
        ("pauseMs", nullable(integer())),
        ("resticVersion", nullable(text())),
        ("exitCode", nullable(integer())),
        ("signal", nullable(text())),
        ("snapshotId", nullable(text())),
        ("stderr", nullable(text())),
        ("summary", nullable(object(summary.map(|name| (name, integer()))))),
        ("retention", nullable(object(retention))),
        ("progress", nullable(progress(details))),
        ("hooks", object(hooks)),
    ]);
    if details { schema } else { without(schema, "stderr") }
}

fn progress(details: bool) -> Value {
    let schema = object([
        ("percentDone", number()),
        ("filesDone", integer()),
        ("bytesDone", integer()),
        ("totalFiles", integer()),
        ("totalBytes", integer()),
        ("secondsRemaining", nullable(integer())),
        ("currentFiles", array(text())),
    ]);
    if details { schema } else { without(schema, "currentFiles") }
}

fn hook(details: bool) -> [(&'static str, Value); 3] {
    let outcomes = ["ok", "refused", "not-sent", "rejected", "no-answer", "cancelled"];
    let attempt = object([
        ("attempt", integer()),
        ("startedAt", time()),
        ("durationMs", nullable(integer())),
        ("outcome", nullable(words(outcomes))),
        ("httpStatus", nullable(integer())),
        ("error", nullable(text())),
        ("response", nullable(text())),
    ]);
    let attempt = if details { attempt } else { without(attempt, "response") };
    [("webhookId", text()), ("origin", text()), ("attempts", array(attempt))]
}

/// An object's schema without one of its members.
fn without(mut schema: Value, name: &str) -> Value {
    if let Some(members) = schema["properties"].as_object_mut() {
        members.shift_remove(name);
    }
    if let Some(required) = schema["required"].as_array_mut() {
        required.retain(|required| required != name);
    }
    schema
}
