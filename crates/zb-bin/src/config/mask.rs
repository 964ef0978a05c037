//! What is shown in place of a secret must never be taken for one.

use restic_driver::MASK;

use super::{BadInput, Section};

/// Refuses a mask wherever a text stands: somebody copied it from what zb shows, and the secret is not in it.
pub(super) fn refuse_masks(top: &Section<'_>) -> Result<(), BadInput> {
    match top.find_text(&|text| text.contains(MASK)) {
        Some((key, place)) => {
            Err(BadInput::new(place, format!("`{key}` holds a mask, not the secret itself"))
                .hint(format!("{MASK} is what zb shows in place of a secret: write the secret")))
        }
        None => Ok(()),
    }
}
