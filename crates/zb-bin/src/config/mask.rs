//! What is shown in place of a secret must never be taken for one.

use restic_driver::MASK;
use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::{BadInput, Section};

/// Refuses a mask wherever a text stands: somebody copied it from what zb shows, and the secret is not in it.
pub(super) fn refuse_masks(top: &Section<'_>) -> Result<(), BadInput> {
    let Some((key, at)) = masked_in_table(&[], top.table()) else { return Ok(()) };
    let reason = format!("`{}` holds a mask, not the secret itself", key.join("."));
    Err(BadInput::new(top.file().place(at), reason)
        .at(key)
        .hint(format!("{MASK} is what zb shows in place of a secret: write the secret")))
}

/// The key that holds a mask, and where the text begins, in bytes.
fn masked_in_table(path: &[String], table: &DeTable<'_>) -> Option<(Vec<String>, usize)> {
    table
        .iter()
        .find_map(|(key, value)| masked_in_value(&[path, &[key.get_ref().to_string()]].concat(), value))
}

fn masked_in_value(name: &[String], value: &Spanned<DeValue<'_>>) -> Option<(Vec<String>, usize)> {
    match value.get_ref() {
        DeValue::String(text) => text.contains(MASK).then(|| (name.to_vec(), value.span().start)),
        DeValue::Array(list) => list.iter().find_map(|entry| masked_in_value(name, entry)),
        DeValue::Table(table) => masked_in_table(name, table),
        _ => None,
    }
}
