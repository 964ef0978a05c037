//! A story is told: its chapters one after the other, then the calm, then the laws.

use std::{fmt, future::poll_fn, pin::Pin, sync::Arc, time::Duration};

use tokio::{runtime::Runtime, time::sleep};

use super::{
    chronicle::Chronicle,
    laws::LAWS,
    process::{Flaw, Mortal},
    story::{Errand, Process, Story},
    world::World,
};

/// Whoever lives longer in one chapter has lost its way.
const A_WEEK: Duration = Duration::from_secs(7 * 24 * 3600);

/// Tells stories, one after the other, in time that nothing but this runtime moves.
pub(super) struct Teller(Runtime);

/// A story in which a law was broken.
#[derive(Debug)]
pub(super) struct Broken {
    pub(super) law: &'static str,
    pub(super) how: String,
    pub(super) story: Story,
    pub(super) chronicle: Chronicle,
}

impl Teller {
    pub(super) fn new() -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
        Self(runtime.unwrap())
    }

    /// What happened, if every law was kept.
    pub(super) fn tell(&self, story: &Story, flaw: Flaw) -> Result<Chronicle, Box<Broken>> {
        let (chronicle, ends) = self.0.block_on(told(story, flaw));
        let broken = match ends {
            true => LAWS.iter().find_map(|(name, law)| Some((*name, law(&chronicle).err()?))),
            false => Some(("every history ends", "somebody waits for ever".to_owned())),
        };
        match broken {
            None => Ok(chronicle),
            Some((law, how)) => Err(Box::new(Broken { law, how, story: story.clone(), chronicle })),
        }
    }
}

/// What happened, and whether it came to an end.
async fn told(story: &Story, flaw: Flaw) -> (Chronicle, bool) {
    let world = World::new(story);
    let mut processes = 0;
    let whole = async {
        for chapter in &story.chapters {
            sleep(chapter.after).await;
            world.turn_page(chapter.down, chapter.clock_set);
            live_together(&world, &chapter.processes, &mut processes, flaw).await;
        }
        world.calm_down().await;
        let last = Process { errand: Errand::Recover, ..Process::default() };
        live_together(&world, &[last], &mut processes, flaw).await;
        world.calm_down().await;
    };
    let ends = tokio::time::timeout(A_WEEK, whole).await.is_ok();
    (world.chronicle(), ends)
}

/// Returns when none of them lives any more.
async fn live_together(world: &Arc<World>, natures: &[Process], known: &mut usize, flaw: Flaw) {
    let mut mortals: Vec<Mortal> = Vec::with_capacity(natures.len());
    for nature in natures {
        mortals.push(Mortal::new(world, *known, nature, flaw));
        *known += 1;
    }
    poll_fn(|cx| {
        mortals.retain_mut(|mortal| Pin::new(mortal).poll(cx).is_pending());
        if mortals.is_empty() { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
    })
    .await;
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { law, how, story, chronicle } = self;
        writeln!(f, "broken: {law}\n        {how}\n\nthe story:\n{story}\nwhat happened:\n{chronicle}")
    }
}
