//! Randomness from a seed: the same seed throws the same dice, everywhere and for ever.

use std::time::Duration;

/// SplitMix64 (Steele, Lea and Flood, 2014): small, and good enough to choose faults by.
pub(super) struct Dice(u64);

impl Dice {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn throw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub(super) fn below(&mut self, end: u32) -> u32 {
        (self.throw() % u64::from(end)) as u32
    }

    /// True in so many of a hundred throws.
    pub(super) fn percent(&mut self, of_hundred: u32) -> bool {
        self.below(100) < of_hundred
    }

    pub(super) fn pick<T: Clone>(&mut self, from: &[T]) -> T {
        from[self.below(from.len() as u32) as usize].clone()
    }

    /// Short spans are as likely as long ones: up to `longest`, on a scale that doubles.
    pub(super) fn span(&mut self, longest: Duration) -> Duration {
        let most = longest.as_millis().max(1).ilog2() + 1;
        let scale = 1_u64 << self.below(most);
        Duration::from_millis(scale - 1 + u64::from(self.below(scale as u32))).min(longest)
    }

    /// Something in so many of a hundred throws.
    pub(super) fn maybe<T>(&mut self, of_hundred: u32, make: impl FnOnce(&mut Self) -> T) -> Option<T> {
        self.percent(of_hundred).then(|| make(self))
    }

    /// As many as `count` says.
    pub(super) fn many<T>(&mut self, count: u32, mut make: impl FnMut(&mut Self) -> T) -> Vec<T> {
        (0..count).map(|_| make(self)).collect()
    }
}
