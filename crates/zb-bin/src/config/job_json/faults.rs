//! All faults of a text: the reading stops at the first, so it is read again with that one mended.

use crate::config::{BadInput, Definition, Job, TomlText, mend::Mend};

/// More faults than anybody mends at once.
const MOST: usize = 100;

/// So many bytes are read at most: a text of a megabyte is nobody's job, and must not be read a hundred times.
const MOST_BYTES: usize = 8 * 1024 * 1024;

/// A definition, its job, and what it may not say though its form is good.
pub(super) type Read = (Definition, Job, Vec<BadInput>);

/// What `read` makes of the text, or every fault that it finds. `stored` knows the text that is stored under a key.
pub(super) fn all(
    mut text: TomlText,
    stored: impl Fn(&[&str]) -> Option<String>,
    read: impl Fn(&TomlText) -> Result<Read, BadInput>,
) -> Result<Read, Vec<BadInput>> {
    let mut faults: Vec<BadInput> = Vec::new();
    for _ in 0..MOST.min(MOST_BYTES / text.len().max(1)).max(2) {
        let fault = match read(&text) {
            Ok(read) if faults.is_empty() && read.2.is_empty() => return Ok(read),
            Ok((_, _, refused)) => {
                // What was mended is nobody's word.
                let refused: Vec<_> = refused.into_iter().filter(|fault| !is_told(&faults, fault)).collect();
                faults.extend(refused);
                break;
            }
            Err(fault) => fault,
        };
        let mends = Mend::of(&fault, &stored);
        let is_stuck = mends.is_empty() || faults.iter().any(|earlier| is_same(earlier, &fault));
        text.mend(mends);
        if !is_told(&faults, &fault) {
            faults.push(fault);
        }
        if is_stuck {
            break;
        }
    }
    Err(faults)
}

/// Whether a fault was told already, or follows from one that was: a table lacks what was wrong in it.
fn is_told(faults: &[BadInput], fault: &BadInput) -> bool {
    faults.iter().any(|earlier| {
        is_same(earlier, fault)
            || (!fault.key.is_empty()
                && earlier.key.len() > fault.key.len()
                && earlier.key.starts_with(&fault.key))
    })
}

fn is_same(one: &BadInput, other: &BadInput) -> bool {
    one.key == other.key && one.header_line == other.header_line
}
