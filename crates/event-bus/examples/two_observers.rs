//! One publisher, two observers: a quick one, and a mail server that is down for a while. Neither disturbs the
//! other, none misses an event, and no order is broken.
//!
//! `cargo run -p event-bus --example two_observers`

#![expect(clippy::print_stdout, reason = "an example talks to the one who runs it")]

use std::{
    error::Error,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use event_bus::{Backoff, Bus, GiveUp, MemoryJournal, Observer, Recorded, Rejected, StreamId, Version};
use serde::{Deserialize, Serialize};

/// An enum of your own: nothing to implement, nothing to derive from this crate.
#[derive(Clone, Debug, Serialize, Deserialize)]
enum Parcel {
    Packed { grams: u32 },
    Sent,
    Delivered { to: String },
}

struct Screen;

#[async_trait]
impl Observer<Parcel> for Screen {
    fn name(&self) -> &str {
        "screen"
    }

    async fn on_event(&self, event: &Recorded<Parcel>) -> Result<(), Rejected> {
        println!("screen: {} of {}: {:?}", event.version, event.stream, event.event);
        Ok(())
    }
}

/// Refuses the first calls, as a mail server that is just being restarted does.
struct Mail {
    refuses: AtomicU32,
}

#[async_trait]
impl Observer<Parcel> for Mail {
    fn name(&self) -> &str {
        "mail"
    }

    async fn on_event(&self, event: &Recorded<Parcel>) -> Result<(), Rejected> {
        if self.refuses.load(Ordering::Relaxed) > 0 {
            self.refuses.fetch_sub(1, Ordering::Relaxed);
            println!("mail:   cannot send number {} yet", event.position);
            return Err(Rejected::Retry("connection refused".into()));
        }
        match &event.event {
            Parcel::Delivered { to } => println!("mail:   dear {to}, your parcel is here"),
            Parcel::Packed { grams } => println!("mail:   {grams} g, ready to be sent"),
            Parcel::Sent => return Err(Rejected::Skip("there is no letter for this".into())),
        }
        Ok(())
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    #[expect(clippy::disallowed_methods, reason = "an example is an edge: the clock is chosen here")]
    let journal = MemoryJournal::new(Arc::new(jiff::Timestamp::now));
    let bus = Bus::new(Arc::new(journal));
    let backoff = Backoff {
        first: Duration::from_millis(20),
        max: Duration::from_secs(1),
        give_up_after: GiveUp::Attempts(10),
    };
    let screen = bus.observe(Arc::new(Screen), backoff);
    let mail = bus.observe(Arc::new(Mail { refuses: AtomicU32::new(3) }), backoff);

    let parcel = StreamId::from("parcel 7");
    let packed = bus.publish(&parcel, Version::EMPTY, vec![Parcel::Packed { grams: 900 }]).await?;
    let events = vec![Parcel::Sent, Parcel::Delivered { to: "Ada".into() }];
    let rest = bus.publish(&parcel, packed[0].version, events).await?;

    let last = rest[rest.len() - 1].position;
    for (name, observing) in [("screen", screen), ("mail", mail)] {
        let in_time = observing.caught_up(last, Duration::from_secs(5)).await;
        let status = observing.stop().await;
        println!("{name} was told everything: {in_time}; at {}, skipped {}", status.at, status.skipped);
    }
    Ok(())
}
