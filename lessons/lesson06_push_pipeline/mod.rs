#![doc = include_str!("README.md")]

use std::path::PathBuf;

use globset::GlobMatcher;

use tminus_lessons::lesson04_throw::Co;
use tminus_lessons::lesson05_pull_pipeline::{self as pull, FileError, Item, Line, OpenFile};
pub use tminus_lessons::lesson06_push_pipeline::target::{Target, primed};

pub mod target;

/// Lets only those lines pass that have the word in them.
pub fn grep(word: &str, mut target: Target<Line>) -> Target<Line> {
    let word = word.to_owned();
    primed(async move |co: Co<(), Line>| {
        loop {
            let line = co.yield_(()).await?;
            if line.text.contains(&word) {
                target.send(line)?;
            }
        }
    })
}

/// Where to look for files.
pub struct Search {
    /// In this folder.
    pub top: PathBuf,
    /// For files with such a name.
    pub names: GlobMatcher,
    /// In its subfolders too.
    pub recursive: bool,
}

/// Finds the files for each search.
pub fn find_files(mut target: Target<Item<PathBuf>>) -> Target<Search> {
    primed(async move |co: Co<(), Search>| {
        loop {
            let search = co.yield_(()).await?;
            for path in pull::find_files(&search.top, search.names, search.recursive) {
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
            target.send(path.and_then(OpenFile::open))?;
        }
    })
}

/// Sends the lines of each file.
pub fn cat(mut target: Target<Item<Line>>) -> Target<Item<OpenFile>> {
    primed(async move |co: Co<(), Item<OpenFile>>| {
        loop {
            match co.yield_(()).await? {
                Ok(file) => {
                    for line in file {
                        target.send(line)?;
                    }
                }
                Err(error) => target.send(Err(error))?,
            }
        }
    })
}

/// Sends what is good one way, and what is wrong with a file the other way.
pub fn split<T: 'static>(mut good: Target<T>, mut bad: Target<FileError>) -> Target<Item<T>> {
    primed(async move |co: Co<(), Item<T>>| {
        loop {
            match co.yield_(()).await? {
                Ok(item) => good.send(item)?,
                Err(error) => bad.send(error)?,
            }
        }
    })
}

/// An end of the pipe: does this with each item.
pub fn each<T: 'static>(mut act: impl FnMut(T) + 'static) -> Target<T> {
    primed(async move |co: Co<(), T>| {
        loop {
            act(co.yield_(()).await?);
        }
    })
}

/// Puts its name before each text, and says when it is closed.
pub fn stage(name: &'static str, mut target: Target<String>) -> Target<String> {
    primed(async move |co: Co<(), String>| {
        loop {
            match co.yield_(()).await {
                Ok(text) => target.send(format!("{name}: {text}"))?,
                Err(exception) => {
                    println!("{name} closes");
                    return Err(exception);
                }
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use std::{cell::RefCell, rc::Rc};

    use tminus_lessons::lesson04_throw::Exception;

    use super::*;

    /// A list, and an end that adds to it.
    fn list<T: 'static>() -> (Rc<RefCell<Vec<T>>>, Target<T>) {
        let list = Rc::new(RefCell::new(Vec::new()));
        let end = each({
            let list = Rc::clone(&list);
            move |item| list.borrow_mut().push(item)
        });
        (list, end)
    }

    #[test]
    fn a_pipe_goes_over_all_kinds_of_files() -> Result<(), Exception> {
        let tree = pull::Tree::new()?;
        tree.write("a.txt", "one\ntwo\n")?;
        tree.write("b/b.gz", "three\ntwo and a half\n")?;
        tree.write("c.bz2", "no\n\ntwofold")?;
        let (found, lines) = list();
        let (wrong, errors) = list();
        let mut finder = find_files(opener(cat(split(grep("two", lines), errors))));
        finder.send(Search {
            top: tree.top().to_owned(),
            names: pull::glob("*")?,
            recursive: true,
        })?;
        let texts: Vec<String> = found
            .borrow()
            .iter()
            .map(|line: &Line| line.text.clone())
            .collect();
        assert_eq!(texts, ["two", "two and a half", "twofold"]);
        assert!(wrong.borrow().is_empty());
        Ok(())
    }
}
