//! Everything outside of zb's processes, and what survives them: the receiver, the work, the disk and the claim.

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use event_bus::MemoryJournal;
use hook_core::{JobId, LifecycleEvent, RunEvent};
use lifecycle_engine::{Holding, RunPlan};
use tokio::time::Instant;

use super::{
    chronicle::{Chronicle, Scene, What, Work},
    receiver::{Receiver, Reception},
    story::{Labour, Manner, Shape, Story},
};

/// The world of one history.
pub(super) struct World {
    pub(super) disk: MemoryJournal<RunEvent>,
    /// How far the wall clock was set since the beginning; seconds.
    clock_set: Arc<AtomicI64>,
    began: Instant,
    inside: Mutex<Inside>,
}

struct Inside {
    chronicle: Chronicle,
    receiver: Receiver,
    works: Vec<LiveWork>,
    plans: Vec<RunPlan>,
    /// Who has the claim, and what for.
    claim: Option<(usize, Holding)>,
    /// What is still to come, last first.
    shapes: Vec<Shape>,
    manners: Vec<Manner>,
    labours: Vec<Labour>,
}

/// A process of the work.
struct LiveWork {
    owner: usize,
    run: usize,
    work: Work,
    outlives: Option<Duration>,
    /// When it ends by itself; set when its owner dies.
    ends: Option<Instant>,
}

/// The number of a run.
pub(super) fn number(job: &JobId) -> usize {
    usize::from(job.to_bytes()[15])
}

/// The id of a run.
pub(super) fn job(number: usize) -> JobId {
    JobId::from_parts(1_700_000_000_000, [0, 0, 0, 0, 0, 0, 0, 0, 0, number as u8])
}

fn reversed<T: Clone>(of: &[T]) -> Vec<T> {
    of.iter().rev().cloned().collect()
}

impl World {
    pub(super) fn new(story: &Story) -> Arc<Self> {
        let began = Instant::now();
        let clock_set = Arc::new(AtomicI64::new(0));
        let shift = Arc::clone(&clock_set);
        let clock = move || {
            let seconds = shift.load(Ordering::Relaxed);
            let elapsed = i64::try_from(began.elapsed().as_millis()).unwrap_or(i64::MAX);
            jiff::Timestamp::from_millisecond(1_700_000_000_000 + seconds * 1000 + elapsed).unwrap()
        };
        let inside = Inside {
            chronicle: Chronicle::default(),
            receiver: Receiver::new(),
            works: Vec::new(),
            plans: Vec::new(),
            claim: None,
            shapes: reversed(&story.runs),
            manners: reversed(&story.manners),
            labours: reversed(&story.labours),
        };
        Arc::new(Self {
            disk: MemoryJournal::new(Arc::new(clock)),
            clock_set,
            began,
            inside: Mutex::new(inside),
        })
    }

