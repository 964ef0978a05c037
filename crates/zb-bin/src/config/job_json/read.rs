//! JSON as the values of a job file: member by member, by `api.md` §3. What is right is judged where files are read;
//! here is said only what no file can say.

use serde_json::{Map, Value};
use toml::{Table, Value as Toml};
use zb_server::{Fault, FieldError, nearest};

use super::keys;

/// More unknown members than anybody mends at once.
const MOST: usize = 100;

/// Which members say nothing, at the top and in `repository`.
const READ_ONLY: [&str; 2] = ["state", "repositoryId"];

/// The values, and what is wrong with the members that have none.
pub(super) fn job(document: &Map<String, Value>) -> (Table, Fault) {
    let mut faults = Fault::new();
    let table = table("", "", document, &mut faults);
    (table, faults)
}

fn table(name: &str, at: &str, members: &Map<String, Value>, faults: &mut Fault) -> Table {
    let known = keys::of(name).unwrap_or_default();
    let mut table = Table::new();
    for (member, value) in members {
        let is_read_only = match name {
            "" => member == READ_ONLY[0],
            "repository" => member == READ_ONLY[1],
            _ => false,
        };
        if is_read_only {
            continue;
        }
        let at = format!("{at}/{}", member.replace('~', "~0").replace('/', "~1"));
        if faults.len() >= MOST {
            break;
        }
        let Some(key) = known.iter().find(|key| keys::member(key) == *member) else {
            faults.push(FieldError::new(at, unknown(member, &known)));
            continue;
        };
        if let Some(value) = self::value(key, &at, value, faults).filter(|value| !is_default(key, value)) {
            table.insert((*key).to_owned(), value);
        }
    }
    table
}

/// What holds unsaid is not kept, so that a job says the same however it was written.
fn is_default(key: &str, value: &Toml) -> bool {
    let default = keys::default(key);
    !keys::is_span(key)
        && key != "organization"
        && serde_json::to_value(value).is_ok_and(|value| value == default)
}

fn unknown(member: &str, known: &[&str]) -> String {
    let names: Vec<_> = known.iter().map(|key| keys::member(key)).collect();
    match nearest(member, names.iter().map(|name| name.as_ref())) {
        Some(meant) => format!("there is no such member; did you mean {meant}?"),
        None => "there is no such member".to_owned(),
    }
}

fn value(key: &str, at: &str, value: &Value, faults: &mut Fault) -> Option<Toml> {
    match value {
        Value::Object(members) if keys::is_table(key) => {
            let table = table(key, at, members, faults);
            // What says nothing is absent.
            (key != "retention" || !table.is_empty()).then_some(Toml::Table(table))
        }
        Value::Null => None,
        value if keys::is_span(key) => {
            seconds(value).map_err(|reason| faults.push(FieldError::new(at, reason))).ok()
        }
        value => plain(at, value, faults),
    }
}

fn seconds(value: &Value) -> Result<Toml, &'static str> {
    let milliseconds = value.as_u64().filter(|milliseconds| milliseconds % 1000 == 0);
    let seconds = milliseconds.and_then(|milliseconds| i64::try_from(milliseconds / 1000).ok());
    seconds.map(Toml::Integer).ok_or("must be whole seconds, in milliseconds: a multiple of 1000")
}

fn plain(at: &str, value: &Value, faults: &mut Fault) -> Option<Toml> {
    match value {
        Value::Null => {
            faults.push(FieldError::new(at, "is null"));
            None
        }
        Value::Bool(is) => Some(Toml::Boolean(*is)),
        Value::String(text) => Some(Toml::String(text.clone())),
        Value::Number(number) => match (number.as_i64(), number.as_u64()) {
            (Some(number), _) => Some(Toml::Integer(number)),
            (None, Some(_)) => {
                faults.push(FieldError::new(at, "is too large a number"));
                None
            }
            (None, None) => Some(Toml::Float(number.as_f64().unwrap_or_default())),
        },
        Value::Array(items) => {
            let items = items.iter().enumerate();
            Some(Toml::Array(
                items.filter_map(|(index, item)| plain(&format!("{at}/{index}"), item, faults)).collect(),
            ))
        }
        Value::Object(members) => {
            let mut table = Table::new();
            for (name, value) in members {
                let at = format!("{at}/{}", name.replace('~', "~0").replace('/', "~1"));
                // A variable or header that is null is one that is left out.
                if let Some(value) = (!value.is_null()).then(|| plain(&at, value, faults)).flatten() {
                    table.insert(name.clone(), value);
                }
            }
            Some(Toml::Table(table))
        }
    }
}
