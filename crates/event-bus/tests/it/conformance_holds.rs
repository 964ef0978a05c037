//! The journals of this crate keep the contract.

use std::{
    collections::HashMap,
    fs::File,
    io::Write,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
};

use event_bus::{AppendError, Journal, MemoryJournal, Position, StreamId, Version, conformance};

use crate::{
    file_journal::FileJournal,
    fixtures::{clock, memory},
};

#[tokio::test(flavor = "multi_thread")]
async fn the_memory_journal() {
    conformance::journal(async || memory() as Arc<dyn Journal<String>>).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_memory_journal_seen_twice() {
    let dir = tempfile::tempdir().unwrap();
    let journals: Mutex<HashMap<PathBuf, Arc<MemoryJournal<String>>>> = Mutex::default();
    let open = async |dir: &Path| {
        let mut journals = journals.lock().unwrap();
        Arc::clone(journals.entry(dir.to_owned()).or_insert_with(memory)) as Arc<dyn Journal<String>>
    };
    conformance::shared(dir.path(), open).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_file_journal() {
    let dir = tempfile::tempdir().unwrap();
    conformance::shared(dir.path(), async |dir| {
        Arc::new(FileJournal::open(dir, clock()).unwrap()) as Arc<dyn Journal<String>>
    })
    .await;
}

#[tokio::test]
async fn the_file_journal_forgets_an_append_that_was_cut() {
    let dir = tempfile::tempdir().unwrap();
    let run = StreamId::from("run");
    let journal = FileJournal::open(dir.path(), clock()).unwrap();
    journal.append(&run, Version::EMPTY, vec!["1".to_owned()]).await.unwrap();
    let mut file = File::options().append(true).open(dir.path().join("events.jsonl")).unwrap();
    file.write_all(br#"[{"position":2,"stream":"run","version":2,"at":"2026"#).unwrap();

    let events: Vec<_> = Journal::<String>::read(&journal, Position::START, 9).await.unwrap();
    assert_eq!(events.len(), 1);
    let kept = journal.append(&run, Version::new(1), vec!["2".to_owned()]).await.unwrap();
    assert_eq!(Journal::<String>::read_stream(&journal, &run).await.unwrap(), [events, kept].concat());
}

#[tokio::test]
async fn the_file_journal_says_what_it_cannot_do() {
    let dir = tempfile::tempdir().unwrap();
    let journal = FileJournal::open(dir.path(), clock()).unwrap();
    std::fs::write(dir.path().join("events.jsonl"), "no journal\n").unwrap();
    let failed = journal.append(&StreamId::from("run"), Version::EMPTY, vec!["1".to_owned()]).await;
    let error = failed.unwrap_err();
    assert!(matches!(error, AppendError::Storage(_)));
    assert_eq!(error.to_string(), "the journal could not append to run");
}
