#![doc = include_str!("README.md")]

use std::path::{Path, PathBuf};
use std::{fs, io};

use globset::GlobMatcher;
use walkdir::WalkDir;

use tminus_lessons::lesson04_throw::Generator;
use tminus_lessons::lesson05_pull_pipeline::files::is_file;
pub use tminus_lessons::lesson05_pull_pipeline::files::{FileError, Item, glob, open_files};
pub use tminus_lessons::lesson05_pull_pipeline::files::{Line, OpenFile, Stage};
pub use tminus_lessons::lesson05_pull_pipeline::fixture::Tree;

pub mod files;
pub mod fixture;

/// The lines with a word in them, from all the files at once: step 1.
pub fn grep_at_once(word: &str, paths: &[&str]) -> io::Result<Vec<String>> {
    let mut found = Vec::new();
    for path in paths {
        let text = fs::read_to_string(path)?;
        let lines = text.lines().filter(|line| line.contains(word));
        found.extend(lines.map(String::from));
    }
    Ok(found)
}

/// Gives the files in a folder whose names fit, and those in its subfolders if it is to be recursive.
///
/// They come in the order of their names.
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

/// Opens the files.
pub fn opener(paths: Stage<PathBuf>) -> Stage<OpenFile> {
    Generator::new(async move |co| {
        for path in paths {
            co.yield_(path?.and_then(OpenFile::open)).await?;
        }
        Ok(())
    })
}

/// Gives the lines of the files, one file after the other.
pub fn cat(files: Stage<OpenFile>) -> Stage<Line> {
    Generator::new(async move |co| {
        for file in files {
            match file? {
                Ok(file) => {
                    for line in file {
                        co.yield_(line).await?;
                    }
                }
                Err(error) => co.yield_(Err(error)).await?,
            }
        }
        Ok(())
    })
}

/// Lets only those lines pass that have the word in them.
pub fn grep(word: &str, lines: Stage<Line>) -> Stage<Line> {
    let word = word.to_owned();
    Generator::new(async move |co| {
        for line in lines {
            match line? {
                Ok(line) if !line.text.contains(&word) => {}
                item => co.yield_(item).await?,
            }
        }
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use std::error::Error;

    use super::*;

    #[test]
    fn a_pipe_goes_over_all_kinds_of_files() -> Result<(), Box<dyn Error>> {
        let tree = Tree::new()?;
        tree.write("a.txt", "one\ntwo\n")?;
        tree.write("b/b.gz", "three\ntwo and a half\n")?;
        tree.write("c.bz2", "no\n\ntwofold")?;
        let lines = grep("two", cat(opener(find_files(tree.top(), glob("*")?, true))));
        let found: Vec<String> = lines
            .map(|line| {
                let line = line.expect("no stage raises").expect("no file is broken");
                format!("{}: {}", tree.name(&line.path), line.text)
            })
            .collect();
        assert_eq!(
            found,
            ["a.txt: two", "b/b.gz: two and a half", "c.bz2: twofold"]
        );
        Ok(())
    }

    #[test]
    fn a_name_has_to_fit_and_a_path_does_not() -> Result<(), Box<dyn Error>> {
        let tree = Tree::new()?;
        tree.write("bash/todo.txt", "")?;
        tree.write("bash/x_bash", "")?;
        tree.write("y_bash", "")?;
        assert!(tree.top().to_string_lossy().contains("bash"));
        for (recursive, names) in [
            (false, vec!["y_bash"]),
            (true, vec!["bash/x_bash", "y_bash"]),
        ] {
            let found: Vec<String> = find_files(tree.top(), glob("*bash*")?, recursive)
                .map(|path| {
                    let path = path.expect("no stage raises").expect("it can be read");
                    tree.name(&path)
                })
                .collect();
            assert_eq!(found, names);
        }
        Ok(())
    }
}
