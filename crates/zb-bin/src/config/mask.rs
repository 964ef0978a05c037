//! What is shown in place of a secret must never be taken for one.

use restic_driver::MASK;
use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::{BadInput, Section, section::joined};

/// Refuses a mask wherever a text stands: somebody copied it from what zb shows, and the secret is not in it.
pub(super) fn refuse_masks(top: &Section<'_>) -> Result<(), BadInput> {
    let Some((key, at)) = masked_in_table("", top.table()) else { return Ok(()) };
    Err(BadInput::new(top.file().place(at), format!("`{key}` holds a mask, not the secret itself"))
        .hint(format!("{MASK} is what zb shows in place of a secret: write the secret")))
}

/// The full name of the key that holds a mask, and where the text begins, in bytes.
fn masked_in_table(name: &str, table: &DeTable<'_>) -> Option<(String, usize)> {
    table.iter().find_map(|(key, value)| masked_in_value(&joined(name, key.get_ref()), value))
}

fn masked_in_value(name: &str, value: &Spanned<DeValue<'_>>) -> Option<(String, usize)> {
    match value.get_ref() {
        DeValue::String(text) => text.contains(MASK).then(|| (name.to_owned(), value.span().start)),
        DeValue::Array(list) => list.iter().find_map(|entry| masked_in_value(name, entry)),
        DeValue::Table(table) => masked_in_table(name, table),
        _ => None,
    }
}
