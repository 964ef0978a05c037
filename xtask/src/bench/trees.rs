//! A real restic, with zb around it and without: the same tree, the same repository, one after the other.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs, io,
    path::{Path, PathBuf},
};

use super::{
    figure::{Figure, Goal, Samples, Unit},
    opponents::{Case, Opponent, others},
    process,
    stage::Stage,
};
use crate::shell::Result;

/// Files in one folder of a tree.
const FOLDER: usize = 1_000;

pub(super) fn measure(stage: &Stage) -> Result<Vec<Figure>> {
    let mut figures = over_restic(stage, "small tree, 200 files", 200, stage.times(15, 5), 1.05)?;
    if !stage.quick {
        figures.extend(over_restic(stage, "100,000 files", 100_000, 15, 1.02)?);
    }
    Ok(figures)
}

fn over_restic(stage: &Stage, what: &str, files: usize, rounds: usize, most: f64) -> Result<Vec<Figure>> {
    let source = plant(&stage.path(&format!("tree-{files}")), files)?;
    let case = Case::new(stage, &format!("files-{files}"), "restic".into(), source, "")?;
    case.init_repository()?;
    case.fill_repository()?;
    let kept = Kept::of(&case.repository())?;
    let (mut taken, mut times) = (BTreeMap::<_, Samples>::new(), BTreeMap::<_, Samples>::new());
    // The first round warms the caches, and does not count.
    for round in 0..=rounds {
        let mut of_round = BTreeMap::new();
        for opponent in case.opponents(round) {
            of_round.insert(opponent, process::run(&mut case.command(opponent)?, 0)?.ms);
            kept.restore()?;
        }
        for (opponent, ms) in of_round.iter().filter(|_| round > 0) {
            taken.entry(*opponent).or_default().push(*ms);
            times.entry(*opponent).or_default().push(ms / of_round[&Opponent::Bare]);
        }
    }
    Ok(vec![
        Figure::of(format!("restic alone, {what}"), Unit::Ms, &taken[&Opponent::Bare]),
        Figure::of(format!("zb run / restic alone, {what}"), Unit::Times, &times[&Opponent::Zb])
            .beside(others(&times, |times| Unit::Times.show(times.median())))
            .goal(Goal::AtMost(most)),
    ])
}

/// A tree of small files, each another.
pub(super) fn plant(root: &Path, files: usize) -> Result<PathBuf> {
    for file in 0..files {
        let folder = root.join(format!("{:03}", file / FOLDER));
        if file.is_multiple_of(FOLDER) {
            fs::create_dir_all(&folder)?;
        }
        fs::write(folder.join(file.to_string()), format!("this is file {file} of {files}\n"))?;
    }
    Ok(root.to_owned())
}

/// The files of a repository, so that it can be made as it was.
pub(super) struct Kept {
    root: PathBuf,
    files: BTreeSet<PathBuf>,
}

impl Kept {
    pub(super) fn of(root: &Path) -> Result<Self> {
        Ok(Self { root: root.to_owned(), files: files(root)? })
    }

    /// Takes away what a run has added. restic changes no file that is there.
    pub(super) fn restore(&self) -> Result {
        for file in files(&self.root)?.difference(&self.files) {
            fs::remove_file(file)?;
        }
        Ok(())
    }
}

fn files(root: &Path) -> Result<BTreeSet<PathBuf>> {
    let mut found = BTreeSet::new();
    for entry in fs::read_dir(root)?.collect::<io::Result<Vec<_>>>()? {
        if entry.file_type()?.is_dir() {
            found.extend(files(&entry.path())?);
        } else {
            found.insert(entry.path());
        }
    }
    Ok(found)
}
