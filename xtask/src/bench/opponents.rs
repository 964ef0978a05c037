//! The same backup by zb, by restic alone, and by what people put around restic without such a tool.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use super::{
    receiver::Phase,
    stage::{Stage, curl},
};
use crate::shell::{Result, output};

/// A job with both hooks, in a folder of its own.
pub(super) struct Case<'a> {
    stage: &'a Stage,
    folder: PathBuf,
    pub(super) restic: PathBuf,
    source: PathBuf,
}

/// Who runs the backup.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Opponent {
    Zb,
    /// restic, without any hook.
    Bare,
    /// A shell script with two calls of curl.
    Curl,
    /// The C program.
    Floor,
}

impl Opponent {
    /// Those that zb stands beside, but for restic itself.
    pub(super) fn is_other(self) -> bool {
        matches!(self, Self::Curl | Self::Floor)
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Zb => "zb",
            Self::Bare => "restic alone",
            Self::Curl => "sh + curl",
            Self::Floor => "C floor",
        }
    }
}

/// What the others have, in one cell.
pub(super) fn others<T>(taken: &BTreeMap<Opponent, T>, show: impl Fn(&T) -> String) -> String {
    let others = taken.iter().filter(|(one, _)| one.is_other());
    others.map(|(one, taken)| format!("{} {}", one.name(), show(taken))).collect::<Vec<_>>().join(", ")
}

impl<'a> Case<'a> {
    /// A job whose restic is `restic`; `more` are lines of its file's top.
    pub(super) fn new(
        stage: &'a Stage,
        name: &str,
        restic: PathBuf,
        source: PathBuf,
        more: &str,
    ) -> Result<Self> {
        let folder = stage.path(name);
        fs::create_dir_all(&folder)?;
        let case = Self { stage, folder, restic, source };
        let hook = |phase: &str, url: String| format!("[webhooks.{phase}]\nurl = \"{url}\"\n");
        let job = format!(
            "name = \"bench {name}\"\nid = \"{TAG}\"\nsource = \"{}\"\n{more}\n\
             [repository]\nurl = \"{}\"\npassword_file = \"{}\"\n\n{}\n{}",
            case.source.display(),
            case.repository().display(),
            stage.write("password", "correct horse battery staple\n")?.display(),
            hook("pre", stage.receiver.url(Phase::Pre)),
            hook("post", stage.receiver.url(Phase::Post)),
        );
        stage.write(&format!("{name}/job.toml"), &job)?;
        Ok(case)
    }

    pub(super) fn repository(&self) -> PathBuf {
        self.folder.join("repository")
    }

    pub(super) fn data_dir(&self) -> PathBuf {
        self.folder.join("state")
    }

    /// Those that this machine can measure, in the order of a round: each has each place in turn, so that nobody
    /// always comes after the same other.
    pub(super) fn opponents(&self, round: usize) -> Vec<Opponent> {
        let mut all = vec![Opponent::Bare, Opponent::Zb];
        all.extend(curl().map(|_| Opponent::Curl));
        all.extend(self.stage.floor.as_ref().map(|_| Opponent::Floor));
        let places = all.len();
        all.rotate_left(round % places);
        all
    }

    pub(super) fn command(&self, opponent: Opponent) -> Result<Command> {
        Ok(match opponent {
            Opponent::Zb => self.zb(),
            Opponent::Bare => self.in_its_environment(&self.restic, &self.words()),
            Opponent::Curl => {
                let script = self.stage.write("curl.sh", SCRIPT)?;
                let mut words = vec![script, self.stage.receiver.origin().into(), self.restic.clone()];
                words.extend(self.words());
                self.in_its_environment(Path::new("sh"), &words)
            }
            Opponent::Floor => {
                let floor = self.stage.floor.as_deref().ok_or("there is no C compiler")?;
                let mut words = vec![self.stage.receiver.port().to_string().into(), self.restic.clone()];
                words.extend(self.words());
                self.in_its_environment(floor, &words)
            }
        })
    }

    /// `zb run`.
    pub(super) fn zb(&self) -> Command {
        let mut zb = self.stage.zb(&self.data_dir());
        zb.arg("run").arg(self.folder.join("job.toml")).env("RESTIC_COMMAND", &self.restic);
        zb
    }

    /// Makes the repository.
    pub(super) fn init_repository(&self) -> Result {
        output(&mut self.in_its_environment(&self.restic, &["init".into()])).map(drop)
    }

    /// Puts a first snapshot of the source into the repository.
    pub(super) fn fill_repository(&self) -> Result {
        output(&mut self.in_its_environment(&self.restic, &self.words())).map(drop)
    }

    /// What zb gives to restic.
    fn words(&self) -> Vec<PathBuf> {
        let mut words: Vec<PathBuf> = ["backup", "--json", TAG_WORD, "--"].map(PathBuf::from).into();
        words.push(self.source.clone());
        words
    }

    fn in_its_environment(&self, program: &Path, words: &[PathBuf]) -> Command {
        let mut command = self.stage.tool(program);
        command.args(words).env("RESTIC_REPOSITORY", self.repository()).env("RESTIC_PROGRESS_FPS", "1");
        command.env("RESTIC_PASSWORD_FILE", self.stage.path("password"));
        command
    }
}

const TAG: &str = "sched_bench";
const TAG_WORD: &str = "--tag=sched_bench";

/// ORIGIN RESTIC WORDS...: no journal, no guardian, and nothing that notices when it dies.
const SCRIPT: &str = r#"origin=$1
shift
hook() {
    curl --silent --show-error --fail --output /dev/null --header 'Content-Type: application/json' --data "$2" "$origin/$1"
}
hook pre '{"phase":"pre","event":"backup.pre"}' || exit 1
"$@"
status=$?
hook post '{"phase":"post","event":"backup.post"}' || exit 3
exit "$status"
"#;
