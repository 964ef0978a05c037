//! The form of a backup, and the JSON of `api.md` §3: what is in the form changes the document, the rest of it stays.

use serde_json::{Map, Value, json};

use super::form::Form;
use crate::FieldError;

/// A field's name in the form, its place in the document, and what people call it.
pub(super) const FIELDS: [(&str, &str, &str); 29] = [
    ("name", "/name", "Name"),
    ("source", "/sourcePath", "Source path"),
    ("repository", "/repository", "Repository"),
    ("repository-url", "/repository/url", "Repository address"),
    ("repository-password", "/repository/password", "Repository password"),
    ("tags", "/tags", "Tags"),
    ("enabled", "/enabled", "Enabled"),
    ("schedule", "/schedule", "Schedule"),
    ("timezone", "/timezone", "Time zone"),
    ("missed", "/missed", "If a run was missed"),
    ("keep-last", "/retention/keepLast", "Last"),
    ("keep-hourly", "/retention/keepHourly", "Hourly"),
    ("keep-daily", "/retention/keepDaily", "Daily"),
    ("keep-weekly", "/retention/keepWeekly", "Weekly"),
    ("keep-monthly", "/retention/keepMonthly", "Monthly"),
    ("keep-yearly", "/retention/keepYearly", "Yearly"),
    ("pre-url", "/webhooks/pre/url", "Pre-backup webhook"),
    ("pre-headers", "/webhooks/pre/headers", "Pre-backup webhook headers"),
    ("pre-body", "/webhooks/pre/body", "Pre-backup webhook body"),
    ("pre-insecure", "/webhooks/pre/insecureTls", "Do not verify the TLS certificate"),
    ("post-url", "/webhooks/post/url", "Post-backup webhook"),
    ("post-headers", "/webhooks/post/headers", "Post-backup webhook headers"),
    ("post-body", "/webhooks/post/body", "Post-backup webhook body"),
    ("post-insecure", "/webhooks/post/insecureTls", "Do not verify the TLS certificate"),
    ("retries", "/retries", "Retries"),
    ("retry-delay", "/retryDelayMs", "Wait between retries"),
    ("preflight", "/preflight", "Checks before the pre hook"),
    ("flags", "/resticFlags", "restic flags"),
    ("revision", "", "This backup"),
];

/// Those below *Advanced*.
const ADVANCED: [&str; 6] = ["pre-", "post-", "retries", "retry-delay", "preflight", "flags"];

/// Whether a field is below *Advanced*.
pub(super) fn is_advanced(field: &str) -> bool {
    ADVANCED.iter().any(|start| field.starts_with(start))
}

/// The field of the form that a place in the document belongs to.
pub(super) fn field_of(pointer: &str) -> Option<(&'static str, &'static str)> {
    let named = FIELDS.iter().filter(|(_, place, _)| !place.is_empty());
    // An entry of a list belongs to the list, and what is unknown of a hook to its address.
    let within = |place: &str| pointer == place || pointer.starts_with(&format!("{place}/"));
    let found = named.clone().filter(|(_, place, _)| within(place)).max_by_key(|(_, place, _)| place.len());
    let hook = ["pre", "post"].into_iter().find(|phase| pointer.starts_with(&format!("/webhooks/{phase}")));
    let url = hook.and_then(|phase| FIELDS.iter().find(|(name, ..)| *name == format!("{phase}-url")));
    found.or(url).map(|(name, _, title)| (*name, *title))
}

/// What a field shows of a document.
pub(super) fn value_of(document: &Value, field: &str) -> String {
    let Some((_, pointer, _)) = FIELDS.iter().find(|(name, ..)| *name == field) else { return String::new() };
    match document.pointer(pointer) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Number(number)) => number.to_string(),
        Some(Value::Bool(true)) => "on".to_owned(),
        Some(Value::Array(all)) => {
            let between = if field == "tags" { ", " } else { " " };
            all.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(between)
        }
        _ => String::new(),
    }
}

