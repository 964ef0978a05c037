//! The laws of the queue, under any sequence of what can happen to it.

use std::collections::BTreeMap;

use hook_core::JobKey;
use proptest::prelude::*;
use scheduler::{Queue, Ticket, Work};

fn job(number: usize) -> JobKey {
    format!("sched_{number}").parse().unwrap()
}

fn ticket(number: usize, repository: usize, work: Work) -> Ticket {
    Ticket { job: job(number), repository: format!("/repo/{repository}"), work }
}

#[derive(Clone, Debug)]
enum Happening {
    Enter(usize, usize, Work),
    Turn(usize),
    Leave(usize),
    Limit(usize),
}

fn happening() -> impl Strategy<Value = Happening> {
    let work = prop_oneof![3 => Just(Work::Backup), 1 => Just(Work::Maintenance)];
    prop_oneof![
        4 => (0..8_usize, 0..3_usize, work).prop_map(|(job, repository, work)| Happening::Enter(job, repository, work)),
        2 => (0..8_usize).prop_map(Happening::Turn),
        3 => (0..8_usize).prop_map(Happening::Leave),
        1 => (0..4_usize).prop_map(Happening::Limit),
    ]
}

/// The queue, and what is at work beside each other as the world sees it.
struct Watched {
    queue: Queue,
    limit: usize,
    /// Those let in; none while it waits between backup and maintenance.
    at_work: BTreeMap<JobKey, (String, Option<Work>)>,
}

impl Watched {
    fn happen(&mut self, happening: Happening) {
        match happening {
            Happening::Enter(number, repository, work) => {
                let held = self.queue.holds(&job(number));
                assert_eq!(self.queue.enter(ticket(number, repository, work)), !held, "one ticket a job");
            }
            Happening::Turn(number) => {
                if self.queue.turn_to_maintenance(&job(number)) {
                    let (_, work) = self.at_work.get_mut(&job(number)).unwrap();
                    assert_eq!(work.take(), Some(Work::Backup));
                }
            }
            Happening::Leave(number) => {
                self.at_work.remove(&job(number));
                self.queue.leave(&job(number));
            }
            Happening::Limit(limit) => {
                self.limit = limit.max(1);
                self.queue.set_limit(limit);
            }
        }
        self.settle();
        self.check();
    }

    fn settle(&mut self) {
        while let Some(job) = self.queue.grant() {
            let (_, work) = self.at_work.get_mut(&job).unwrap();
            assert_eq!(work.replace(Work::Maintenance), None);
        }
        while let Some(ticket) = self.queue.admit() {
            assert!(self.at_work.len() < self.limit, "the limit holds");
            self.at_work.insert(ticket.job, (ticket.repository, Some(ticket.work)));
        }
    }

    fn check(&self) {
        let works = |repository: &str, work| {
            self.at_work.values().filter(|(of, at)| of == repository && *at == Some(work)).count()
        };
        for repository in ["/repo/0", "/repo/1", "/repo/2"] {
            let (backups, maintenance) =
                (works(repository, Work::Backup), works(repository, Work::Maintenance));
            assert!(
                maintenance == 0 || (maintenance == 1 && backups == 0),
                "{repository} is maintained alone"
            );
        }
        assert_eq!(self.queue.running().len(), self.at_work.len());
    }
}

proptest! {
    #[test]
    fn the_laws_hold_whatever_happens(happenings in prop::collection::vec(happening(), 1..80)) {
        let mut watched = Watched { queue: Queue::new(2), limit: 2, at_work: BTreeMap::new() };
        for happening in happenings {
            watched.happen(happening);
        }
        // Nobody waits for ever: as those at work leave, one by one, everybody comes to run.
        for _ in 0..100 {
            let Some(first) = watched.at_work.keys().next().cloned() else { break };
            watched.at_work.remove(&first);
            prop_assert!(watched.queue.leave(&first));
            watched.settle();
            watched.check();
        }
        prop_assert_eq!(watched.queue.waiting().count(), 0);
    }
}

#[test]
fn first_come_first_served() {
    let mut queue = Queue::new(1);
    for number in [3, 1, 2] {
        assert!(queue.enter(ticket(number, number, Work::Backup)));
    }
    let mut order = Vec::new();
    while let Some(ticket) = queue.admit() {
        assert_eq!(queue.admit(), None, "one at a time");
        queue.leave(&ticket.job);
        order.push(ticket.job);
    }
    assert_eq!(order, [job(3), job(1), job(2)]);
}

#[test]
fn a_prune_that_waits_is_passed_by_others_but_not_by_its_own_repository() {
    let mut queue = Queue::new(9);
    assert!(queue.enter(ticket(1, 1, Work::Backup)));
    assert_eq!(queue.admit().unwrap().job, job(1));
    assert!(queue.enter(ticket(2, 1, Work::Maintenance)));
    assert!(queue.enter(ticket(3, 1, Work::Backup)));
    assert!(queue.enter(ticket(4, 2, Work::Backup)));
    assert_eq!(queue.admit().unwrap().job, job(4));
    assert_eq!(queue.admit(), None);
    queue.leave(&job(1));
    assert_eq!(queue.admit().unwrap().job, job(2));
    assert_eq!(queue.admit(), None);
    queue.leave(&job(2));
    assert_eq!(queue.admit().unwrap().job, job(3));
}

/// Two backups side by side, each with its own retention after it: the one that is done waits for the other.
#[test]
fn retention_waits_for_the_other_backup() {
    let mut queue = Queue::new(9);
    for number in [1, 2] {
        assert!(queue.enter(ticket(number, 1, Work::Backup)));
        assert!(queue.admit().is_some());
    }
    assert!(queue.turn_to_maintenance(&job(1)));
    assert_eq!(queue.grant(), None);
    assert!(queue.turn_to_maintenance(&job(2)));
    assert_eq!(queue.grant(), Some(job(1)));
    assert_eq!(queue.grant(), None);
    assert!(!queue.turn_to_maintenance(&job(1)), "it maintains already");
    queue.leave(&job(1));
    assert_eq!(queue.grant(), Some(job(2)));
}
