//! A journal that is a text file of zb's own lines, those of `zb run --json`.
//!
//! The place of an event is where its line ends in the file, so reading on begins there. A run is a stream, and `seq` is
//! the version in it.

use std::{
    error::Error,
    fmt,
    fs::{self, File},
    io::{self, Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
};

use async_trait::async_trait;
use event_bus::{AppendError, Journal, Position, Recorded, StorageError, StreamId, Version};
use hook_core::{RunEvent, WireLine};

/// Blocks its thread while it reads and writes; a busy program would use a thread of its own.
pub struct LineJournal {
    dir: PathBuf,
}

/// What became of a line.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kept {
    /// It is in the journal now.
    New,
    /// It was there already.
    Before,
    /// It is no event: a progress, of which only the latest matters.
    PassedOver,
}

/// A line is not in the journal.
#[derive(Debug)]
pub enum NotKept {
    /// It is none of zb's, or the file could not be written; the text says which.
    Failed(Box<dyn Error + Send + Sync>),
    /// A line before it is missing.
    Gap {
        /// The run.
        run: StreamId,
        /// Its newest event that is kept.
        newest: Version,
        /// What came.
        came: Version,
    },
}

impl LineJournal {
    /// The journal in a directory that is there; the file is made.
    pub fn open(dir: &Path) -> io::Result<Self> {
        let journal = Self { dir: dir.to_owned() };
        File::options().append(true).create(true).open(journal.path())?;
        File::open(dir)?.sync_all()?; // the file's name, too, is there after a power loss
        Ok(journal)
    }

    /// Where the lines are.
    pub fn path(&self) -> PathBuf {
        self.dir.join("lines.jsonl")
    }

    /// Keeps a line of `zb run --json`, on the disk when this returns. Give it a line twice, from two processes, after
    /// a death in the middle: run and `seq` name it, and it is kept once.
    pub fn keep(&self, line: &str) -> Result<Kept, NotKept> {
        let line = line.trim_end();
        let WireLine::Event(new) = RunEvent::from_wire(line).map_err(NotKept::failed)? else {
            return Ok(Kept::PassedOver);
        };
        let lock = File::create(self.dir.join("lines.lock")).map_err(NotKept::failed)?;
        lock.lock().map_err(NotKept::failed)?;
        let run = StreamId::from(new.event.job.as_str());
        let kept = self.events(Position::START).map_err(NotKept::failed)?;
        let newest = kept.iter().rfind(|recorded| recorded.stream == run);
        let newest = newest.map_or(Version::EMPTY, |recorded| recorded.version);
        let came = Version::new(new.seq);
        if came <= newest {
            return Ok(Kept::Before);
        }
        if came > newest.next() {
            return Err(NotKept::Gap { run, newest, came });
        }
        self.write(line).map_err(NotKept::failed)?;
        Ok(Kept::New)
    }

    fn write(&self, line: &str) -> io::Result<()> {
        let mut file = File::options().append(true).open(self.path())?;
        file.set_len(self.lines(Position::START)?.len() as u64)?; // cut what a writer that was killed left unfinished
        file.write_all(format!("{line}\n").as_bytes())?;
        file.sync_data()
    }

    /// The whole lines after a position.
    fn lines(&self, after: Position) -> io::Result<String> {
        let mut file = File::open(self.path())?;
        file.seek(SeekFrom::Start(after.get()))?;
        let mut text = Vec::new();
        file.read_to_end(&mut text)?;
        text.truncate(text.iter().rposition(|&byte| byte == b'\n').map_or(0, |end| end + 1));
        String::from_utf8(text).map_err(io::Error::other)
    }

    fn events(&self, after: Position) -> Result<Vec<Recorded<RunEvent>>, Box<dyn Error + Send + Sync>> {
        let mut end = after.get();
        let mut events = Vec::new();
        for line in self.lines(after)?.split_inclusive('\n') {
            end += line.len() as u64;
            if let WireLine::Event(read) = RunEvent::from_wire(line)? {
                let stream = StreamId::from(read.event.job.as_str());
                let (version, at) = (Version::new(read.seq), read.time.parse()?);
                events.push(Recorded::new(Position::new(end), stream, version, at, read.event));
            }
        }
        Ok(events)
    }

    fn cursor_path(&self, observer: &str) -> PathBuf {
        self.dir.join(format!("{observer}.cursor"))
    }

    fn read_cursor(&self, observer: &str) -> io::Result<Position> {
        match fs::read_to_string(self.cursor_path(observer)) {
            Ok(number) => number.trim().parse().map(Position::new).map_err(io::Error::other),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Position::START),
            Err(error) => Err(error),
        }
    }

    /// Whole, or as it was: beside it and then in its place.
    fn write_cursor(&self, observer: &str, at: Position) -> io::Result<()> {
        let new = self.dir.join(format!("{observer}.cursor.{}", std::process::id()));
        let mut file = File::create(&new)?;
        writeln!(file, "{at}")?;
        file.sync_data()?;
        fs::rename(new, self.cursor_path(observer))
    }
}

#[async_trait]
impl Journal<RunEvent> for LineJournal {
    async fn append(
        &self,
        stream: &StreamId,
        _: Version,
        _: Vec<RunEvent>,
    ) -> Result<Vec<Recorded<RunEvent>>, AppendError> {
        let reason = "its lines are zb's own: LineJournal::keep takes them";
        Err(StorageError::new(format!("append to {stream}"), reason).into())
    }

    async fn read(&self, after: Position, at_most: usize) -> Result<Vec<Recorded<RunEvent>>, StorageError> {
        let events = self.events(after).map_err(|error| StorageError::new("read its lines", error))?;
        Ok(events.into_iter().take(at_most).collect())
    }

    async fn read_stream(&self, stream: &StreamId) -> Result<Vec<Recorded<RunEvent>>, StorageError> {
        let events = self
            .events(Position::START)
            .map_err(|error| StorageError::new(format!("read {stream}"), error))?;
        Ok(events.into_iter().filter(|recorded| recorded.stream == *stream).collect())
    }

    async fn head(&self) -> Result<Position, StorageError> {
        let events =
            self.events(Position::START).map_err(|error| StorageError::new("read its newest line", error))?;
        Ok(events.last().map_or(Position::START, |last| last.position))
    }

    async fn cursor(&self, observer: &str) -> Result<Position, StorageError> {
        self.read_cursor(observer)
            .map_err(|error| StorageError::new(format!("read the cursor of {observer}"), error))
    }

    async fn save_cursor(&self, observer: &str, at: Position) -> Result<(), StorageError> {
        self.write_cursor(observer, at)
            .map_err(|error| StorageError::new(format!("save the cursor of {observer}"), error))
    }
}

impl NotKept {
    fn failed(error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Failed(error.into())
    }
}

impl fmt::Display for NotKept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed(error) => error.fmt(f),
            Self::Gap { run, newest, came } => {
                write!(f, "a line is missing: {came} of {run} came after {newest}")
            }
        }
    }
}

impl Error for NotKept {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Failed(error) => error.source(),
            Self::Gap { .. } => None,
        }
    }
}