/// The document of a new backup, before anything is typed.
pub(super) fn empty() -> Value {
    json!({"name": "", "sourcePath": "", "enabled": true, "repository": {}, "schedule": "0 2 * * *",
           "timezone": null, "missed": "run-once", "tags": [], "retries": 0, "retryDelayMs": 900_000,
           "preflight": "basic", "resticFlags": [], "retention": null, "webhooks": {"pre": null, "post": null}})
}

/// The document that a form makes of another one, and what no document can say.
pub(super) fn typed(form: &Form, before: &Value) -> (Value, Vec<FieldError>) {
    let mut document = before.clone();
    let mut faults = Vec::new();
    for field in ["name", "source", "missed", "preflight"] {
        put(&mut document, field, json!(form.text(field).trim()));
    }
    for field in ["schedule", "timezone"] {
        let text = form.text(field).trim();
        put(&mut document, field, if text.is_empty() { Value::Null } else { json!(text) });
    }
    document["enabled"] = json!(!form.text("enabled").is_empty());
    for (field, between) in [("tags", ','), ("flags", ' ')] {
        // What is as it was shown is as it was, though a piece may hold what stands between pieces.
        if form.text(field) != value_of(before, field) {
            let pieces = form.text(field).split(between).map(str::trim).filter(|piece| !piece.is_empty());
            put(&mut document, field, pieces.collect());
        }
    }
    for field in ["retries", "retry-delay"] {
        let number = number(form, field, &mut faults);
        put(&mut document, field, if number.is_null() { json!(0) } else { number });
    }
    document["retention"] = retention(form, &before["retention"], &mut faults);
    for phase in ["pre", "post"] {
        document["webhooks"][phase] = hook(form, phase, &before["webhooks"][phase]);
    }
    (document, faults)
}

fn put(document: &mut Value, field: &str, value: Value) {
    let place = FIELDS.iter().find(|(name, ..)| *name == field).map(|(_, pointer, _)| *pointer);
    if let Some(member) = place.and_then(|pointer| pointer.strip_prefix('/')) {
        document[member] = value;
    }
}

fn number(form: &Form, field: &str, faults: &mut Vec<FieldError>) -> Value {
    let text = form.text(field).trim();
    if text.is_empty() {
        return Value::Null;
    }
    text.parse::<u64>().map_or_else(
        |_| {
            let place = FIELDS.iter().find(|(name, ..)| *name == field).map_or("", |(_, pointer, _)| pointer);
            faults.push(FieldError::new(place, "must be a whole number, 0 or more"));
            Value::Null
        },
        Value::from,
    )
}

/// Nothing where no number is typed: then everything is kept.
fn retention(form: &Form, before: &Value, faults: &mut Vec<FieldError>) -> Value {
    let mut keep = before.as_object().cloned().unwrap_or_default();
    let mut is_any = false;
    for (field, pointer, _) in FIELDS.iter().filter(|(name, ..)| name.starts_with("keep-")) {
        let number = number(form, field, faults);
        is_any |= !number.is_null();
        let member = pointer.rsplit('/').next().unwrap_or_default();
        keep.insert(member.to_owned(), number);
    }
    if is_any { Value::Object(keep) } else { Value::Null }
}

/// Nothing where nothing is typed. An address that is missing beside what is typed is for the checks to find.
fn hook(form: &Form, phase: &str, before: &Value) -> Value {
    let text = |what: &str| form.text(&format!("{phase}-{what}"));
    let (url, headers, body) = (text("url").trim(), lines(text("headers")), lines(text("body")));
    if url.is_empty() && headers.is_empty() && body.is_empty() {
        return Value::Null;
    }
    let mut hook = before.as_object().cloned().unwrap_or_else(Map::new);
    let stored = before["body"].as_str().unwrap_or_default();
    // A browser knows one kind of line end: a body that nobody touched stays byte for byte.
    let body = if lines(stored) == body { stored.to_owned() } else { body };
    for (member, value) in [
        ("url", json!(url)),
        ("headers", json!(headers.trim_end_matches('\n'))),
        ("body", json!(body)),
        ("insecureTls", json!(!text("insecure").is_empty())),
    ] {
        hook.insert(member.to_owned(), value);
    }
    Value::Object(hook)
}

