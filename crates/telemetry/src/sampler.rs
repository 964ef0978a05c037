//! Which traces are sent: decided by the trace id alone, so that every part of a trace is decided alike.

use opentelemetry::{
    Context, KeyValue,
    trace::{Link, SpanKind, TraceContextExt, TraceId},
};
use opentelemetry_sdk::trace::{SamplingDecision, SamplingResult, ShouldSample};

/// A share of all traces. By default all.
///
/// The share is drawn from the last 7 bytes of the trace id (OpenTelemetry, "Probability Sampling"), which are random in
/// a run's id, too: that is a UUIDv7, whose first bytes are a time and whose 9th has fixed bits, so that the older way
/// of drawing, from the last 8 bytes, would take none or all.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Sampler {
    /// Traces whose random number is less are not sent.
    threshold: u64,
}

/// The random numbers of traces are less: 56 bits.
const END: u64 = 1 << 56;

impl Sampler {
    /// Every trace.
    pub const ALL: Self = Self { threshold: 0 };

    /// No trace.
    pub const NONE: Self = Self { threshold: END };

    /// A share from 0 to 1; nothing for another number.
    #[must_use]
    pub fn share(ratio: f64) -> Option<Self> {
        #[expect(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "56 bits from 0 to 1: at most half of one in 2^53 is lost"
        )]
        let threshold = ((1.0 - ratio) * END as f64) as u64;
        (0.0..=1.0).contains(&ratio).then_some(Self { threshold })
    }

    /// Whether the trace of this id is sent.
    #[must_use]
    pub fn takes(self, trace_id: [u8; 16]) -> bool {
        let random = u128::from_be_bytes(trace_id) as u64 & (END - 1);
        random >= self.threshold
    }
}

impl Default for Sampler {
    fn default() -> Self {
        Self::ALL
    }
}

impl ShouldSample for Sampler {
    fn should_sample(
        &self,
        parent: Option<&Context>,
        trace_id: TraceId,
        _name: &str,
        _kind: &SpanKind,
        _attributes: &[KeyValue],
        _links: &[Link],
    ) -> SamplingResult {
        let decision = match self.takes(trace_id.to_bytes()) {
            true => SamplingDecision::RecordAndSample,
            false => SamplingDecision::Drop,
        };
        let trace_state = parent.map(|parent| parent.span().span_context().trace_state().clone());
        SamplingResult { decision, attributes: Vec::new(), trace_state: trace_state.unwrap_or_default() }
    }
}

#[cfg(test)]
mod tests {
    use hook_core::{JobId, trace_id};

    use super::*;

    /// Ids of runs of one millisecond, whose random parts are spread evenly.
    fn runs() -> impl Iterator<Item = JobId> {
        (0..1000_u64).map(|n| {
            let spread = n.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes();
            let mut random = [0; 10];
            random[2..].copy_from_slice(&spread);
            JobId::from_parts(1_767_225_600_000, random)
        })
    }

    #[test]
    fn a_share_of_runs_is_taken() {
        for ratio in [0.0, 0.1, 0.25, 0.5, 0.9, 1.0] {
            let sampler = Sampler::share(ratio).unwrap();
            let taken = runs().filter(|job| sampler.takes(trace_id(job))).count();
            let expected = ratio * 1000.0;
            assert!((taken as f64 - expected).abs() <= 30.0, "{taken} of 1000 at {ratio}");
        }
        assert_eq!(Sampler::share(1.0), Some(Sampler::ALL));
        assert_eq!(Sampler::share(0.0), Some(Sampler::NONE));
    }

    #[test]
    fn all_and_none_have_no_exception() {
        for id in [[0; 16], [0xff; 16]] {
            assert!(Sampler::ALL.takes(id) && !Sampler::NONE.takes(id));
        }
    }

    #[test]
    fn who_is_in_a_small_share_is_in_a_greater_one() {
        let (small, great) = (Sampler::share(0.2).unwrap(), Sampler::share(0.6).unwrap());
        assert!(runs().map(|job| trace_id(&job)).all(|id| !small.takes(id) || great.takes(id)));
    }

    #[test]
    fn other_numbers_are_no_share() {
        for ratio in [-0.1, 1.1, f64::NAN, f64::INFINITY] {
            assert_eq!(Sampler::share(ratio), None, "{ratio}");
        }
    }
}
