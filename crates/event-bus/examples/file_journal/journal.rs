//! A journal of your own: a directory with a text file of events and a text file of cursors.
//!
//! One line is one append, so a line that is not whole is an append that did not happen. The file is read again at
//! each call: slow, but several processes can share it, and there is nothing in memory that could be wrong.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
};

use async_trait::async_trait;
use event_bus::{AppendError, Clock, Event, Journal, Position, Recorded, StorageError, StreamId, Version};

/// Blocks its thread while it reads and writes; a busy program would use a thread of its own.
pub(crate) struct FileJournal {
    dir: PathBuf,
    clock: Clock,
}

impl FileJournal {
    /// Opens the journal in a directory, or makes it.
    pub(crate) fn open(dir: &Path, clock: Clock) -> io::Result<Self> {
        let journal = Self { dir: dir.to_owned(), clock };
        File::options().append(true).create(true).open(journal.events_path())?;
        journal.keep_names()?;
        Ok(journal)
    }

    fn events_path(&self) -> PathBuf {
        self.dir.join("events.jsonl")
    }

    fn cursors_path(&self) -> PathBuf {
        self.dir.join("cursors.json")
    }

    /// Makes new and renamed files survive power loss.
    fn keep_names(&self) -> io::Result<()> {
        File::open(&self.dir)?.sync_all()
    }

    /// One writer at a time. The lock ends with the file, also when the process is killed.
    fn lock(&self) -> io::Result<File> {
        let file = File::create(self.dir.join("lock"))?;
        file.lock()?;
        Ok(file)
    }

    /// The whole lines, as text.
    fn lines(&self) -> io::Result<String> {
        let mut text = fs::read(self.events_path())?;
        text.truncate(text.iter().rposition(|&byte| byte == b'\n').map_or(0, |end| end + 1));
        String::from_utf8(text).map_err(io::Error::other)
    }

    fn events<E: Event>(&self) -> io::Result<Vec<Recorded<E>>> {
        let lines = self.lines()?;
        let appends = lines.lines().map(serde_json::from_str::<Vec<Recorded<E>>>);
        Ok(appends.collect::<Result<Vec<_>, _>>()?.concat())
    }

    fn append_line<E: Event>(
        &self,
        stream: &StreamId,
        expected: Version,
        events: Vec<E>,
    ) -> io::Result<Result<Vec<Recorded<E>>, AppendError>> {
        let _lock = self.lock()?;
        let kept = self.events::<E>()?;
        let newest = kept.iter().rfind(|recorded| recorded.stream == *stream);
        let actual = newest.map_or(Version::EMPTY, |recorded| recorded.version);
        if actual != expected {
            return Ok(Err(AppendError::Conflict { expected, actual }));
        }
        let at = (self.clock)();
        let places = (kept.len() as u64 + 1..).map(Position::new).zip((actual.get() + 1..).map(Version::new));
        let new: Vec<_> = (places.zip(events))
            .map(|((position, version), event)| Recorded::new(position, stream.clone(), version, at, event))
            .collect();
        if !new.is_empty() {
            let file = File::options().append(true).open(self.events_path())?;
            file.set_len(self.lines()?.len() as u64)?; // cut what a writer that was killed left unfinished
            (&file).write_all(format!("{}\n", serde_json::to_string(&new)?).as_bytes())?;
            file.sync_all()?;
        }
        Ok(Ok(new))
    }

    fn cursors(&self) -> io::Result<BTreeMap<String, Position>> {
        match fs::read(self.cursors_path()) {
            Ok(json) => Ok(serde_json::from_slice(&json)?),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(BTreeMap::new()),
            Err(error) => Err(error),
        }
    }

    fn write_cursor(&self, observer: &str, at: Position) -> io::Result<()> {
        let _lock = self.lock()?;
        let mut cursors = self.cursors()?;
        cursors.insert(observer.to_owned(), at);
        let new = self.dir.join("cursors.json.new");
        let mut file = File::create(&new)?;
        file.write_all(&serde_json::to_vec(&cursors)?)?;
        file.sync_all()?;
        fs::rename(new, self.cursors_path())?;
        self.keep_names()
    }
}

#[async_trait]
impl<E: Event> Journal<E> for FileJournal {
    async fn append(
        &self,
        stream: &StreamId,
        expected: Version,
        events: Vec<E>,
    ) -> Result<Vec<Recorded<E>>, AppendError> {
        self.append_line(stream, expected, events)
            .map_err(|error| StorageError::new(format!("append to {stream}"), error))?
    }

    async fn read(&self, after: Position, at_most: usize) -> Result<Vec<Recorded<E>>, StorageError> {
        let events = self.events().map_err(|error| StorageError::new("read its events", error))?;
        Ok(events.into_iter().filter(|recorded| recorded.position > after).take(at_most).collect())
    }

    async fn read_stream(&self, stream: &StreamId) -> Result<Vec<Recorded<E>>, StorageError> {
        let events = self.events().map_err(|error| StorageError::new(format!("read {stream}"), error))?;
        Ok(events.into_iter().filter(|recorded| recorded.stream == *stream).collect())
    }

    async fn head(&self) -> Result<Position, StorageError> {
        let events = self.events::<E>().map_err(|error| StorageError::new("read its newest event", error))?;
        Ok(events.last().map_or(Position::START, |last| last.position))
    }

    async fn cursor(&self, observer: &str) -> Result<Position, StorageError> {
        let cursors = self.cursors().map_err(|error| StorageError::new("read its cursors", error))?;
        Ok(cursors.get(observer).copied().unwrap_or_default())
    }

    async fn save_cursor(&self, observer: &str, at: Position) -> Result<(), StorageError> {
        self.write_cursor(observer, at)
            .map_err(|error| StorageError::new(format!("save the cursor of {observer}"), error))
    }
}
