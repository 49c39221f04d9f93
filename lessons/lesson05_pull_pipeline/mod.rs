#![doc = include_str!("README.md")]

use tminus_lessons::lesson04_throw::{Exception, Generator};
pub use tminus_lessons::lesson05_pull_pipeline::files::{FileError, Line, OpenFile, journal, note};

pub mod files;
pub mod fixture;
pub mod histories;

/// What goes from stage to stage: a thing or, instead of it, a file and what is wrong with that file.
pub type Item<T> = Result<T, FileError>;

/// A stage of a pipe: a generator that yields items.
pub type Stage<T> = Generator<Item<T>>;

/// Returns the lines with a word in them, from all the files at once: step 1.
pub fn grep_at_once(word: &str, names: &[&'static str]) -> Item<Vec<String>> {
    let mut found = Vec::new();
    for name in names {
        for line in OpenFile::open(name)? {
            found.push(line?.text);
        }
    }
    found.retain(|text| text.contains(word));
    Ok(found)
}

/// The front of a pipe: yields these names.
pub fn names<const N: usize>(names: [&'static str; N]) -> Stage<&'static str> {
    Generator::new(async move |co| {
        for name in names {
            co.yield_(Ok(name)).await?;
        }
        Ok(())
    })
}

/// Opens each file.
pub fn opener(names: Stage<&'static str>) -> Stage<OpenFile> {
    Generator::new(async move |co| {
        for name in names {
            co.yield_(name?.and_then(OpenFile::open)).await?;
        }
        Ok(())
    })
}

/// Yields the lines of the files, one file after the other.
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

/// Lets everything pass, and reports when it is closed.
pub fn watch<T: 'static>(name: &'static str, items: Stage<T>) -> Stage<T> {
    Generator::new(async move |co| {
        for item in items {
            if let Err(exception) = co.yield_(item?).await {
                if matches!(exception, Exception::GeneratorExit) {
                    note(format!("{name} is closed"));
                }
                return Err(exception);
            }
        }
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What comes out of a pipe: lines as `a1`, errors as `lost!`.
    fn outcome(lines: Stage<Line>) -> Vec<String> {
        let said = |line: Item<Line>| line.map_or_else(|e| format!("{}!", e.file), |l| l.text);
        lines
            .map(|line| said(line.expect("no stage raises")))
            .collect()
    }

    #[test]
    fn the_lines_come_file_by_file_and_an_error_comes_in_its_place() {
        let lines = cat(opener(names(["a", "lost", "b"])));
        assert_eq!(outcome(lines), ["a1", "a2", "lost!", "b1", "b2"]);
        let lines = grep("2", cat(opener(names(["a", "lost", "b"]))));
        assert_eq!(outcome(lines), ["a2", "lost!", "b2"]);
    }

    #[test]
    fn a_file_is_opened_when_its_first_line_is_asked_for() {
        let mut lines = cat(opener(names(["a", "b"])));
        assert!(journal().is_empty(), "nothing runs before the first resume");
        for (text, so_far) in [
            ("a1", vec!["open a"]),
            ("a2", vec!["open a"]),
            ("b1", vec!["open a", "close a", "open b"]),
        ] {
            let line = lines.next().expect("there is a line");
            assert_eq!(
                line.expect("no stage raises").expect("it is read").text,
                text
            );
            assert_eq!(journal(), so_far, "up to {text}");
        }
    }

    #[test]
    fn all_at_once_one_bad_file_loses_all_lines() {
        let found = grep_at_once("2", &["a", "b"]).expect("both are there");
        assert_eq!(found, ["a2", "b2"]);
        let error = grep_at_once("2", &["a", "lost"]).expect_err("it is lost");
        assert_eq!(error.to_string(), "lost: entity not found");
    }
}
