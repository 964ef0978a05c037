//! A gate that does not do what it says, or says what it has not heard.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use event_bus::Gate;
use hook_core::{HookDue, HookOutcome, OutcomeKind, Phase};
use tokio_util::sync::CancellationToken;

use super::super::process::Ports;

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum GateFlaw {
    SwallowsPost,
    TakesSilenceForNothing,
    TakesDenialForConsent,
    GivesUp,
    SendsTwice,
    SendsFailuresTwice,
    FreshIds,
    FreshBodies,
    Helps,
    Dawdles,
}

struct BentGate {
    real: Arc<dyn Gate<HookDue, HookOutcome>>,
    flaw: GateFlaw,
}

pub(super) fn bend(ports: Ports, flaw: GateFlaw) -> Ports {
    Ports { gate: Arc::new(BentGate { real: ports.gate, flaw }), ..ports }
}

const FINE: HookOutcome = HookOutcome {
    kind: OutcomeKind::Ok,
    http_status: Some(200),
    error: None,
    response: None,
    duration: Duration::ZERO,
};

#[async_trait]
impl Gate<HookDue, HookOutcome> for BentGate {
    async fn ask(&self, due: &HookDue, cancel: &CancellationToken) -> HookOutcome {
        let is_post = due.phase == Phase::Post;
        if is_post && self.flaw == GateFlaw::SwallowsPost {
            return FINE;
        }
        if self.flaw == GateFlaw::Dawdles {
            tokio::time::sleep(Duration::from_secs(5)).await;
        }
        let heard = self.real.ask(&self.changed(due), cancel).await;
        let again = match self.flaw {
            GateFlaw::SendsTwice => true,
            GateFlaw::SendsFailuresTwice => heard.kind != OutcomeKind::Ok,
            _ => false,
        };
        if again {
            return self.real.ask(due, cancel).await;
        }
        match (self.flaw, heard.kind) {
            (GateFlaw::TakesSilenceForNothing, OutcomeKind::NoAnswer) => {
                HookOutcome { kind: OutcomeKind::NotSent, ..heard }
            }
            (GateFlaw::TakesDenialForConsent, OutcomeKind::Rejected) => FINE,
            (GateFlaw::GivesUp, OutcomeKind::NotSent) => HookOutcome { kind: OutcomeKind::Refused, ..heard },
            (GateFlaw::Helps, OutcomeKind::Rejected) if !is_post => {
                self.real.ask(&HookDue { phase: Phase::Post, ..due.clone() }, cancel).await;
                heard
            }
            _ => heard,
        }
    }
}

impl BentGate {
    fn changed(&self, due: &HookDue) -> HookDue {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let due = due.clone();
        match self.flaw {
            GateFlaw::FreshIds => HookDue { webhook_id: format!("msg_{count}"), ..due },
            GateFlaw::FreshBodies => HookDue { context: count.to_string().into(), ..due },
            _ => due,
        }
    }
}
