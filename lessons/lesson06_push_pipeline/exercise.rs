//! Your turn. It compiles, and nothing is right yet.

use tminus_lessons::{
    lesson04_throw::{Co, Exception, Generator},
    lesson05_pull_pipeline::{FileError, Item, Line, OpenFile},
};

/// A generator that takes in `T`s, and yields nothing of interest.
pub type Target<T> = Generator<(), T>;

// Exercise 1. Close the page, and write these four. Step 1 turns `grep` round, step 2 shows which stage pulls, and
// step 3 has two ends.

/// Creates a target that waits for its first item.
///
/// Panics if the body ends before its first `yield_`.
pub fn primed<T, F>(body: impl FnOnce(Co<(), T>) -> F) -> Target<T>
where
    F: Future<Output = Result<(), Exception>> + 'static,
{
    Generator::new(body)
}

/// Sends the lines of each file, and each error of a file.
pub fn cat(mut target: Target<Item<Line>>) -> Target<Item<OpenFile>> {
    primed(async move |co: Co<(), Item<OpenFile>>| {
        let _nothing_arrives = (&co, &mut target);
        Ok(())
    })
}

/// Sends only those lines on that have the word in them.
pub fn grep(word: &str, mut target: Target<Line>) -> Target<Line> {
    let word = word.to_owned();
    primed(async move |co: Co<(), Line>| {
        let _nothing_arrives = (&co, &word, &mut target);
        Ok(())
    })
}

/// Sends what is good one way, and what is wrong with a file the other way.
pub fn split<T: 'static>(mut good: Target<T>, mut bad: Target<FileError>) -> Target<Item<T>> {
    primed(async move |co: Co<(), Item<T>>| {
        let _nothing_arrives = (&co, &mut good, &mut bad);
        Ok(())
    })
}

/// Exercise 2. Sends each item to all the targets, in their order. A target that raises an exception gets no more
/// items; the others continue.
pub fn broadcast<T: Clone + 'static>(mut targets: Vec<Target<T>>) -> Target<T> {
    primed(async move |co: Co<(), T>| {
        loop {
            let item = co.yield_(()).await?;
            // Only the last one receives it.
            if let Some(target) = targets.last_mut() {
                target.send(item)?;
            }
        }
    })
}
