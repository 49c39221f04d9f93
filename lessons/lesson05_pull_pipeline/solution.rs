//! One way to solve the exercises.
//!
//! **The stages.** All three have the same shape: own the stage before, loop over it, yield. The shape does the work.
//! Because the loop is inside the body, the stage before is resumed only while somebody waits for an item. Because the
//! body owns the stage before, the end of the body closes that stage. There is no line that says "close".
//!
//! Count the question marks. `name?` is about the stage before: an exception there means that no more names will come.
//! The other `Result` is about one file, and goes on as an item. With one `?` too many, a lost file ends the pipe. With
//! one too few, the code does not compile. That is the reason for having two types.
//!
//! **`head`.** The position of the test decides how much is taken. Before the take, as in `while left > 0`, `head` takes
//! as many items as it yields. At the top of a `for` loop the test comes after the take: `head` has all it needs, and
//! still waits for one item more. On a terminal, the program would have shown its last line, and would wait for you to
//! type another. A `break` after the yield takes no more either, and is wrong only for `n` = 0.
//!
//! `items.close()?` before the last yield needs no new idea: close runs up the pipe from wherever it is called.
//! `drop(items)` would close the file, too, but lose an error of the clean-up (lesson 2).

use tminus_lessons::{
    lesson04_throw::Generator,
    lesson05_pull_pipeline::{Item, Line, OpenFile},
};

/// A stage of a pipe: a generator that yields items.
pub type Stage<T> = Generator<Item<T>>;

/// Opens each file with `OpenFile::open`, when it is asked for the file.
pub fn opener(names: Stage<&'static str>) -> Stage<OpenFile> {
    Generator::new(async move |co| {
        for name in names {
            co.yield_(name?.and_then(OpenFile::open)).await?;
        }
        Ok(())
    })
}

/// Yields the lines of the files, one file after the other. An error of a file takes its place between the lines.
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

/// Lets only those lines pass that have the word in them, and all errors.
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

/// Lets the first `n` items pass, and then ends. It takes no more from the pipe than it yields.
///
/// An error of a file passes, too, and does not count. The pipe is closed before the last item is yielded.
pub fn head<T: 'static>(n: usize, mut items: Stage<T>) -> Stage<T> {
    Generator::new(async move |co| {
        let mut left = n;
        while left > 0
            && let Some(item) = items.next()
        {
            let item = item?;
            if item.is_ok() {
                left -= 1;
            }
            if left == 0 {
                items.close()?;
            }
            co.yield_(item).await?;
        }
        Ok(())
    })
}
