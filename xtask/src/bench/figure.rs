//! What was measured: the median, its spread, what it stands beside, and the goal.

use std::fmt;

/// Repetitions of one measurement.
#[derive(Clone, Default, Debug)]
pub(super) struct Samples(Vec<f64>);

impl Samples {
    pub(super) fn push(&mut self, sample: f64) {
        self.0.push(sample);
        self.0.sort_by(f64::total_cmp);
    }

    /// Of an even number the upper of the two in the middle.
    pub(super) fn median(&self) -> f64 {
        self.at(0.5)
    }

    pub(super) fn least(&self) -> f64 {
        self.at(0.0)
    }

    pub(super) fn greatest(&self) -> f64 {
        self.at(1.0)
    }

    /// Each less what is the usual of another.
    pub(super) fn less(&self, other: f64) -> Self {
        self.0.iter().map(|sample| sample - other).collect()
    }

    /// What so many of them are at most: of 1.0 all.
    pub(super) fn part(&self, part: f64) -> f64 {
        self.at(part)
    }

    fn at(&self, part: f64) -> f64 {
        let last = self.0.len().saturating_sub(1);
        self.0.get((last as f64 * part).ceil() as usize).copied().unwrap_or(f64::NAN)
    }
}

impl FromIterator<f64> for Samples {
    fn from_iter<I: IntoIterator<Item = f64>>(samples: I) -> Self {
        let mut all = Self(samples.into_iter().collect());
        all.0.sort_by(f64::total_cmp);
        all
    }
}

/// What a number counts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Unit {
    Ms,
    Seconds,
    /// 1,000,000 bytes.
    Mb,
    Times,
    PerSecond,
}

impl Unit {
    pub(super) fn show(self, value: f64) -> String {
        match self {
            Self::Ms => format!("{value:.1} ms"),
            Self::Seconds => format!("{value:.2} s"),
            Self::Mb => format!("{value:.1} MB"),
            Self::Times => format!("{value:.3} ×"),
            Self::PerSecond => format!("{} /s", thousands(value)),
        }
    }
}

/// What a figure has to be.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) enum Goal {
    None,
    AtMost(f64),
    AtLeast(f64),
}

impl Goal {
    fn is_reached(self, value: f64) -> Option<bool> {
        match self {
            Self::None => None,
            Self::AtMost(most) => Some(value <= most),
            Self::AtLeast(least) => Some(value >= least),
        }
    }
}

/// One line of the table.
#[derive(Clone, Debug)]
pub(super) struct Figure {
    what: String,
    unit: Unit,
    value: f64,
    spread: String,
    beside: String,
    goal: Goal,
}

impl Figure {
    /// The median of samples, with the quarters around it.
    pub(super) fn of(what: impl Into<String>, unit: Unit, samples: &Samples) -> Self {
        let (low, high) = (samples.at(0.25), samples.at(0.75));
        let spread = match samples.0.len() {
            0 | 1 => String::new(),
            runs => format!("{} to {}, {runs} runs", unit.show(low), unit.show(high)),
        };
        Self { spread, ..Self::once(what, unit, samples.median()) }
    }

    /// A number that stands alone.
    pub(super) fn once(what: impl Into<String>, unit: Unit, value: f64) -> Self {
        let (spread, beside) = (String::new(), String::new());
        Self { what: what.into(), unit, value, spread, beside, goal: Goal::None }
    }

    pub(super) fn beside(self, beside: impl Into<String>) -> Self {
        Self { beside: beside.into(), ..self }
    }

    pub(super) fn goal(self, goal: Goal) -> Self {
        Self { goal, ..self }
    }

    /// The value with its unit.
    pub(super) fn value(&self) -> String {
        self.unit.show(self.value)
    }

    pub(super) fn is_missed(&self) -> bool {
        self.goal.is_reached(self.value) == Some(false)
    }

    /// The cells of the table: what, figure, spread, beside, goal, whether it is reached.
    pub(super) fn cells(&self) -> [String; 6] {
        let goal = match self.goal {
            Goal::None => String::new(),
            Goal::AtMost(most) => format!("≤ {}", self.unit.show(most)),
            Goal::AtLeast(least) => format!("≥ {}", self.unit.show(least)),
        };
        let verdict = match self.goal.is_reached(self.value) {
            None => "",
            Some(true) => "✓",
            Some(false) => "✗",
        };
        [self.what.clone(), self.value(), self.spread.clone(), self.beside.clone(), goal, verdict.to_owned()]
    }
}

impl fmt::Display for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [what, value, spread, beside, goal, verdict] = self.cells();
        let more = [spread, beside, goal].into_iter().filter(|cell| !cell.is_empty()).collect::<Vec<_>>();
        write!(f, "{verdict:1} {what:58} {value:>14}  {}", more.join(" · "))
    }
}

/// `1234567` as `1,234,567`.
fn thousands(value: f64) -> String {
    let digits = format!("{value:.0}");
    let mut grouped = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::{Figure, Goal, Samples, Unit, thousands};

    #[test]
    fn the_median_is_in_the_middle() {
        let samples: Samples = [5.0, 1.0, 3.0].into_iter().collect();
        assert_eq!((samples.least(), samples.median(), samples.greatest()), (1.0, 3.0, 5.0));
        assert_eq!(samples.less(1.0).median(), 2.0);
        assert!(Samples::default().median().is_nan());
    }

    #[test]
    fn a_figure_tells_whether_its_goal_is_reached() {
        let figure = |value, goal| Figure::once("size", Unit::Mb, value).goal(goal);
        assert_eq!(figure(9.0, Goal::AtMost(10.0)).cells(), ["size", "9.0 MB", "", "", "≤ 10.0 MB", "✓"]);
        assert_eq!(figure(9.0, Goal::AtLeast(10.0)).cells(), ["size", "9.0 MB", "", "", "≥ 10.0 MB", "✗"]);
        assert!(!figure(9.0, Goal::None).is_missed());
        // What could not be measured reaches no goal.
        assert!(figure(f64::NAN, Goal::AtMost(10.0)).is_missed());
    }

    #[test]
    fn large_numbers_are_grouped() {
        assert_eq!(
            ["7", "999", "1,000", "1,234,567"].map(String::from),
            [7.0, 999.0, 1e3, 1_234_567.0].map(thousands)
        );
    }
}
