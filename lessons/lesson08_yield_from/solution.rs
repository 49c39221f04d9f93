//! One way to solve the exercises.
//!
//! **`flatten_levels`.** Each level is a generator of its own with variables of its own, so what all of them should know
//! has to be handed down: `levels - 1`. Look at `flatten` in program 47 again: its parameter `ignore_types` is *not*
//! handed down. `flatten(['ab', ['cd']], ignore_types=())` should take every string apart, and gives `a`, `b` and `cd`.
//! Nobody notices until the first one who sets it.
//!
//! **`ask` and `add`.** `ask` is a function that may wait in the middle. It asks three times or once, and `add` does not
//! have to know: it writes `co.yield_from(ask(…)).await?` where it would have written a call, and gets a number. The
//! questions and the answers go past it. Everything that waits can be divided into functions like this, and that is what
//! `yield from` is for. Lesson 15 calls it `await`.

use tminus_lessons::lesson08_yield_from::{Generator, Nested, YieldFrom};

/// Opens the lists in a list, and the lists in those, but no more than so many levels. Deeper lists come out whole.
///
/// With 0 levels nothing is opened: the items come as they are.
pub fn flatten_levels<T: 'static>(items: Vec<Nested<T>>, levels: u32) -> Generator<Nested<T>> {
    Generator::new(async move |co| {
        for item in items {
            match item {
                Nested::List(items) if levels > 0 => {
                    co.yield_from(flatten_levels(items, levels - 1)).await?;
                }
                whole => co.yield_(whole).await?,
            }
        }
        Ok(())
    })
}

/// Asks a question until the answer is a number, and gives the number.
///
/// What it yields is the question; what is sent to it is the answer.
pub fn ask(question: &'static str) -> Generator<&'static str, String, i32> {
    Generator::new(async move |co| {
        loop {
            let answer: String = co.yield_(question).await?;
            if let Ok(number) = answer.parse() {
                return Ok(number);
            }
        }
    })
}

/// Asks for two numbers, "First number?" and "Second number?", and gives their sum.
pub fn add() -> Generator<&'static str, String, i32> {
    Generator::new(async |co| {
        let first = co.yield_from(ask("First number?")).await?;
        let second = co.yield_from(ask("Second number?")).await?;
        Ok(first + second)
    })
}
