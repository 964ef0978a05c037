//! `events.md` against the golden files of hook-core: every type and every field, and which of them are always there.

use std::{collections::BTreeMap, fs};

use hook_core::{OutcomeKind, Progress, RunEvent};
use serde_json::Value;

use crate::page::{Page, code, in_repository, names, set};

const COMMON: [&str; 5] = ["type", "time", "seq", "jobId", "scheduleId"];

/// The golden lines by type: with every field, and, where there is a shorter one, with the fewest.
fn golden() -> BTreeMap<String, (Value, Option<Value>)> {
    let folder = in_repository("crates/hook-core/tests/golden/v1");
    let mut lines = BTreeMap::<String, (Value, Option<Value>)>::new();
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    for file in files {
        let name = file.file_name().into_string().unwrap();
        let line: Value = serde_json::from_slice(&fs::read(file.path()).unwrap()).unwrap();
        let entry = lines.entry(line["type"].as_str().unwrap().to_owned()).or_default();
        if name.ends_with(".least.json") {
            entry.1 = Some(line);
        } else {
            entry.0 = line;
        }
    }
    lines
}

/// The names of all fields, those of an inner object as `outer.inner`. An outer one is no field of its own row only
/// where the page has none.
fn fields(of: &Value) -> Vec<String> {
    let mut found = Vec::new();
    for (name, value) in of.as_object().unwrap() {
        match value.as_object() {
            Some(_) => found.extend(fields(value).iter().map(|inner| format!("{name}.{inner}"))),
            None => found.push(name.clone()),
        }
    }
    found
}

#[test]
fn every_type_has_its_part_and_every_field_its_row() {
    let Some(page) = Page::read("events.md") else { return };
    let golden = golden();
    let types: Vec<_> = page.headings("### ").iter().flat_map(|heading| code(heading)).collect();
    assert_eq!(set(types.iter().map(String::as_str)), golden.keys().cloned().collect());
    for (kind, (full, least)) in golden {
        let expected: Vec<_> =
            fields(&full).into_iter().filter(|name| !COMMON.contains(&name.as_str())).collect();
        if expected.is_empty() {
            continue;
        }
        let rows = page.below(&format!("### `{kind}`")).table("field");
        let is_outer = |name: &str| expected.iter().any(|field| field.starts_with(&format!("{name}.")));
        let mut listed = names(&rows, 0);
        listed.retain(|name| !is_outer(name));
        assert_eq!(listed, expected.iter().cloned().collect(), "{kind}");

        let least = least.unwrap_or(full);
        for row in rows {
            let name = code(&row[0]).remove(0);
            let is_always = least.pointer(&format!("/{}", name.replace('.', "/"))).is_some();
            assert_eq!(row[1] == "always", is_always, "{kind}: {name}");
        }
    }
}

#[test]
fn the_common_fields_are_those_of_every_event() {
    let Some(page) = Page::read("events.md") else { return };
    assert_eq!(names(&page.below("# Events").table("field"), 0), set(COMMON));
}

/// Read and written again it is the same: so every field of an example is one that zb writes.
#[test]
fn every_example_is_an_event() {
    let Some(page) = Page::read("events.md") else { return };
    for kind in golden().into_keys() {
        let blocks = page.below(&format!("### `{kind}`")).blocks("json");
        let [line] = blocks.as_slice() else { panic!("{kind} has {} examples", blocks.len()) };
        let written: Value = serde_json::from_str(line).unwrap();
        assert_eq!(written["type"], kind.as_str());
        let event: RunEvent = serde_json::from_str(line).unwrap();
        let seq = u32::try_from(written["seq"].as_u64().unwrap()).unwrap();
        assert_eq!(event.to_wire(seq, &written["time"].as_str().unwrap()), line.trim_end());
    }
}

#[test]
fn every_outcome_of_a_hook_has_its_row() {
    let Some(page) = Page::read("events.md") else { return };
    let listed = names(&page.below("### `hook.finished`").table("`outcome`"), 0);
    for word in &listed {
        assert!(serde_json::from_value::<OutcomeKind>(word.as_str().into()).is_ok(), "{word}");
    }
    let unknown = serde_json::from_value::<OutcomeKind>("?".into()).unwrap_err().to_string();
    let known: Vec<_> = code(&unknown).into_iter().filter(|word| word != "?").collect();
    assert_eq!(listed, known.into_iter().collect());
}

#[test]
fn progress_has_its_fields() {
    let Some(page) = Page::read("events.md") else { return };
    let part = page.below("## Progress");
    let full = Progress { seconds_remaining: Some(1), ..Progress::default() };
    let rows = part.table("field");
    assert_eq!(names(&rows, 0), fields(&serde_json::to_value(full).unwrap()).into_iter().collect());
    let least = serde_json::to_value(Progress::default()).unwrap();
    for row in rows {
        assert_eq!(row[1] == "always", least.get(&code(&row[0])[0]).is_some(), "{row:?}");
    }
}