    fn inside(&self) -> MutexGuard<'_, Inside> {
        let mut inside = self.inside.lock().unwrap_or_else(PoisonError::into_inner);
        inside.catch_up(self.began);
        inside
    }

    pub(super) fn see(&self, what: What) {
        self.inside().see(self.began, what);
    }

    /// A chapter begins.
    pub(super) fn turn_page(&self, down: Duration, clock_set: i64) {
        if clock_set != 0 {
            self.clock_set.fetch_add(clock_set, Ordering::Relaxed);
            self.see(What::ClockSet);
        }
        if !down.is_zero() {
            self.inside().receiver.is_down_for(down);
        }
    }

    /// Everything works from now on; returns when the receiver has worked off what it had.
    pub(super) async fn calm_down(&self) {
        let idle = {
            let mut inside = self.inside();
            inside.manners.clear();
            inside.labours.clear();
            inside.receiver.is_down_for(Duration::ZERO);
            inside.receiver.idle_at()
        };
        tokio::time::sleep_until(idle).await;
    }

    /// What happened; the world is over.
    pub(super) fn chronicle(&self) -> Chronicle {
        std::mem::take(&mut self.inside().chronicle)
    }

    /// The plan of the next run.
    pub(super) fn next_run(&self) -> (usize, Shape) {
        let mut inside = self.inside();
        let shape = inside.shapes.pop().unwrap_or_default();
        inside.chronicle.shapes.push(shape);
        (inside.chronicle.shapes.len() - 1, shape)
    }

    pub(super) fn receive(
        &self,
        process: usize,
        run: usize,
        request: super::chronicle::Request,
    ) -> Reception {
        let mut inside = self.inside();
        let manner = inside.manners.pop().unwrap_or_default();
        let reception = inside.receiver.receive(run, request.phase, manner);
        if reception.arrives {
            inside.see(self.began, What::Asked { process, run, request, acts: reception.acts });
        }
        reception
    }

    pub(super) fn begin_work(&self, process: usize, run: usize, work: Work) -> Labour {
        let mut inside = self.inside();
        let labour = inside.labours.pop().unwrap_or_default();
        inside.works.push(LiveWork { owner: process, run, work, outlives: labour.outlives, ends: None });
        inside.see(self.began, What::WorkBegan { process, run, work });
        labour
    }

    /// Ends what is alive of a run's work, and says how much that was.
    pub(super) fn end_work(&self, of: usize) -> u32 {
        let mut inside = self.inside();
        let (ended, others) = inside.works.drain(..).partition::<Vec<_>, _>(|work| work.run == of);
        inside.works = others;
        for LiveWork { run, work, .. } in &ended {
            inside.see(self.began, What::WorkEnded { run: *run, work: *work });
        }
        ended.len() as u32
    }

    /// A process is killed: its work learns of it, and ends when it likes.
    pub(super) fn die(&self, process: usize) {
        let mut inside = self.inside();
        inside.see(self.began, What::Died { process });
        for work in inside.works.iter_mut().filter(|work| work.owner == process) {
            work.ends = work.outlives.map(|span| Instant::now() + span);
        }
    }

    /// Takes the claim, if nobody has it.
    pub(super) fn claim(&self, process: usize) -> Result<(), Holding> {
        let mut inside = self.inside();
        match &inside.claim {
            Some((_, holding)) => Err(holding.clone()),
            None => {
                inside.claim = Some((process, Holding::Unknown));
                Ok(())
            }
        }
    }

    pub(super) fn announce(&self, process: usize, holding: &Holding) {
        let mut inside = self.inside();
        if inside.claim.as_ref().is_some_and(|(holder, _)| *holder == process) {
            inside.claim = Some((process, holding.clone()));
        }
    }

    pub(super) fn give_up_claim(&self, process: usize) {
        let mut inside = self.inside();
        if inside.claim.as_ref().is_some_and(|(holder, _)| *holder == process) {
            inside.claim = None;
        }
    }

    pub(super) fn keep_plan(&self, plan: RunPlan) {
        self.inside().plans.push(plan);
    }

    pub(super) fn plan(&self, of: &JobId) -> Option<RunPlan> {
        self.inside().plans.iter().find(|plan| plan.job == *of).cloned()
    }

    /// Runs whose beginning is on disk, and whose end is not.
    pub(super) fn unfinished(&self) -> Vec<usize> {
        let inside = self.inside();
        let mut open = Vec::new();
        for what in inside.chronicle.happenings() {
            match what {
                What::Wrote { run, event: LifecycleEvent::RunQueued(_), .. } => open.push(*run),
                What::Wrote { run, event: LifecycleEvent::RunFinished { .. }, .. } => {
                    open.retain(|other| other != run);
                }
                _ => {}
            }
        }
        open
    }
}

impl Inside {
    fn see(&mut self, began: Instant, what: What) {
        self.chronicle.scenes.push(Scene { at: began.elapsed(), what });
    }

    /// What the world has done by itself since anybody looked.
    fn catch_up(&mut self, began: Instant) {
        let now = Instant::now();
        let mut happened: Vec<(Instant, What)> = Vec::new();
        while let Some(act) = self.receiver.next_due(now) {
            happened.push((act.at, What::Acted { run: act.run, phase: act.phase }));
        }
        self.works.retain(|work| {
            let gone = work.ends.filter(|ends| *ends <= now);
            happened.extend(gone.map(|at| (at, What::WorkEnded { run: work.run, work: work.work })));
            gone.is_none()
        });
        happened.sort_by_key(|(at, _)| *at);
        let scenes = happened.into_iter().map(|(at, what)| Scene { at: at - began, what });
        self.chronicle.scenes.extend(scenes);
    }
}
