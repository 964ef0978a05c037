//! "Did you mean": the nearest of the names that exist.

/// The known name that `word` was most likely meant to be, if one is near: at most a third of its letters differ.
/// Letter case, `-` and `_` do not count.
#[must_use]
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let folded = fold(word);
    let allowed = (folded.chars().count() / 3).max(1);
    known
        .into_iter()
        .map(|name| (strsim::damerau_levenshtein(&folded, &fold(name)), name))
        .filter(|&(distance, name)| distance <= allowed && distance < name.chars().count())
        .min_by_key(|&(distance, _)| distance)
        .map(|(_, name)| name)
}

fn fold(name: &str) -> String {
    name.chars().take(64).map(|c| if c == '-' { '_' } else { c.to_ascii_lowercase() }).collect()
}

/// Why a name is wrong that nothing has, with the one that was meant.
pub(crate) fn unknown<'a>(kind: &str, word: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    match nearest(word, known) {
        Some(meant) => format!("there is no such {kind}; did you mean {meant}?"),
        None => format!("there is no such {kind}"),
    }
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn finds_what_was_meant_and_nothing_else() {
        let known = ["name", "source", "schedule", "restic_flags"];
        for (word, expected) in [
            ("nmae", Some("name")),
            ("Name", Some("name")),
            ("sorce", Some("source")),
            ("restic-flags", Some("restic_flags")),
            ("retention", None),
            ("x", None),
            ("", None),
        ] {
            assert_eq!(nearest(word, known), expected, "{word:?}");
        }
    }
}
