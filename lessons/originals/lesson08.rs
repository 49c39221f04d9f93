//! Your turn. All of it compiles, and nothing is right yet.

use tminus_lessons::lesson08_yield_from::{Generator, Nested, YieldFrom};

/// Opens the lists in a list, and the lists in those, but no more than so many levels. Deeper lists come out whole.
///
/// With 0 levels nothing is opened: the items come as they are.
pub fn flatten_levels<T: 'static>(items: Vec<Nested<T>>, levels: u32) -> Generator<Nested<T>> {
    Generator::new(async move |co| {
        // This takes `levels` for a number of items.
        for item in items.into_iter().take(levels as usize) {
            co.yield_(item).await?;
        }
        Ok(())
    })
}

/// Asks a question until the answer is a number, and gives the number.
///
/// What it yields is the question; what is sent to it is the answer.
pub fn ask(question: &'static str) -> Generator<&'static str, String, i32> {
    Generator::new(async move |co| {
        let answer: String = co.yield_(question).await?;
        // What if this is no number?
        Ok(answer.len() as i32)
    })
}

/// Asks for two numbers, "First number?" and "Second number?", and gives their sum.
pub fn add() -> Generator<&'static str, String, i32> {
    Generator::new(async |co| {
        // One number has no sum.
        co.yield_from(ask("Two numbers?")).await
    })
}
