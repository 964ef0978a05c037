//! The suite finds an outbox that breaks a promise: each mutant here breaks one.

use std::sync::Arc;

use async_trait::async_trait;
use event_bus::BoxError;
use notifier::{Delivery, DeliveryState, Filing, MemoryOutbox, Outbox, Standing, conformance};
use tokio::task::{self, LocalSet};

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Fault {
    None,
    FilesAgain,
    CutsAFilingInTwo,
    OneStandingForAllJobs,
    OneStandingForAllDestinations,
    NeverForgets,
    KeepsTheFirstStanding,
    PendingNewestFirst,
    PendingOfAll,
    PendingShowsTheDead,
    IgnoresTheLimit,
    LatestOldestFirst,
    LatestHidesTheDead,
    LatestOfAll,
    RecordsNothing,
    RecordsTheStateOnly,
    RecordsToTheFirst,
    TrimsNames,
}

struct Faulty {
    fault: Fault,
    inner: MemoryOutbox,
}

impl Faulty {
    fn name<'a>(&self, name: &'a str) -> &'a str {
        if self.fault == Fault::TrimsNames { name.trim() } else { name }
    }
}

#[async_trait]
impl Outbox for Faulty {
    async fn file(&self, mut filing: Filing) -> Result<(), BoxError> {
        for (destination, schedule, standing) in &mut filing.standings {
            match self.fault {
                Fault::OneStandingForAllJobs => schedule.clear(),
                Fault::OneStandingForAllDestinations => destination.clear(),
                Fault::NeverForgets if standing.is_none() => {
                    *standing = self.inner.standing(destination, schedule).await?;
                }
                Fault::KeepsTheFirstStanding if standing.is_some() => {
                    let first = self.inner.standing(destination, schedule).await?;
                    *standing = first.or(standing.take());
                }
                _ => {}
            }
        }
        for delivery in &mut filing.deliveries {
            delivery.destination = self.name(&delivery.destination).to_owned();
            let known = self.inner.latest(None, usize::MAX).await?;
            if self.fault == Fault::FilesAgain && known.iter().any(|one| one.id == delivery.id) {
                delivery.id.push('+');
            }
        }
        if self.fault == Fault::CutsAFilingInTwo {
            let standings = std::mem::take(&mut filing.standings);
            self.inner.file(Filing { standings, ..Filing::default() }).await?;
            task::yield_now().await;
        }
        self.inner.file(filing).await
    }

    async fn standing(&self, destination: &str, schedule: &str) -> Result<Option<Standing>, BoxError> {
        match self.fault {
            Fault::OneStandingForAllJobs => self.inner.standing(destination, "").await,
            Fault::OneStandingForAllDestinations => self.inner.standing("", schedule).await,
            _ => self.inner.standing(destination, schedule).await,
        }
    }

    async fn pending(&self, destination: &str, at_most: usize) -> Result<Vec<Delivery>, BoxError> {
        let destination = self.name(destination);
        let mut all = self.inner.pending(destination, usize::MAX).await?;
        match self.fault {
            Fault::PendingNewestFirst => all.reverse(),
            Fault::PendingOfAll | Fault::PendingShowsTheDead => {
                all = self.inner.latest(None, usize::MAX).await?;
                all.reverse();
                all.retain(|one| match self.fault {
                    Fault::PendingOfAll => one.state == DeliveryState::Pending,
                    _ => one.state != DeliveryState::Delivered && one.destination == destination,
                });
            }
            _ => {}
        }
        all.truncate(if self.fault == Fault::IgnoresTheLimit { usize::MAX } else { at_most });
        Ok(all)
    }

    async fn record(&self, delivery: &Delivery) -> Result<(), BoxError> {
        let mut delivery = delivery.clone();
        match self.fault {
            Fault::RecordsNothing => return Ok(()),
            Fault::RecordsTheStateOnly => (delivery.error, delivery.next_attempt_at) = (None, None),
            Fault::RecordsToTheFirst => {
                let first = self.inner.latest(None, usize::MAX).await?.pop();
                delivery.id = first.map_or(delivery.id, |first| first.id);
            }
            _ => {}
        }
        self.inner.record(&delivery).await
    }

    async fn latest(&self, destination: Option<&str>, at_most: usize) -> Result<Vec<Delivery>, BoxError> {
        let of = destination.map(|name| self.name(name)).filter(|_| self.fault != Fault::LatestOfAll);
        let mut all = self.inner.latest(of, usize::MAX).await?;
        match self.fault {
            Fault::LatestOldestFirst => all.reverse(),
            Fault::LatestHidesTheDead => all.retain(|one| one.state != DeliveryState::Dead),
            _ => {}
        }
        all.truncate(at_most);
        Ok(all)
    }
}

async fn verdict(fault: Fault) -> Result<(), task::JoinError> {
    let tested = async move {
        let make = async || Arc::new(Faulty { fault, inner: MemoryOutbox::new() }) as Arc<dyn Outbox>;
        conformance::outbox(make).await;
    };
    let alone = LocalSet::new();
    let end = alone.spawn_local(tested);
    alone.run_until(end).await
}

#[tokio::test]
async fn every_fault() {
    assert!(verdict(Fault::None).await.is_ok(), "without a fault it passes");
    let faults = [
        Fault::FilesAgain,
        Fault::CutsAFilingInTwo,
        Fault::OneStandingForAllJobs,
        Fault::OneStandingForAllDestinations,
        Fault::NeverForgets,
        Fault::KeepsTheFirstStanding,
        Fault::PendingNewestFirst,
        Fault::PendingOfAll,
        Fault::PendingShowsTheDead,
        Fault::IgnoresTheLimit,
        Fault::LatestOldestFirst,
        Fault::LatestHidesTheDead,
        Fault::LatestOfAll,
        Fault::RecordsNothing,
        Fault::RecordsTheStateOnly,
        Fault::RecordsToTheFirst,
        Fault::TrimsNames,
    ];
    for fault in faults {
        let broken = verdict(fault).await.err();
        assert!(broken.is_some_and(|error| error.is_panic()), "the suite does not find {fault:?}");
    }
}
