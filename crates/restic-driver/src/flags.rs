//! Custom flags are accepted from a list (`spec.md` §4): what redirects restic is not on it.

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
};

use thiserror::Error;

/// Flags for restic that a person wrote, each from the list below, each with a value of the right form.
///
/// A flag and its value are one text (`--host=nas` or `--host nas`) or two (`--host`, `nas`).
///
/// For the backup: `--exclude-larger-than --exclude-caches --exclude-file --iexclude --skip-if-unchanged --force
/// --no-scan --read-concurrency --ignore-ctime --ignore-inode --with-atime --host`. For every command of the
/// repository: `--no-cache --cleanup-cache --limit-upload --limit-download --pack-size --no-extra-verify --cacert
/// --verbose -v`.
///
/// ```
/// use restic_driver::SafeFlags;
/// assert!(SafeFlags::parse(&["--exclude-caches", "--limit-upload=500", "--host nas"]).is_ok());
/// let refused = SafeFlags::parse(&["--password-command=sh"]).unwrap_err();
/// assert_eq!(refused.flag, "--password-command");
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct SafeFlags(Vec<Flag>);

/// A flag that is not accepted, with the reason.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
#[error("restic flag {flag:?} {reason}")]
#[non_exhaustive]
pub struct RefusedFlag {
    /// Its name or, for what is no flag, the text.
    pub flag: String,
    /// Why.
    pub reason: FlagFault,
}

/// Why a flag is not accepted.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[non_exhaustive]
pub enum FlagFault {
    /// It would point restic to another repository, password, source or program.
    #[error("is not accepted: it would redirect the repository, the password, the source or a command")]
    Redirects,
    /// It says what a key of its own says.
    #[error("is not accepted: the backup's own settings say that")]
    HasOwnKey,
    /// It is not on the list.
    #[error("is not on the list of accepted flags")]
    NotListed,
    /// It does not begin with a dash.
    #[error("is no flag: only flags are accepted here, no paths and no commands")]
    NotAFlag,
    /// Its value is missing.
    #[error("needs a value")]
    NoValue,
    /// It takes no value.
    #[error("takes no value")]
    NeedlessValue,
    /// Its value is no whole number.
    #[error("needs a whole number")]
    NotANumber,
    /// Its value is no size.
    #[error("needs a size such as 500M")]
    NotASize,
}

#[derive(Clone, PartialEq, Eq, Debug)]
struct Flag {
    rule: &'static Rule,
    value: Option<OsString>,
}

