//! Another front for the pipe: it is sent searches, and finds real files.

use std::path::{Path, PathBuf};

use globset::GlobMatcher;

use tminus_lessons::lesson04_throw::Co;
use tminus_lessons::lesson05_pull_pipeline::{Item, OpenFile, histories};
use tminus_lessons::lesson06_push_pipeline::{Target, primed};

/// Where to look for files.
pub struct Search {
    /// In this folder.
    pub top: PathBuf,
    /// For files with such a name.
    pub names: GlobMatcher,
    /// In its subfolders, too.
    pub recursive: bool,
}

impl Search {
    /// Returns a search in a folder, without its subfolders.
    ///
    /// # Errors
    ///
    /// - `globset::Error` if the pattern is not one.
    pub fn new(top: &Path, pattern: &str) -> Result<Self, globset::Error> {
        Ok(Self {
            top: top.to_owned(),
            names: histories::glob(pattern)?,
            recursive: false,
        })
    }
}

/// Finds the files for each search. It is a pump: it pulls from lesson 5's `find_files`.
pub fn find_files(mut target: Target<Item<PathBuf>>) -> Target<Search> {
    primed(async move |co: Co<(), Search>| {
        loop {
            let search = co.yield_(()).await?;
            for path in histories::find_files(&search.top, search.names, search.recursive) {
                target.send(path?)?;
            }
        }
    })
}

/// Opens the files.
pub fn opener(mut target: Target<Item<OpenFile>>) -> Target<Item<PathBuf>> {
    primed(async move |co: Co<(), Item<PathBuf>>| {
        loop {
            let path = co.yield_(()).await?;
            target.send(path.and_then(histories::open))?;
        }
    })
}
