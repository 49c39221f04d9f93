//! What goes through the pipe, and the files that it comes from.

use std::{
    cell::Cell,
    error::Error,
    fmt,
    fs::File,
    io::{self, BufRead, BufReader, Lines, Read},
    path::{Path, PathBuf},
    rc::Rc,
};

use bzip2::read::MultiBzDecoder;
use flate2::read::MultiGzDecoder;
use globset::{Glob, GlobMatcher};
use walkdir::DirEntry;

use tminus_lessons::lesson04_throw::Generator;

/// A stage of the pipe: a generator that hands out items.
pub type Stage<T> = Generator<Item<T>>;

/// A thing, or in its place a file and what is wrong with it.
pub type Item<T> = Result<T, FileError>;

/// A file or folder that cannot be read, and why.
#[derive(Debug)]
pub struct FileError {
    /// Which one.
    pub path: PathBuf,
    /// What the system says, or the decoder.
    pub cause: io::Error,
}

impl fmt::Display for FileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path.display(), self.cause)
    }
}

impl Error for FileError {}

impl From<walkdir::Error> for FileError {
    fn from(error: walkdir::Error) -> Self {
        let path = error.path().unwrap_or(Path::new("")).to_owned();
        let cause = error
            .into_io_error()
            .unwrap_or_else(|| io::Error::other("the folder is inside itself"));
        Self { path, cause }
    }
}

/// A pattern for names: `*` stands for anything, `?` for one character, `[a-z]` for one of these, `{gz,bz2}` for either.
pub fn glob(pattern: &str) -> Result<GlobMatcher, globset::Error> {
    Ok(Glob::new(pattern)?.compile_matcher())
}

/// Whether this is a file, or a link to one.
pub fn is_file(entry: &DirEntry) -> bool {
    entry.file_type().is_file() || entry.path().is_file()
}

/// A line without its line break, and the file that it is from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The file.
    pub path: Rc<Path>,
    /// The line.
    pub text: String,
}

/// An open file: an iterator over its lines, which ends after the first that cannot be read.
///
/// To drop it closes the file.
pub struct OpenFile {
    path: Rc<Path>,
    lines: Option<Lines<Box<dyn BufRead>>>, // none after an error
}

impl OpenFile {
    /// Opens a file. What ends in `.gz` or `.bz2` is decompressed as it is read.
    ///
    /// These files may consist of several compressed parts, one after the other; hence `Multi`.
    pub fn open(path: PathBuf) -> Item<Self> {
        let file = match Counted::open(&path) {
            Ok(file) => file,
            Err(cause) => return Err(FileError { path, cause }),
        };
        let reader: Box<dyn BufRead> = match path.extension().and_then(|end| end.to_str()) {
            Some("gz") => Box::new(BufReader::new(MultiGzDecoder::new(file))),
            Some("bz2") => Box::new(BufReader::new(MultiBzDecoder::new(file))),
            _ => Box::new(BufReader::new(file)),
        };
        Ok(Self {
            path: path.into(),
            lines: Some(reader.lines()),
        })
    }
}

impl Iterator for OpenFile {
    type Item = Item<Line>;

    fn next(&mut self) -> Option<Self::Item> {
        match self.lines.as_mut()?.next()? {
            Ok(text) => Some(Ok(Line {
                path: Rc::clone(&self.path),
                text,
            })),
            Err(cause) => {
                self.lines = None;
                let path = self.path.to_path_buf();
                Some(Err(FileError { path, cause }))
            }
        }
    }
}

thread_local! {
    static OPEN_FILES: Cell<usize> = const { Cell::new(0) };
}

/// How many files the pipes of this thread have open.
pub fn open_files() -> usize {
    OPEN_FILES.get()
}

/// A file that is counted for as long as it is open.
struct Counted(File);

impl Counted {
    fn open(path: &Path) -> io::Result<Self> {
        let file = File::open(path)?;
        OPEN_FILES.set(OPEN_FILES.get() + 1);
        Ok(Self(file))
    }
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        OPEN_FILES.set(OPEN_FILES.get() - 1);
    }
}
