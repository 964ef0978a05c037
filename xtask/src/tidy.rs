//! `cargo xtask tidy`: the house rules as a program, so that they need no reviewer's memory.

mod arrows;
mod machine;
mod sources;

use std::{
    fs,
    path::{Path, PathBuf},
};

use crate::shell::{Result, root};

/// Says what is checked, then checks it.
pub(crate) fn tidy() -> Result {
    check()?;
    println!("tidy: arrows, the machine's purity, module docs, sizes and words are as they should be");
    Ok(())
}

/// Fails with every finding, one a line.
pub(crate) fn check() -> Result {
    let mut findings = arrows::findings()?;
    for file in files(root())? {
        let name = file.strip_prefix(root())?.to_string_lossy().into_owned();
        let Ok(text) = fs::read_to_string(&file) else { continue };
        findings.extend(sources::findings(&name, &text));
        findings.extend(machine::findings(&name, &text));
    }
    match findings.as_slice() {
        [] => Ok(()),
        some => Err(format!("{} of the house rules' findings:\n{}", some.len(), some.join("\n")).into()),
    }
}

/// Every file that a person writes; recorded and generated ones are left out.
fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    const LEFT_OUT: [&str; 7] = [".git", "target", "corpus", "fixtures", "golden", "snapshots", "artifacts"];
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if path.is_dir() && !LEFT_OUT.contains(&name.as_ref()) {
            found.extend(files(&path)?);
        } else if path.is_file() {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

/// A line's code: what stands before a comment. Good enough for words; a `//` inside a text ends the line too early,
/// which hides a word and never invents one.
fn code(line: &str) -> &str {
    line.split("//").next().unwrap_or_default()
}

/// Whether a word stands alone in a line.
fn has_word(line: &str, word: &str) -> bool {
    let part_of_word = |c: char| c.is_alphanumeric() || c == '_';
    line.match_indices(word).any(|(at, _)| {
        !line[..at].ends_with(part_of_word) && !line[at + word.len()..].starts_with(part_of_word)
    })
}

#[cfg(test)]
mod tests {
    use super::{code, has_word};

    #[test]
    fn words_stand_alone() {
        assert!(has_word("use std::time::Instant;", "std::time"));
        assert!(!has_word("operand", "rand"));
        assert!(has_word("(rand)", "rand"));
        assert_eq!(code("let a = 1; // no async"), "let a = 1; ");
    }
}
