//! A part of the band.

use jiff::Timestamp;

/// A part of the band, as it is drawn and as it is read out.
#[derive(Clone, PartialEq, Debug)]
pub(in crate::pages) struct Segment {
    /// `data-step` (`api.md` §9).
    pub(in crate::pages) step: &'static str,
    pub(in crate::pages) class: String,
    /// 0 to 100.
    pub(in crate::pages) weight: u8,
    /// For a screen reader.
    pub(super) sentence: String,
    pub(super) cap: Cap,
    pub(super) bar: Bar,
    pub(super) foot: Foot,
    /// Whether it goes on now.
    pub(super) is_current: bool,
}

/// What stands on the line of the service.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Cap {
    Nothing,
    Up,
    /// How long; since when, while it lasts.
    Paused(String, Option<Timestamp>),
    Words(String),
}

/// What is drawn in the band.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Bar {
    Nothing,
    Icon(&'static str),
    Badge(&'static str),
    Restic(Restic),
}

/// restic's bar.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Restic {
    pub(super) class: &'static str,
    pub(super) name: &'static str,
    pub(super) text: String,
    /// Since when, while it runs: then the text is how long.
    pub(super) since: Option<Timestamp>,
    /// Percents, while it runs.
    pub(super) done: Option<u8>,
    /// What is still to come.
    pub(super) ahead: String,
    /// Percents of the pause that are still to come.
    pub(super) later: Option<u8>,
    pub(super) sentence: String,
}

/// What stands below.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Foot {
    Label {
        name: &'static str,
        detail: String,
    },
    /// What goes on: how long it took so far, and since when.
    SoFar {
        name: &'static str,
        took: String,
        since: Timestamp,
    },
    Ends {
        from: String,
        to: String,
    },
}

impl Foot {
    pub(super) fn label(name: &'static str, detail: String) -> Self {
        Self::Label { name, detail }
    }
}

impl Segment {
    pub(super) fn new(step: &'static str, class: &str, sentence: String, foot: Foot) -> Self {
        let class = class.to_owned();
        Self {
            step,
            class,
            weight: 0,
            sentence,
            cap: Cap::Nothing,
            bar: Bar::Nothing,
            foot,
            is_current: false,
        }
    }

    pub(super) fn icon(mut self, icon: &'static str) -> Self {
        self.bar = Bar::Icon(icon);
        self
    }
}

impl Restic {
    pub(super) fn plain(name: &'static str, text: String, sentence: String) -> Self {
        Self { class: "", name, text, since: None, done: None, ahead: String::new(), later: None, sentence }
    }
}