#[derive(PartialEq, Eq, Debug)]
struct Rule {
    name: &'static str,
    takes: Takes,
    reach: Reach,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Takes {
    Nothing,
    /// Only with `=`: restic counts how often the flag stands.
    Level,
    Text,
    Path,
    Number,
    Size,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Reach {
    Backup,
    EveryCommand,
}

const fn rule(name: &'static str, takes: Takes, reach: Reach) -> Rule {
    Rule { name, takes, reach }
}

static RULES: [Rule; 21] = [
    rule("--exclude-larger-than", Takes::Size, Reach::Backup),
    rule("--exclude-caches", Takes::Nothing, Reach::Backup),
    rule("--exclude-file", Takes::Path, Reach::Backup),
    rule("--iexclude", Takes::Text, Reach::Backup),
    rule("--skip-if-unchanged", Takes::Nothing, Reach::Backup),
    rule("--force", Takes::Nothing, Reach::Backup),
    rule("--no-scan", Takes::Nothing, Reach::Backup),
    rule("--read-concurrency", Takes::Number, Reach::Backup),
    rule("--ignore-ctime", Takes::Nothing, Reach::Backup),
    rule("--ignore-inode", Takes::Nothing, Reach::Backup),
    rule("--with-atime", Takes::Nothing, Reach::Backup),
    rule("--host", Takes::Text, Reach::Backup),
    rule("--no-cache", Takes::Nothing, Reach::EveryCommand),
    rule("--cleanup-cache", Takes::Nothing, Reach::EveryCommand),
    rule("--limit-upload", Takes::Number, Reach::EveryCommand),
    rule("--limit-download", Takes::Number, Reach::EveryCommand),
    rule("--pack-size", Takes::Number, Reach::EveryCommand),
    rule("--no-extra-verify", Takes::Nothing, Reach::EveryCommand),
    rule("--cacert", Takes::Path, Reach::EveryCommand),
    rule("--verbose", Takes::Level, Reach::EveryCommand),
    rule("-v", Takes::Nothing, Reach::EveryCommand),
];

/// Not on the list, and worth a reason of their own.
const REDIRECTING: [&str; 16] = [
    "--",
    "-r",
    "--repo",
    "--repository-file",
    "-p",
    "--password-file",
    "--password-command",
    "--insecure-no-password",
    "-o",
    "--option",
    "--key-hint",
    "--cache-dir",
    "--files-from",
    "--files-from-raw",
    "--files-from-verbatim",
    "--stdin-from-command",
];
const OWN_KEY: [&str; 8] = [
    "-e",
    "--exclude",
    "--exclude-if-present",
    "-x",
    "--one-file-system",
    "--tag",
    "--compression",
    "--json",
];

impl SafeFlags {
    /// Reads the flags that a person wrote.
    ///
    /// # Errors
    /// The first that is not on the list, lacks its value, or has one that it cannot take.
    pub fn parse<S: AsRef<str>>(texts: &[S]) -> Result<Self, RefusedFlag> {
        let mut flags = Vec::new();
        let mut rest = texts.iter().map(AsRef::as_ref).peekable();
        while let Some(text) = rest.next() {
            let (name, mut value) = split(text);
            let refused = |reason| RefusedFlag { flag: name.to_owned(), reason };
            let rule = RULES.iter().find(|rule| rule.name == name).ok_or_else(|| refused(fault(name)))?;
            if value.is_none() && rule.takes.needs_value() {
                value = rest.next_if(|next| !next.starts_with('-'));
            }
            rule.takes.check(value).map_err(refused)?;
            flags.push(Flag { rule, value: value.map(OsString::from) });
        }
        Ok(Self(flags))
    }

    /// Makes the paths among the values relative to `directory`, which is the one of the file that names them.
    #[must_use]
    pub fn relative_to(mut self, directory: &Path) -> Self {
        for flag in self.0.iter_mut().filter(|flag| flag.rule.takes == Takes::Path) {
            flag.value = flag.value.take().map(|path| directory.join(PathBuf::from(path)).into_os_string());
        }
        self
    }

    /// The paths among the values.
    pub fn paths(&self) -> impl Iterator<Item = &Path> {
        self.0
            .iter()
            .filter(|flag| flag.rule.takes == Takes::Path)
            .filter_map(|flag| flag.value.as_deref())
            .map(Path::new)
    }

    /// The flags as texts which [`parse`](Self::parse) reads as the same flags; nothing where a path is not UTF-8.
    #[must_use]
    pub fn to_texts(&self) -> Option<Vec<String>> {
        self.0.iter().map(Flag::texts).collect::<Option<Vec<_>>>().map(|texts| texts.concat())
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The names, as restic's `--help` lists them.
    pub(crate) fn names(&self) -> impl Iterator<Item = &'static str> {
        self.0.iter().map(|flag| flag.rule.name)
    }

    /// Arguments for the backup: all of them.
    pub(crate) fn for_backup(&self) -> impl Iterator<Item = OsString> {
        self.0.iter().map(Flag::argument)
    }

    /// Arguments for any other command: restic's global flags.
    pub(crate) fn for_every_command(&self) -> impl Iterator<Item = OsString> {
        self.0.iter().filter(|flag| flag.rule.reach == Reach::EveryCommand).map(Flag::argument)
    }
}

impl Flag {
    fn argument(&self) -> OsString {
        let mut argument = OsString::from(self.rule.name);
        if let Some(value) = &self.value {
            argument.push("=");
            argument.push(value);
        }
        argument
    }

    /// One text, or two where the blanks at the ends of a value would be lost in one.
    fn texts(&self) -> Option<Vec<String>> {
        let name = self.rule.name;
        let Some(value) = &self.value else { return Some(vec![name.to_owned()]) };
        let value = value.to_str()?;
        let stands_alone = self.rule.takes.needs_value() && !value.starts_with('-');
        Some(match stands_alone {
            true => vec![name.to_owned(), value.to_owned()],
            false => vec![format!("{name}={value}")],
        })
    }
}

impl Takes {
    fn needs_value(self) -> bool {
        !matches!(self, Self::Nothing | Self::Level)
    }

    fn check(self, value: Option<&str>) -> Result<(), FlagFault> {
        match (self, value) {
            (Self::Nothing, Some(_)) => Err(FlagFault::NeedlessValue),
            (Self::Nothing | Self::Level, None) => Ok(()),
            (_, None | Some("")) => Err(FlagFault::NoValue),
            (Self::Number | Self::Level, Some(value)) if !is_number(value) => Err(FlagFault::NotANumber),
            (Self::Size, Some(value)) if !is_number(value.strip_suffix(is_unit).unwrap_or(value)) => {
                Err(FlagFault::NotASize)
            }
            (_, Some(_)) => Ok(()),
        }
    }
}

fn is_number(text: &str) -> bool {
    // Rust's own parser takes a sign as well.
    text.starts_with(|char: char| char.is_ascii_digit()) && text.parse::<u32>().is_ok()
}

fn is_unit(char: char) -> bool {
    "kKmMgGtT".contains(char)
}

/// Name and value of one text: what stands first, `=` or a blank, parts them.
fn split(text: &str) -> (&str, Option<&str>) {
    match text.find(['=', ' ', '\t']) {
        Some(at) if text.starts_with('-') => (&text[..at], Some(text[at + 1..].trim_matches([' ', '\t']))),
        _ => (text, None),
    }
}

fn fault(name: &str) -> FlagFault {
    if !name.starts_with('-') {
        FlagFault::NotAFlag
    } else if REDIRECTING.contains(&name) {
        FlagFault::Redirects
    } else if OWN_KEY.contains(&name) {
        FlagFault::HasOwnKey
    } else {
        FlagFault::NotListed
    }
}
