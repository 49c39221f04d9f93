//! One way to solve the exercises.
//!
//! **The stages.** A push stage is a pull stage, turned round. To get a line, the pull stage asks (`for line in lines`),
//! and the push stage waits (`co.yield_(()).await?`). To hand a line on, the pull stage waits (`co.yield_(line)`), and
//! the push stage tells (`target.send(line)?`). Each of them waits on one side only: on the side of its driver.
//!
//! The loop of a push stage has no end. No line of the body can see that there are no more items, because the next item
//! is always one more `yield_` away. The end comes as `GeneratorExit`, and the `?` after the `yield_` lets it pass.
//!
//! `cat` is the odd one. Its driver sends files, and from each file `cat` *pulls* lines. Every push pipeline has such a
//! place, because nothing in a program arrives by itself.
//!
//! **`broadcast`.** An exception of a target comes out of `send`, so the sender decides what becomes of it. A `?` would
//! end the whole pipe. Here the exception costs one target: `retain_mut` drops the target, which closes it. In a pull
//! pipeline this stage cannot be written. There the ends ask, and an item goes to the end that asked.

use tminus_lessons::{
    lesson04_throw::{Co, Exception, Generator},
    lesson05_pull_pipeline::{FileError, Item, Line, OpenFile},
};

/// A generator that takes in `T`s, and yields nothing of interest.
pub type Target<T> = Generator<(), T>;

/// Creates a target that waits for its first item.
///
/// Panics if the body ends before its first `yield_`.
pub fn primed<T, F>(body: impl FnOnce(Co<(), T>) -> F) -> Target<T>
where
    F: Future<Output = Result<(), Exception>> + 'static,
{
    let primed = Generator::new(body).primed();
    primed.expect("it waits for its first item")
}

/// Sends the lines of each file, and each error of a file.
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

/// Sends each item to all the targets, in their order. A target that raises an exception gets no more items; the others
/// continue.
pub fn broadcast<T: Clone + 'static>(mut targets: Vec<Target<T>>) -> Target<T> {
    primed(async move |co: Co<(), T>| {
        loop {
            let item = co.yield_(()).await?;
            targets.retain_mut(|target| target.send(item.clone()).is_ok());
        }
    })
}
