//! What a job is, for the OpenAPI document.

use serde_json::{Value, json};

use crate::schema::{Shape, array, boolean, integer, map, nullable, object, text, time, words};

/// A job with its state.
pub(crate) const JOB: Shape = Shape::new("Job", || {
    let mut job = document();
    let state = object([
        ("revision", integer()),
        ("managedBy", words(["api", "file"])),
        ("file", nullable(text())),
        ("fileError", nullable(text())),
        ("createdAt", time()),
        ("updatedAt", time()),
        ("nextRunAt", nullable(time())),
        ("overdueSince", nullable(time())),
        ("currentJobId", nullable(text())),
        ("lastSuccessAt", nullable(time())),
        ("lastRun", nullable(last_run())),
    ]);
    job["properties"]["state"] = state;
    if let Some(required) = job["required"].as_array_mut() {
        required.push(json!("state"));
    }
    job
});

/// A job as it is sent: everything but its name, path and repository may be left out.
pub(crate) const NEW_JOB: Shape = Shape::new("NewJob", || {
    let mut job = document();
    job["required"] = json!(["name", "sourcePath", "repository"]);
    loosen(&mut job["properties"]);
    job["properties"]["state"] = json!({"description": "ignored"});
    job
});

/// A page of jobs.
pub(crate) const JOB_LIST: Shape = Shape::new("JobList", || {
    let problem = object([("file", text()), ("line", nullable(integer())), ("error", text())]);
    json!({"type": "object", "required": ["items", "nextCursor"], "properties": {
        "items": array(JOB.reference()), "nextCursor": nullable(text()), "problems": array(problem)}})
});

/// In what is sent, members may be left out at any depth.
fn loosen(properties: &mut Value) {
    let Some(members) = properties.as_object_mut() else { return };
    for schema in members.values_mut() {
        if let Some(any) = schema["anyOf"].as_array_mut() {
            any.iter_mut().for_each(loosen_object);
        } else {
            loosen_object(schema);
        }
    }
}

fn loosen_object(schema: &mut Value) {
    if schema["properties"].is_object() {
        schema["required"] = json!([]);
        loosen(&mut schema["properties"]);
    }
}

fn document() -> Value {
    object([
        ("scheduleId", text()),
        ("organizationId", text()),
        ("name", text()),
        ("sourcePath", text()),
        ("enabled", boolean()),
        ("repository", repository()),
        ("schedule", nullable(text())),
        ("timezone", nullable(text())),
        ("missed", words(["run-once", "skip"])),
        ("tags", array(text())),
        ("exclude", array(text())),
        ("excludeIfPresent", array(text())),
        ("oneFileSystem", boolean()),
        ("compression", words(["auto", "off", "max"])),
        ("priority", words(["normal", "background"])),
        ("preflight", words(["basic", "full"])),
        ("resticFlags", array(text())),
        ("retries", integer()),
        ("retryDelayMs", integer()),
        ("lockWaitMs", integer()),
        ("retention", nullable(retention())),
        ("webhooks", object([("pre", nullable(hook(false))), ("post", nullable(hook(true)))])),
    ])
}

/// The members of `repository`.
pub(crate) fn repository() -> Value {
    object([
        ("repositoryId", nullable(text())),
        ("url", text()),
        ("password", nullable(text())),
        ("passwordFile", nullable(text())),
        ("passwordEnv", nullable(text())),
        ("passwordCommand", nullable(text())),
        ("env", map(elsewhere())),
    ])
}

/// A text, or where the value is.
fn elsewhere() -> Value {
    json!({"anyOf": [text(), map(text())]})
}

fn retention() -> Value {
    object([
        ("keepLast", nullable(integer())),
        ("keepHourly", nullable(integer())),
        ("keepDaily", nullable(integer())),
        ("keepWeekly", nullable(integer())),
        ("keepMonthly", nullable(integer())),
        ("keepYearly", nullable(integer())),
        ("prune", boolean()),
    ])
}

fn hook(is_post: bool) -> Value {
    let mut hook = object([
        ("url", text()),
        ("headers", text()),
        ("headersFrom", map(elsewhere())),
        ("body", text()),
        ("payload", words(["default", "extended"])),
        ("insecureTls", boolean()),
        ("caFile", nullable(text())),
        ("rejectBody", text()),
        ("attempts", integer()),
        ("timeoutMs", nullable(integer())),
        ("signingSecret", nullable(text())),
    ]);
    if is_post {
        hook["properties"]["when"] = words(["paired", "after-restic", "always"]);
    }
    hook
}

fn last_run() -> Value {
    object([
        ("jobId", text()),
        ("status", nullable(words(["success", "warning", "error", "cancelled"]))),
        ("finishedAt", nullable(time())),
        ("durationMs", nullable(integer())),
        ("pauseMs", nullable(integer())),
        ("error", nullable(text())),
        ("postHook", words(["none", "owed", "delivered", "failed", "cleared"])),
    ])
}
