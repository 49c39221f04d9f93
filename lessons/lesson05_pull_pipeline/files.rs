//! What goes through the pipe: files with lines, which report when they are opened and closed.

use std::{cell::RefCell, error::Error, fmt, io, path::Path};

use tminus_lessons::lesson05_pull_pipeline::Item;

/// A file or folder that cannot be read, and why.
#[derive(Debug)]
pub struct FileError {
    /// The file.
    pub file: String,
    /// What is wrong with it.
    pub cause: io::Error,
}

impl fmt::Display for FileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.file, self.cause)
    }
}

impl Error for FileError {}

/// A line without its line break, and the file that it is from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The file.
    pub file: String,
    /// The line.
    pub text: String,
}

/// An open file: an iterator over its lines. Dropping it closes the file.
pub struct OpenFile {
    name: String,
    lines: Box<dyn Iterator<Item = Item<Line>>>,
}

impl OpenFile {
    /// Opens a file that exists only here: `a` has the lines `a1` and `a2`. The file `lost` is not there.
    pub fn open(name: &'static str) -> Item<Self> {
        let (file, cause) = (name.to_owned(), io::ErrorKind::NotFound.into());
        if name == "lost" {
            return Err(FileError { file, cause });
        }
        let texts = [format!("{name}1"), format!("{name}2")];
        let lines = texts.map(|text| {
            let file = file.clone();
            Ok(Line { file, text })
        });
        Ok(Self::with_lines(name, lines.into_iter()))
    }

    /// Creates a file with these lines.
    pub fn with_lines(name: &str, lines: impl Iterator<Item = Item<Line>> + 'static) -> Self {
        note(format!("open {}", short(name)));
        let (name, lines) = (name.to_owned(), Box::new(lines));
        Self { name, lines }
    }
}

impl Iterator for OpenFile {
    type Item = Item<Line>;

    fn next(&mut self) -> Option<Self::Item> {
        self.lines.next()
    }
}

impl Drop for OpenFile {
    fn drop(&mut self) {
        note(format!("close {}", short(&self.name)));
    }
}

/// The name of a file without its folders.
fn short(name: &str) -> &str {
    let last = Path::new(name).file_name().and_then(|last| last.to_str());
    last.unwrap_or(name)
}

thread_local! {
    static JOURNAL: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

/// Prints an event, and writes it into the journal of this thread.
pub fn note(event: String) {
    println!("{event}");
    JOURNAL.with_borrow_mut(|journal| journal.push(event));
}

/// Returns the events of this thread, such as `open a` and `close a`.
pub fn journal() -> Vec<String> {
    JOURNAL.with_borrow(Clone::clone)
}

/// Returns the number of files that the pipes of this thread have open.
pub fn open_files() -> usize {
    let journal = journal();
    let count = |start| {
        journal
            .iter()
            .filter(|event| event.starts_with(start))
            .count()
    };
    count("open ") - count("close ")
}
