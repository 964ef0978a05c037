//! A story that breaks a law, made as simple as it can be and still break it.

use std::time::Duration;

use super::{
    process::Flaw,
    story::{Chapter, Process, Shape, Story},
    telling::{Broken, Teller},
};

/// Takes one thing out after the other, for as long as the same law is broken.
pub(super) fn shrink(teller: &Teller, mut broken: Box<Broken>, flaw: Flaw) -> Box<Broken> {
    loop {
        let smaller = simpler(&broken.story)
            .into_iter()
            .filter_map(|story| teller.tell(&story, flaw).err())
            .find(|smaller| smaller.law == broken.law);
        match smaller {
            Some(smaller) => broken = smaller,
            None => return broken,
        }
    }
}

/// The story with one thing less, each time another.
fn simpler(story: &Story) -> Vec<Story> {
    let mut stories = Vec::new();
    let mut try_to = |change: &dyn Fn(&mut Story)| {
        let mut changed = story.clone();
        change(&mut changed);
        if changed != *story {
            stories.push(changed);
        }
    };
    for at in 0..story.chapters.len() {
        try_to(&|story| drop(story.chapters.remove(at)));
        // A run is begun by whoever comes first: without its chapter the others would get each other's plans.
        for run in 0..story.runs.len() {
            try_to(&|story| {
                story.chapters.remove(at);
                story.runs.remove(run);
            });
        }
        for change in CHAPTER {
            try_to(&|story| change(&mut story.chapters[at]));
        }
        for process in 0..story.chapters[at].processes.len() {
            try_to(&|story| drop(story.chapters[at].processes.remove(process)));
            for change in PROCESS {
                try_to(&|story| change(&mut story.chapters[at].processes[process]));
            }
        }
    }
    for at in 0..story.manners.len() {
        try_to(&|story| story.manners[at].deed = Default::default());
        try_to(&|story| story.manners[at].takes = Duration::ZERO);
    }
    for at in 0..story.labours.len() {
        try_to(&|story| story.labours[at] = Default::default());
    }
    for at in 0..story.runs.len() {
        for change in SHAPE {
            try_to(&|story| change(&mut story.runs[at]));
        }
    }
    try_to(&|story| story.manners.truncate(story.manners.len().saturating_sub(1)));
    try_to(&|story| story.labours.truncate(story.labours.len().saturating_sub(1)));
    try_to(&|story| story.runs.truncate(story.runs.len().saturating_sub(1)));
    stories
}

const CHAPTER: [fn(&mut Chapter); 3] = [
    |chapter| chapter.after = Duration::ZERO,
    |chapter| chapter.down = Duration::ZERO,
    |chapter| chapter.clock_set = 0,
];

const PROCESS: [fn(&mut Process); 8] = [
    |process| process.delay = Duration::ZERO,
    |process| process.strikes.truncate(process.strikes.len().saturating_sub(1)),
    |process| process.strikes = process.strikes.split_off(process.strikes.len().min(1)),
    |process| process.disk = None,
    |process| process.forbidden = false,
    |process| process.keyless = false,
    |process| process.powerless = false,
    |process| process.check = Default::default(),
];

const SHAPE: [fn(&mut Shape); 5] = [
    |shape| shape.pre = shape.pre.map(|_| 1),
    |shape| shape.post = shape.post.map(|_| 1),
    |shape| shape.when = Default::default(),
    |shape| shape.retention = false,
    |shape| shape.extended = false,
];
