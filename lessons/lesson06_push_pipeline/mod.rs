#![doc = include_str!("README.md")]

use tminus_lessons::lesson04_throw::{Co, Exception, Generator};
use tminus_lessons::lesson05_pull_pipeline::{FileError, Item, Line, OpenFile, note};

pub mod histories;

/// A generator that takes in `T`s, and yields nothing of interest.
pub type Target<T> = Generator<(), T>;

/// Creates a target that waits for its first item: Python's decorator `coroutine`.
///
/// # Panics
///
/// If the body ends before its first `yield_`.
pub fn primed<T, F>(body: impl FnOnce(Co<(), T>) -> F) -> Target<T>
where
    F: Future<Output = Result<(), Exception>> + 'static,
{
    let primed = Generator::new(body).primed();
    primed.expect("it waits for its first item")
}

/// Opens the file of each name.
pub fn opener(mut target: Target<Item<OpenFile>>) -> Target<&'static str> {
    primed(async move |co: Co<(), &'static str>| {
        loop {
            let name = co.yield_(()).await?;
            target.send(OpenFile::open(name))?;
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

/// Sends only those lines on that have the word in them.
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

/// An end of the pipe: calls `act` with each item.
pub fn each<T: 'static>(mut act: impl FnMut(T) + 'static) -> Target<T> {
    primed(async move |co: Co<(), T>| {
        loop {
            act(co.yield_(()).await?);
        }
    })
}

/// Sends everything on, and reports when it is closed.
pub fn watch<T: 'static>(name: &'static str, mut target: Target<T>) -> Target<T> {
    primed(async move |co: Co<(), T>| {
        loop {
            match co.yield_(()).await {
                Ok(item) => target.send(item)?,
                Err(exception) => {
                    if matches!(exception, Exception::GeneratorExit) {
                        note(format!("{name} is closed"));
                    }
                    return Err(exception);
                }
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use tminus_lessons::lesson05_pull_pipeline::journal;

    use super::*;

    #[test]
    fn a_line_is_at_an_end_before_the_file_is_closed() -> Result<(), Exception> {
        let lines = grep("2", each(|line: Line| note(line.text)));
        let errors = each(|error: FileError| note(format!("{}!", error.file)));
        let mut finder = opener(cat(split(lines, errors)));
        for name in ["a", "lost", "b"] {
            finder.send(name)?;
            note(format!("sent {name}"));
        }
        let events = [
            "open a",
            "a2",
            "close a",
            "sent a",
            "lost!",
            "sent lost",
            "open b",
            "b2",
            "close b",
            "sent b",
        ];
        assert_eq!(journal(), events);
        Ok(())
    }
}
