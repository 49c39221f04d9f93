//! One way to solve the exercises.
//!
//! **`head`.** The test stands before the next item is taken: `while left > 0`. With `for` and a `break` inside, it
//! takes an item more than it gives. On a terminal that would be a program that has all it needs and waits for one more
//! line. When `head` returns, `items` is dropped, and so the pipe behind it is closed. That is how `head -n 2` in a
//! shell stops the program before it, too.
//!
//! **`count`.** For most items that it takes it gives nothing, and at the end of a file it gives something that it had
//! kept. What it keeps between two resumes is a local variable, `counted`. The last count comes after the loop: nothing
//! follows the last file that could set it off. It is easily forgotten, and easily tested.

use std::{path::Path, rc::Rc};

use tminus_lessons::{
    lesson04_throw::Generator,
    lesson05_pull_pipeline::{Line, Stage},
};

/// Lets the first `n` items pass, and then ends. It does not take more from the pipe than it needs.
///
/// An error of a file passes too, and does not count.
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
            co.yield_(item).await?;
        }
        Ok(())
    })
}

/// Gives each file and the number of its lines, as soon as the file has no more.
///
/// An error of a file ends the file before it: first comes the count of that one, then the error.
pub fn count(lines: Stage<Line>) -> Stage<(Rc<Path>, usize)> {
    Generator::new(async move |co| {
        let mut counted: Option<(Rc<Path>, usize)> = None;
        for line in lines {
            match (line?, &mut counted) {
                (Ok(line), Some((path, n))) if line.path == *path => *n += 1,
                (Ok(line), _) => {
                    if let Some(done) = counted.replace((line.path, 1)) {
                        co.yield_(Ok(done)).await?;
                    }
                }
                (Err(error), _) => {
                    if let Some(done) = counted.take() {
                        co.yield_(Ok(done)).await?;
                    }
                    co.yield_(Err(error)).await?;
                }
            }
        }
        if let Some(done) = counted {
            co.yield_(Ok(done)).await?;
        }
        Ok(())
    })
}
