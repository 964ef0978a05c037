//! What is kept of restic's words: first errors, last words, an excerpt. In constant memory.

use crate::{
    Exit, Message,
    excerpt::Excerpt,
    message::{BackupSummary, ExitError, FileError},
    secrets::Secrets,
    terminal, words,
};

/// Of errors and missing sources the first so many are kept; all are counted.
pub(crate) const KEPT_ITEMS: usize = 100;

/// Every word that is kept or handed on is masked here.
#[derive(Debug)]
pub(crate) struct Heard {
    secrets: Secrets,
    pub(crate) summary: Option<BackupSummary>,
    pub(crate) exit_error: Option<ExitError>,
    pub(crate) file_errors: Vec<FileError>,
    pub(crate) file_error_count: u64,
    pub(crate) missing_sources: Vec<String>,
    pub(crate) stderr: Excerpt,
    pub(crate) meaning: Option<Exit>,
    pub(crate) repository_exists: bool,
    telling: Telling,
}

/// The lines from which a person learns most, best first.
#[derive(Debug, Default)]
struct Telling {
    crash: Option<String>,
    fatal: Option<String>,
    meaningful: Option<String>,
    last: Option<String>,
    last_but_one: Option<String>,
}

impl Heard {
    pub(crate) fn new(secrets: Secrets) -> Self {
        Self {
            secrets,
            summary: None,
            exit_error: None,
            file_errors: Vec::new(),
            file_error_count: 0,
            missing_sources: Vec::new(),
            stderr: Excerpt::default(),
            meaning: None,
            repository_exists: false,
            telling: Telling::default(),
        }
    }

    /// A line of stderr: a message or plain words. Both are part of the excerpt.
    pub(crate) fn stderr_line(&mut self, line: &[u8], on: &mut dyn FnMut(Message)) {
        let text = terminal::plain(line);
        self.stderr.push(&self.secrets.mask(&text));
        match Message::parse(line) {
            Some(message) => self.message(message, on),
            None => self.text(&text),
        }
    }

    /// restic's last word on why it failed, in one line.
    pub(crate) fn last_word(&self) -> Option<&str> {
        let said = self.exit_error.as_ref().and_then(|error| error.message.lines().next());
        let Telling { crash, fatal, meaningful, last, .. } = &self.telling;
        let written = [crash, fatal, meaningful, last].into_iter().find_map(Option::as_deref);
        said.or(written).map(|line| words::fatal(line).unwrap_or(line))
    }

    /// A message from either stream.
    pub(crate) fn message(&mut self, mut message: Message, on: &mut dyn FnMut(Message)) {
        // Understood before it is masked: a password may be a word of restic's own.
        if let Message::ExitError(error) = &message {
            error.message.lines().for_each(|line| self.understand(line));
        }
        self.mask(&mut message);
        match &message {
            Message::Summary(summary) => self.summary = Some(summary.clone()),
            Message::ExitError(error) => self.exit_error = Some(error.clone()),
            // The scan only counts ahead; what it cannot read, the backup itself reports again.
            Message::Error(error) if error.during != "scan" => {
                self.file_error_count += 1;
                if self.file_errors.len() < KEPT_ITEMS {
                    self.file_errors.push(error.clone());
                }
            }
            Message::Error(_) | Message::Status(_) | Message::Verbose(_) => {}
        }
        on(message);
    }

    fn text(&mut self, line: &str) {
        match words::missing_source(line) {
            Some(source) if self.missing_sources.len() < KEPT_ITEMS => {
                self.missing_sources.push(self.secrets.mask(source).into_owned());
            }
            Some(_) => {}
            None => self.understand(line),
        }
        if !line.is_empty() {
            self.telling.listen(line, self.secrets.mask(line).into_owned());
        }
    }

    fn understand(&mut self, line: &str) {
        self.meaning = words::meaning(line).or(self.meaning);
        self.repository_exists |= words::says_repository_exists(line);
    }

    fn mask(&self, message: &mut Message) {
        match message {
            Message::Status(progress) => {
                progress.current_files.iter_mut().for_each(|file| self.secrets.mask_string(file));
            }
            Message::Error(error) => {
                self.secrets.mask_string(&mut error.item);
                self.secrets.mask_string(&mut error.message);
            }
            Message::Verbose(done) => self.secrets.mask_string(&mut done.item),
            Message::ExitError(error) => self.secrets.mask_string(&mut error.message),
            Message::Summary(_) => {}
        }
    }
}

impl Telling {
    /// Sorts a line by what it says; `shown` is the same line, masked.
    fn listen(&mut self, line: &str, shown: String) {
        if words::is_crash(line) {
            self.crash.get_or_insert(shown);
        } else if words::fatal(line).is_some() {
            self.fatal = Some(shown);
        } else if words::meaning(line).is_some() {
            self.meaningful = Some(shown);
        } else if words::is_stack_place(line) {
            // The line before it was no word but a function: of a stack nothing is told but what stands above it.
            self.last = self.last_but_one.take();
        } else {
            self.last_but_one = self.last.replace(shown);
        }
    }
}
