//! Names, numbers, and what the errors say.

use std::{error::Error, io};

use event_bus::{AppendError, Journal, Position, Recorded, StorageError, StreamId, Version};
use jiff::Timestamp;

use crate::fixtures::memory;

#[test]
fn numbers_count() {
    assert_eq!(Position::default(), Position::START);
    assert_eq!(Position::new(7).get(), 7);
    assert_eq!(Position::new(7).to_string(), "7");
    assert!(Position::START < Position::new(1));
    assert_eq!(Version::default(), Version::EMPTY);
    assert_eq!(Version::EMPTY.next(), Version::new(1));
    assert_eq!(Version::new(2).plus(3).get(), 5);
    assert_eq!(Version::new(u32::MAX).next(), Version::new(u32::MAX));
    assert_eq!(Version::new(5).to_string(), "5");
}

#[test]
fn a_stream_is_its_name() {
    let stream = StreamId::from("run_1");
    assert_eq!(stream, StreamId::from("run_1".to_owned()));
    assert_eq!((stream.as_str(), stream.to_string().as_str()), ("run_1", "run_1"));
    assert_ne!(stream, StreamId::from("RUN_1"));
}

#[test]
fn a_recorded_event_is_plain_json() {
    let recorded = Recorded::new(
        Position::new(9),
        StreamId::from("run_1"),
        Version::new(2),
        Timestamp::UNIX_EPOCH,
        "it rained".to_owned(),
    );
    let json =
        r#"{"position":9,"stream":"run_1","version":2,"at":"1970-01-01T00:00:00Z","event":"it rained"}"#;
    assert_eq!(serde_json::to_string(&recorded).unwrap(), json);
    assert_eq!(serde_json::from_str::<Recorded<String>>(json).unwrap(), recorded);
}

#[test]
fn errors_name_what_failed_and_keep_the_reason_apart() {
    let storage = StorageError::new("append to run_1", io::Error::other("the disk is full"));
    assert_eq!(storage.to_string(), "the journal could not append to run_1");
    assert_eq!(storage.source().unwrap().to_string(), "the disk is full");

    let append = AppendError::from(storage);
    assert_eq!(append.to_string(), "the journal could not append to run_1");
    assert_eq!(append.source().unwrap().to_string(), "the disk is full");
}

#[tokio::test]
async fn a_conflict_says_what_is_true() {
    let refused = memory().append(&StreamId::from("run_1"), Version::new(3), vec![]).await.unwrap_err();
    assert_eq!(refused.to_string(), "the stream is at version 0, not 3: it has another writer");
}
