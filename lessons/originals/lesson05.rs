//! Your turn. It compiles, and nothing is right yet.

use tminus_lessons::{
    lesson04_throw::Generator,
    lesson05_pull_pipeline::{Item, Line, OpenFile},
};

/// A stage of a pipe: a generator that yields items.
pub type Stage<T> = Generator<Item<T>>;

// Exercise 1. Close the page, and write these three stages. Step 2 has their loops. Step 3 shows what is lost if a stage
// mistakes one kind of failure for the other, and step 4 which variable has to own what.

/// Opens each file with `OpenFile::open`, when it is asked for the file.
pub fn opener(names: Stage<&'static str>) -> Stage<OpenFile> {
    Generator::new(async move |co| {
        let _nothing_asks_for = (&co, names);
        Ok(())
    })
}

/// Yields the lines of the files, one file after the other. An error of a file takes its place between the lines.
pub fn cat(files: Stage<OpenFile>) -> Stage<Line> {
    Generator::new(async move |co| {
        let _nothing_asks_for = (&co, files);
        Ok(())
    })
}

/// Lets only those lines pass that have the word in them, and all errors.
pub fn grep(word: &str, lines: Stage<Line>) -> Stage<Line> {
    let word = word.to_owned();
    Generator::new(async move |co| {
        let _nothing_asks_for = (&co, word, lines);
        Ok(())
    })
}

/// Exercise 2. Lets the first `n` items pass, and then ends. It takes no more from the pipe than it yields.
///
/// An error of a file passes, too, and does not count. The pipe is closed *before* the last item is yielded: while the
/// driver works on that item, no file is open.
pub fn head<T: 'static>(n: usize, items: Stage<T>) -> Stage<T> {
    Generator::new(async move |co| {
        // This takes everything that there is, and then yields one item too many.
        let items: Vec<_> = items.collect();
        for item in items.into_iter().take(n + 1) {
            co.yield_(item?).await?;
        }
        Ok(())
    })
}
