//! A journal of your own in 150 lines (`journal.rs`), checked against the contract that every journal keeps.
//!
//! `cargo run -p event-bus --example file_journal`

#![expect(clippy::print_stdout, reason = "an example talks to the one who runs it")]

mod journal;

use std::{error::Error, fs, path::Path, sync::Arc};

use event_bus::{Bus, Clock, Journal, StreamId, Version, conformance};
use journal::FileJournal;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let dir = tempfile::tempdir()?;
    #[expect(clippy::disallowed_methods, reason = "an example is an edge: the clock is chosen here")]
    let clock: Clock = Arc::new(jiff::Timestamp::now);

    let place = dir.path().join("journal");
    fs::create_dir(&place)?;
    let bus = Bus::new(Arc::new(FileJournal::open(&place, clock.clone())?));
    let tea = StreamId::from("tea");
    let boiled = bus.publish(&tea, Version::EMPTY, vec!["water boiled".to_owned()]).await?;
    let events = vec!["leaves added".to_owned(), "poured".to_owned()];
    bus.publish(&tea, boiled[0].version, events).await?;
    println!("One line an append:\n{}", fs::read_to_string(place.join("events.jsonl"))?);

    let late = bus.publish(&tea, boiled[0].version, vec!["milk added".to_owned()]).await;
    println!("A writer that slept: {late:?}\n");

    let suite = dir.path().join("suite");
    let open = async |dir: &Path| {
        #[expect(clippy::expect_used, reason = "the suite wants a journal or a panic")]
        let journal = FileJournal::open(dir, clock.clone()).expect("a temporary directory can be written to");
        Arc::new(journal) as Arc<dyn Journal<String>>
    };
    conformance::shared(&suite, open).await;
    println!("It keeps the contract of a journal that is durable and shared.");
    Ok(())
}