/// A text with LF alone between its lines.
fn lines(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn form(fields: &[(&str, &str)]) -> Form {
        Form::of(fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    }

    fn hook_of(body: &str) -> Value {
        json!({"url": "http://a/", "headers": "X: ••••••••", "body": body, "insecureTls": false, "attempts": 3})
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        /// A browser sends CR LF for every line end, whatever stood there.
        #[test]
        fn a_body_that_nobody_touched_stays_byte_for_byte(body in "[a\r\n ]{0,12}") {
            let sent = lines(&body).replace('\n', "\r\n");
            let before = hook_of(&body);
            let fields = [("pre-url", "http://a/"), ("pre-headers", "X: ••••••••"), ("pre-body", &*sent)];
            prop_assert_eq!(hook(&form(&fields), "pre", &before), before);
        }

        /// What is typed has LF.
        #[test]
        fn typed_line_ends_are_lf(body in "[a\r\n]{0,12}") {
            let fields = [("pre-url", "http://a/"), ("pre-body", &*body)];
            let typed = hook(&form(&fields), "pre", &hook_of("something else"));
            prop_assert!(!typed["body"].as_str().unwrap_or("\r").contains('\r'));
        }
    }

    #[test]
    fn what_the_form_does_not_have_stays() {
        let before = json!({"name": "a", "exclude": ["*.tmp"], "tags": ["x,y", "z"], "resticFlags": ["--a b"],
            "webhooks": {"pre": hook_of("b"), "post": null}, "retention": {"keepDaily": 3, "prune": false}});
        let fields = [
            ("name", "b"),
            ("tags", "x,y, z"),
            ("flags", "--a b"),
            ("keep-daily", "7"),
            ("pre-url", "http://b/"),
            ("pre-headers", "X: ••••••••\r\nY: 1\r\n"),
        ];
        let (document, faults) = typed(&form(&fields), &before);
        assert_eq!(faults, []);
        assert_eq!(document["exclude"], json!(["*.tmp"]));
        assert_eq!(document["tags"], json!(["x,y", "z"]), "as it was shown");
        assert_eq!(document["resticFlags"], json!(["--a b"]));
        assert_eq!(document["webhooks"]["pre"]["attempts"], 3);
        assert_eq!(document["webhooks"]["pre"]["headers"], "X: ••••••••\nY: 1");
        assert_eq!(document["webhooks"]["pre"]["body"], "");
        assert_eq!(
            (&document["retention"]["keepDaily"], &document["retention"]["prune"]),
            (&json!(7), &json!(false))
        );
        assert_eq!(document["schedule"], Value::Null);
    }

    #[test]
    fn headers_without_an_address_are_not_dropped() {
        let (document, _) = typed(&form(&[("post-headers", "X: 1")]), &empty());
        assert_eq!(document["webhooks"]["post"]["url"], "");
        assert_eq!(document["webhooks"]["pre"], Value::Null);
    }

    #[test]
    fn every_place_leads_to_a_field() {
        for (pointer, field) in [
            ("/webhooks/pre/headers", "pre-headers"),
            ("/webhooks/pre/attempts", "pre-url"),
            ("/webhooks/post", "post-url"),
            ("/resticFlags/2", "flags"),
            ("/repository/env/X", "repository"),
            ("/repository/url", "repository-url"),
            ("/retention/keepDaily", "keep-daily"),
        ] {
            assert_eq!(field_of(pointer).map(|(name, _)| name), Some(field), "{pointer}");
        }
        assert_eq!(field_of("/exclude/0"), None);
        let (_, faults) = typed(&form(&[("retries", "many"), ("keep-last", "-1")]), &empty());
        let places: Vec<_> = faults.iter().map(|fault| &*fault.field).collect();
        assert_eq!(places, ["/retries", "/retention/keepLast"]);
    }
}
