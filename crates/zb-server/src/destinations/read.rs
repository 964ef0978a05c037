//! A destination as a person writes it, checked whole: all that is wrong with it at once.

use std::collections::BTreeSet;

use hook_core::{OrganizationId, ScheduleId};
use job_store::StoredDestination;
use serde_json::{Map, Value, json};

use super::{
    kinds::{KINDS, Kind, OCCASIONS},
    mask,
    show::Definition,
};
use crate::{FieldError, Problem, Service, body::Fields, is_label, nearest::unknown, query::Query};

/// More than any organization has.
const MOST_JOBS: usize = 1000;

/// What a destination is to be.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Checked {
    pub(crate) name: String,
    pub(crate) enabled: bool,
    /// With secrets.
    pub(crate) definition: Definition,
}

type Faults = Vec<FieldError>;

impl Service {
    /// Reads a destination that takes the place of `there`, or is new.
    ///
    /// # Errors
    /// 422, with everything.
    pub(crate) async fn read_destination(
        &self,
        organization: &OrganizationId,
        query: Query,
        mut fields: Fields,
        there: Option<&StoredDestination>,
    ) -> Result<Checked, Problem> {
        let stored = there.and_then(|there| Definition::of(there).ok());
        let known = self.known_jobs(organization, &fields, stored.as_ref()).await?;
        fields.optional("destinationId", |id| match there {
            Some(there) if *id == json!(there.id) => Ok(()),
            _ => wrong("is another destination's"),
        });
        fields.optional("state", |_| Ok(()));
        let name = fields.required("name", name);
        let enabled =
            fields.optional("enabled", |value| value.as_bool().ok_or_else(|| fault("it is true or false")));
        let kind = fields.required("kind", kind);
        let on = fields.optional("on", occasions);
        let jobs = fields.optional("jobs", |value| jobs(value, &known));
        let stored = stored.as_ref().filter(|stored| kind.is_some_and(|kind| kind.name == stored.kind));
        let settings = fields.required("settings", |value| match kind {
            Some(kind) => self.settings(organization, kind, value, stored.map(|stored| &stored.settings)),
            // Of no kind, nobody knows what its settings are.
            None => Ok(Value::Null),
        });
        let read = name.zip(kind).zip(settings).map(|((name, kind), settings)| Checked {
            name,
            enabled: enabled.unwrap_or(true),
            definition: Definition {
                kind: kind.name.to_owned(),
                on: on.unwrap_or_else(|| kind.occasions().into_iter().map(ToOwned::to_owned).collect()),
                jobs,
                settings,
            },
        });
        fields.finish(query, read)
    }

    /// The jobs that a document names and that are there; one that is gone may stay where it was named before.
    async fn known_jobs(
        &self,
        organization: &OrganizationId,
        fields: &Fields,
        stored: Option<&Definition>,
    ) -> Result<BTreeSet<String>, Problem> {
        let mut known: BTreeSet<String> =
            stored.and_then(|stored| stored.jobs.clone()).unwrap_or_default().into_iter().collect();
        let named = fields.value("jobs").and_then(Value::as_array).into_iter().flatten();
        let named: Vec<_> = named.filter_map(Value::as_str).take(MOST_JOBS).collect();
        for id in named {
            let Ok(schedule) = id.parse::<ScheduleId>() else { continue };
            if known.contains(id) {
                continue;
            }
            let found = self.store.job(organization, &schedule).await.map_err(|error| self.failed(&error))?;
            if found.is_some() {
                known.insert(id.to_owned());
            }
        }
        Ok(known)
    }

    /// The settings with what the masks stand for.
    fn settings(
        &self,
        organization: &OrganizationId,
        kind: &Kind,
        value: &Value,
        stored: Option<&Value>,
    ) -> Result<Value, Faults> {
        let Value::Object(members) = value else { return wrong("it is an object") };
        let names = || kind.settings.iter().map(|(name, _)| *name);
        let mut faults: Faults = Vec::new();
        for name in members.keys().filter(|name| !names().any(|known| known == **name)) {
            let field = format!("/{}", name.replace('~', "~0").replace('/', "~1"));
            faults.push(FieldError::new(field, unknown("setting", name, names())));
        }
        let (plain, unkept) = mask::kept(kind, members, stored);
        faults.extend(unkept);
        for fault in self.messenger.check(organization, kind.name, &plain) {
            let is_told = |told: &FieldError| {
                let is_within = fault.field.starts_with(&format!("{}/", told.field));
                is_within || (fault.field == told.field && fault.line == told.line)
            };
            if !faults.iter().any(is_told) {
                faults.push(fault);
            }
        }
        faults.sort_by_key(|fault| (place(members, &fault.field), fault.line));
        if faults.is_empty() { Ok(plain) } else { Err(faults) }
    }
}

/// Where a setting stands in the document; one that is missing comes last.
fn place(members: &Map<String, Value>, field: &str) -> usize {
    let name = field.split('/').nth(1).unwrap_or_default();
    members.keys().position(|key| key == name).unwrap_or(usize::MAX)
}

fn fault(reason: &str) -> Faults {
    vec![FieldError::new("", reason)]
}

fn wrong<T>(reason: &str) -> Result<T, Faults> {
    Err(fault(reason))
}

fn name(value: &Value) -> Result<String, Faults> {
    match value.as_str() {
        Some(name) if is_label(name) => Ok(name.to_owned()),
        _ => wrong("it has 1 to 128 characters, in one line"),
    }
}

fn kind(value: &Value) -> Result<&'static Kind, Faults> {
    let word = value.as_str().unwrap_or_default();
    match Kind::named(word) {
        Some(kind) => Ok(kind),
        None if word == "command" => wrong("a command can be named in zb's configuration file only"),
        None => wrong(&unknown("kind", word, KINDS.iter().map(|kind| kind.name))),
    }
}

fn occasions(value: &Value) -> Result<Vec<String>, Faults> {
    let read = |text: &str| match OCCASIONS.contains(&text) {
        true => Ok(()),
        false => Err(unknown("occasion", text, OCCASIONS)),
    };
    texts(value, "it is empty: it would tell nothing", read)
}

fn jobs(value: &Value, known: &BTreeSet<String>) -> Result<Vec<String>, Faults> {
    let read =
        |text: &str| if known.contains(text) { Ok(()) } else { Err("there is no such job".to_owned()) };
    let read = texts(value, "it is empty: null is all jobs", read)?;
    if read.len() > MOST_JOBS { wrong("it has more than 1000 jobs: null is all jobs") } else { Ok(read) }
}

/// A list of texts, each once.
fn texts(
    value: &Value,
    empty: &str,
    read: impl Fn(&str) -> Result<(), String>,
) -> Result<Vec<String>, Faults> {
    let Some(all) = value.as_array() else { return wrong("it is a list of texts") };
    if all.is_empty() {
        return wrong(empty);
    }
    let (mut texts, mut faults) = (Vec::new(), Vec::new());
    for (at, value) in all.iter().enumerate() {
        let reason = match value.as_str() {
            Some(text) => match read(text) {
                Ok(()) if texts.iter().any(|there| there == text) => continue,
                Ok(()) => {
                    texts.push(text.to_owned());
                    continue;
                }
                Err(reason) => reason,
            },
            None => "it is a text".to_owned(),
        };
        faults.push(FieldError::new(format!("/{at}"), reason));
    }
    if faults.is_empty() { Ok(texts) } else { Err(faults) }
}
