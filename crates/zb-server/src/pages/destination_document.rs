//! The form of a destination, and the JSON of `api.md` §7.

use serde_json::{Map, Value, json};

use super::form::Form;
use crate::destinations::{Form as Setting, KINDS, Kind, OCCASIONS};

/// A setting's field in the form, its name in the document, and what people call it. Kinds share them.
pub(super) const SETTINGS: [(&str, &str, &str); 7] = [
    ("to", "to", "To"),
    ("url", "url", "Address"),
    ("token", "token", "Token"),
    ("user", "user", "User key"),
    ("chat-id", "chatId", "Chat"),
    ("headers", "headers", "Headers"),
    ("signing-secret", "signingSecret", "Signing secret"),
];

/// What a destination may be told of, as people call it.
pub(super) fn occasions() -> [(&'static str, &'static str); 8] {
    OCCASIONS.map(|occasion| {
        let title = match occasion {
            "success" => "Success",
            "warning" => "Warning",
            "error" => "Error",
            "cancelled" => "Cancelled",
            "interrupted" => "Interrupted",
            "missed" => "A run was missed",
            "never-started" => "Overdue",
            _ => "Service may be paused",
        };
        (occasion, title)
    })
}

/// A kind, as people call it.
pub(super) fn kind_title(kind: &str) -> &'static str {
    match kind {
        "email" => "E-mail",
        "webhook" => "Webhook",
        "ntfy" => "ntfy",
        "gotify" => "Gotify",
        "slack" => "Slack",
        "discord" => "Discord",
        "telegram" => "Telegram",
        "pushover" => "Pushover",
        _ => "Healthchecks",
    }
}

/// The kinds that have a setting, as classes by which others hide its field.
pub(super) fn classes(field: &str) -> String {
    let name = SETTINGS.iter().find(|(id, ..)| *id == field).map_or("", |(_, name, _)| name);
    let has = |kind: &&Kind| kind.settings.iter().any(|(known, _)| *known == name);
    KINDS.iter().filter(has).map(|kind| format!(" k-{}", kind.name)).collect()
}

/// The field of the form that a place in the document belongs to.
pub(super) fn field_of(pointer: &str) -> (&'static str, &'static str) {
    let mut names = pointer.split('/').skip(1);
    match (names.next(), names.next()) {
        (Some("name"), _) => ("name", "Name"),
        (Some("kind"), _) => ("kind", "Kind"),
        (Some("on"), _) => ("on", "Tell of"),
        (Some("jobs"), _) => ("jobs", "Backups"),
        (Some("settings"), Some(setting)) => {
            let found = SETTINGS.iter().find(|(_, name, _)| *name == setting);
            found.map_or(("", "This destination"), |(id, _, title)| (*id, *title))
        }
        _ => ("", "This destination"),
    }
}

/// What a destination is before anything is typed.
pub(super) fn empty() -> Value {
    let kind = &KINDS[2];
    json!({"name": "", "enabled": true, "kind": kind.name, "on": kind.occasions(), "jobs": null, "settings": {}})
}

/// What a setting's field shows of a document.
pub(super) fn value_of(document: &Value, name: &str) -> String {
    match &document["settings"][name] {
        Value::String(text) => text.clone(),
        Value::Array(all) => all.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", "),
        _ => String::new(),
    }
}

/// The document of a form. Settings that the kind does not have are left out: they were hidden.
pub(super) fn typed(form: &Form) -> Value {
    let jobs: Vec<&str> = form.all("jobs").collect();
    let kind = form.text("kind");
    let known = Kind::named(kind).map_or(&[][..], |kind| kind.settings);
    let settings = known.iter().map(|(name, setting)| {
        let field = SETTINGS.iter().find(|(_, known, _)| known == name).map_or("", |(id, ..)| id);
        ((*name).to_owned(), value(form.text(field), *setting))
    });
    json!({
        "name": form.text("name").trim(),
        "enabled": !form.text("enabled").is_empty(),
        "kind": kind,
        "on": form.all("on").collect::<Vec<_>>(),
        "jobs": (!jobs.is_empty()).then_some(jobs),
        "settings": settings.collect::<Map<_, _>>(),
    })
}

/// Nothing where nothing is typed.
fn value(text: &str, setting: Setting) -> Value {
    let text = text.replace("\r\n", "\n");
    let text = text.trim();
    match setting {
        _ if text.is_empty() => Value::Null,
        Setting::Texts => text.split([',', '\n']).map(str::trim).filter(|piece| !piece.is_empty()).collect(),
        _ => json!(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(fields: &[(&str, &str)]) -> Form {
        Form::of(fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    }

    #[test]
    fn every_setting_has_a_field_and_every_field_a_kind() {
        for kind in &KINDS {
            for (name, _) in kind.settings {
                let (field, _) = field_of(&format!("/settings/{name}"));
                assert!(classes(field).split(' ').any(|class| class == format!("k-{}", kind.name)), "{name}");
            }
        }
        assert_eq!(field_of("/settings/to/1").0, "to");
        assert_eq!(field_of("/on/3").0, "on");
        assert_eq!(field_of("").0, "");
    }

    #[test]
    fn what_another_kind_has_is_left_out() {
        let fields = [
            ("name", " ops "),
            ("kind", "email"),
            ("on", "error"),
            ("on", "missed"),
            ("to", "a@example.org,\r\nB <b@example.org>"),
            ("url", "https://hidden/"),
        ];
        assert_eq!(
            typed(&form(&fields)),
            json!({"name": "ops", "enabled": false, "kind": "email", "on": ["error", "missed"], "jobs": null,
                "settings": {"to": ["a@example.org", "B <b@example.org>"]}})
        );
        let hooks = typed(&form(&[("kind", "webhook"), ("url", " "), ("headers", "A: 1\r\nB: 2\r\n")]));
        assert_eq!(hooks["settings"], json!({"url": null, "headers": "A: 1\nB: 2", "signingSecret": null}));
    }
}
