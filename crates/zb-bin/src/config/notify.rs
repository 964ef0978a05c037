//! `[[notify]]`: who is told how runs end (`spec.md` §9).

use std::{collections::BTreeSet, sync::Arc};

use hook_core::OrganizationId;
use notifier::Occasion;

use super::{BadInput, Section, job_file::parsed};

/// The longest name of a destination, in characters.
const MAX_NAME_CHARS: usize = 64;

/// One destination.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Notify {
    /// Its name, unique in the file: deliveries are kept under it.
    pub name: String,
    /// What it is told of; absent where the file leaves that to its kind.
    pub on: Option<BTreeSet<Occasion>>,
    /// Of which jobs, by name or `scheduleId`; absent for all.
    pub jobs: Option<Vec<String>>,
    /// Of whose jobs; absent for all.
    pub organization: Option<OrganizationId>,
}

/// Reads every destination.
pub(super) fn read(destinations: &[Section<'_>]) -> Result<Arc<[Notify]>, BadInput> {
    let mut names = BTreeSet::new();
    let one = |section: &Section<'_>| {
        let notify = Notify::read(section)?;
        if !names.insert(notify.name.clone()) {
            return Err(section.fault("name", format!("is {:?} once more", notify.name)));
        }
        Ok(notify)
    };
    destinations.iter().map(one).collect()
}

impl Notify {
    fn read(section: &Section<'_>) -> Result<Self, BadInput> {
        let name = section.required_text("name")?;
        if name.chars().count() > MAX_NAME_CHARS || name.chars().any(char::is_control) {
            let reason = format!("must be one line of at most {MAX_NAME_CHARS} characters");
            return Err(section.fault("name", reason));
        }
        Ok(Self {
            name: name.to_owned(),
            on: occasions(section)?,
            jobs: section.texts("jobs")?.map(|jobs| jobs.into_iter().map(ToOwned::to_owned).collect()),
            organization: parsed(section, "organization")?,
        })
    }
}

fn occasions(section: &Section<'_>) -> Result<Option<BTreeSet<Occasion>>, BadInput> {
    let Some(texts) = section.texts("on")? else { return Ok(None) };
    if texts.is_empty() {
        return Err(section.fault("on", "is empty: it would tell nothing"));
    }
    let known = || Occasion::ALL.map(Occasion::as_str).join(", ");
    let one = |text: &str| {
        text.parse().map_err(|error| {
            section
                .fault("on", format!("holds a word that it cannot: {error}"))
                .hint(format!("the words are: {}", known()))
        })
    };
    texts.into_iter().map(one).collect::<Result<_, _>>().map(Some)
}
