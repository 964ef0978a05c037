//! The laws of masks: nothing that is stored is shown, what is shown and sent back loses nothing, and a kept secret goes
//! nowhere else.

use hook_core::MASK;
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::{
    kinds::{Form, KINDS, Kind},
    mask::{kept, masked},
};

/// What nobody may see.
const SECRET: &str = "pla-nted";

/// What a person does with a setting.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Act {
    Keep,
    Replace,
    Remove,
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let act = prop_oneof![Just(Act::Keep), Just(Act::Replace), Just(Act::Remove)];
    prop::collection::vec(act, 4)
}

fn kinds() -> impl Strategy<Value = &'static Kind> {
    (0..KINDS.len()).prop_map(|at| &KINDS[at])
}

/// A good value of a setting, at this host.
fn value(form: Form, host: &str, secret: &str) -> Value {
    match form {
        Form::Text => json!("@ops"),
        Form::Texts => json!(["ana@example.org"]),
        Form::Address => json!(format!("https://ana:{secret}@{host}/zb?a=@b")),
        Form::SecretAddress => json!(format!("https://{host}/services/{secret}")),
        Form::Secret => json!(secret),
        Form::Headers => json!(format!("X-Key: {secret}\nAuthorization: Bearer {secret}")),
    }
}

fn settings(kind: &Kind, host: &str, secret: &str) -> Map<String, Value> {
    kind.settings.iter().map(|(name, form)| ((*name).to_owned(), value(*form, host, secret))).collect()
}

/// How a mask of this setting is written, at this host.
fn mask_of(form: Form, host: &str) -> Option<Value> {
    match form {
        Form::Text | Form::Texts => None,
        Form::Address => Some(json!(format!("https://{MASK}@{host}/zb?a=@b"))),
        Form::SecretAddress => Some(json!(format!("https://{host}/{MASK}"))),
        Form::Secret => Some(json!(MASK)),
        Form::Headers => Some(json!(format!("x-key:{MASK}\nAuthorization: {MASK}"))),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_stored_is_shown_and_what_is_shown_loses_nothing(kind in kinds(), there in acts()) {
        let mut stored = settings(kind, "h", SECRET);
        for ((name, _), act) in kind.settings.iter().zip(&there) {
            if *act == Act::Remove {
                stored.remove(*name);
            }
        }
        let stored = Value::Object(stored);
        let shown = masked(kind, &stored);
        prop_assert!(!shown.to_string().contains(SECRET), "{shown}");
        prop_assert_eq!(shown.as_object().unwrap().len(), kind.settings.len(), "every member is there");
        let mut sent = shown.as_object().unwrap().clone();
        sent.retain(|_, value| *value != json!(""));
        let (plain, faults) = kept(kind, &sent, Some(&stored));
        prop_assert_eq!(faults, []);
        prop_assert_eq!(plain, stored);
    }

    #[test]
    fn a_secret_is_kept_where_it_was_and_goes_nowhere_else(
        kind in kinds(),
        acts in acts(),
        is_there in any::<bool>(),
        is_moved in any::<bool>(),
    ) {
        let stored = is_there.then(|| Value::Object(settings(kind, "h", SECRET)));
        let host = if is_moved { "moved" } else { "h" };
        let mut new = Map::new();
        let (mut expected, mut refused) = (Map::new(), Vec::new());
        let has_address = kind.settings.iter().zip(&acts).any(|((name, _), act)| *name == "url" && *act != Act::Remove);
        for ((name, form), act) in kind.settings.iter().zip(&acts) {
            let (name, mask) = ((*name).to_owned(), mask_of(*form, host));
            match (act, mask) {
                (Act::Remove, _) => {}
                (Act::Keep, Some(mask)) => {
                    new.insert(name.clone(), mask);
                    match &stored {
                        Some(_) if !(is_moved && has_address) => {
                            let mut kept = value(*form, "h", SECRET);
                            if *form == Form::Headers {
                                kept = json!(kept.as_str().unwrap().replace("X-Key", "x-key"));
                            }
                            expected.insert(name, kept);
                        }
                        _ => refused.push(format!("/{name}")),
                    }
                }
                (Act::Keep | Act::Replace, _) => {
                    let value = value(*form, host, "other");
                    new.insert(name.clone(), value.clone());
                    expected.insert(name, value);
                }
            }
        }
        let (plain, faults) = kept(kind, &new, stored.as_ref());
        let fields: Vec<_> = faults.iter().map(|fault| fault.field.clone()).collect();
        prop_assert_eq!(fields, refused);
        prop_assert_eq!(plain, Value::Object(expected));
        prop_assert!(faults.iter().all(|fault| !fault.reason.contains(SECRET)));
    }

    /// Whatever stands around a mask: no text that holds one is ever kept as it is, so that no mask is sent as a secret.
    #[test]
    fn a_mask_is_never_stored(kind in kinds(), before in "[a:/@ ]{0,4}", after in "[a:/@ \n]{0,4}") {
        let stored = Value::Object(settings(kind, "h", SECRET));
        let text = format!("{before}{MASK}{after}");
        let secrets = kind.settings.iter().filter(|(_, form)| mask_of(*form, "h").is_some());
        let new: Map<_, _> = secrets.map(|(name, _)| ((*name).to_owned(), json!(text))).collect();
        let (plain, _) = kept(kind, &new, Some(&stored));
        prop_assert!(!plain.to_string().contains(MASK), "{plain}");
    }
}
