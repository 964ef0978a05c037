//! How wide the parts of a band are: their share of the time, beside a floor that the style sheet gives each.

/// Milliseconds of each part, or its weight of 0 to 100.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Shares<T = u64> {
    pub(super) checks: T,
    pub(super) pre: T,
    pub(super) pause: T,
    pub(super) post: T,
    pub(super) retention: T,
}

/// The weights: a part's share in percent, rounded. What takes no time at all has its floor alone.
pub(super) fn shares(ms: &Shares) -> Shares<u8> {
    let all = [ms.checks, ms.pre, ms.pause, ms.post, ms.retention];
    let total = all.iter().map(|&ms| u128::from(ms)).sum::<u128>().max(1);
    let [checks, pre, pause, post, retention] = all.map(|ms| {
        let weight = (u128::from(ms) * 100 + total / 2) / total;
        u8::try_from(weight).unwrap_or(100)
    });
    Shares { checks, pre, pause, post, retention }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        /// Whatever the times are, the weights are of the style sheet, keep their order, and make up the whole.
        #[test]
        fn weights_are_shares(all in prop::array::uniform5(0_u64..1 << 45)) {
            let [checks, pre, pause, post, retention] = all;
            let ms = Shares { checks, pre, pause, post, retention };
            let weights = shares(&ms);
            let pairs = [
                (ms.checks, weights.checks), (ms.pre, weights.pre), (ms.pause, weights.pause),
                (ms.post, weights.post), (ms.retention, weights.retention),
            ];
            for (a, weight) in pairs {
                prop_assert!(weight <= 100);
                for (b, other) in pairs {
                    prop_assert!(a < b || weight >= other, "{a} is {weight}, {b} is {other}");
                }
            }
            let sum: u32 = pairs.iter().map(|&(_, weight)| u32::from(weight)).sum();
            let is_whole = all.iter().all(|&ms| ms == 0) || (97..=103).contains(&sum);
            prop_assert!(is_whole, "{sum}");
        }
    }

    #[test]
    fn a_short_run_is_near_to_scale_and_a_long_one_is_restic() {
        let short = shares(&Shares { checks: 60, pre: 600, pause: 900, post: 500, retention: 80 });
        assert_eq!(short, Shares { checks: 3, pre: 28, pause: 42, post: 23, retention: 4 });
        let long =
            shares(&Shares { checks: 400, pre: 41_000, pause: 21_060_000, post: 12_000, retention: 660_000 });
        assert_eq!(long, Shares { checks: 0, pre: 0, pause: 97, post: 0, retention: 3 });
    }
}
