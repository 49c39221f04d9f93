//! Another front for the pipe: real files, found by their names, and decompressed as they are read.

use std::{
    fs::File,
    io::{self, BufRead, BufReader},
    path::{Path, PathBuf},
};

use bzip2::read::MultiBzDecoder;
use flate2::read::MultiGzDecoder;
use globset::{Glob, GlobMatcher};
use walkdir::{DirEntry, WalkDir};

use tminus_lessons::lesson04_throw::Generator;
use tminus_lessons::lesson05_pull_pipeline::{FileError, Item, Line, OpenFile, Stage};

/// Parses a pattern for names: `*` stands for anything, `{gz,bz2}` for either.
pub fn glob(pattern: &str) -> Result<GlobMatcher, globset::Error> {
    Ok(Glob::new(pattern)?.compile_matcher())
}

/// Yields the files in a folder whose names fit, and those in its subfolders if it is to be recursive.
///
/// What a folder holds comes in the order of the names.
pub fn find_files(top: &Path, names: GlobMatcher, recursive: bool) -> Stage<PathBuf> {
    let depth = if recursive { usize::MAX } else { 1 };
    let walk = WalkDir::new(top).max_depth(depth).sort_by_file_name();
    Generator::new(async move |co| {
        for entry in walk {
            match entry {
                Ok(entry) if is_file(&entry) && names.is_match(entry.file_name()) => {
                    co.yield_(Ok(entry.into_path())).await?;
                }
                Ok(_) => {}
                Err(error) => co.yield_(Err(error.into())).await?,
            }
        }
        Ok(())
    })
}

/// Opens each file.
pub fn opener(paths: Stage<PathBuf>) -> Stage<OpenFile> {
    Generator::new(async move |co| {
        for path in paths {
            co.yield_(path?.and_then(open)).await?;
        }
        Ok(())
    })
}

/// Opens a file. What ends in `.gz` or `.bz2` is decompressed as it is read. The lines end after the first that cannot
/// be read.
///
/// Compressed files may consist of several compressed parts, one after the other; hence `Multi`.
pub fn open(path: PathBuf) -> Item<OpenFile> {
    let name = path.display().to_string();
    let file = match File::open(&path) {
        Ok(file) => file,
        Err(cause) => return Err(FileError { file: name, cause }),
    };
    let reader: Box<dyn BufRead> = match path.extension().and_then(|end| end.to_str()) {
        Some("gz") => Box::new(BufReader::new(MultiGzDecoder::new(file))),
        Some("bz2") => Box::new(BufReader::new(MultiBzDecoder::new(file))),
        _ => Box::new(BufReader::new(file)),
    };
    let file = name.clone();
    let mut broken = false;
    let lines = reader.lines().map_while(move |line| {
        let file = file.clone();
        match line {
            _ if broken => None,
            Ok(text) => Some(Ok(Line { file, text })),
            Err(cause) => {
                broken = true;
                Some(Err(FileError { file, cause }))
            }
        }
    });
    Ok(OpenFile::with_lines(&name, lines))
}

/// Returns `true` if this is a file, or a link to one.
fn is_file(entry: &DirEntry) -> bool {
    entry.file_type().is_file() || entry.path().is_file()
}

impl From<walkdir::Error> for FileError {
    fn from(error: walkdir::Error) -> Self {
        let path = error.path().unwrap_or(Path::new(""));
        let file = path.display().to_string();
        let cause = error
            .into_io_error()
            .unwrap_or_else(|| io::Error::other("the folder is inside itself"));
        Self { file, cause }
    }
}
