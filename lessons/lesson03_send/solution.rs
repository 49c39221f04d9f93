//! One way to solve the exercises.
//!
//! **`guess`.** The answer to one number goes out in the line in which the next number comes in. So the answer has to
//! be ready before the `yield_`, and is worked out from the number before. Who writes `yield_` and the `match` the
//! other way round is one answer late.
//!
//! **`lines`.** The pieces come as the network cuts them. `rest` is a local variable, and outlasts each pause. The body
//! never reads anything: its driver does, from a file, a socket or a test. A parser of this kind can be used with every
//! source, blocking or not.

use tminus_lessons::lesson03_send::Generator;

/// Says `guess`, and then answers each number: `higher` if the secret is higher than that, `lower` if it is lower.
///
/// The right number gets `right, in 3` if it was the third. After that it is finished.
pub fn guess(secret: u32) -> Generator<String, u32> {
    Generator::new(async move |co| {
        let mut number = co.yield_("guess".to_owned()).await?;
        let mut count = 1;
        while number != secret {
            let hint = if number < secret { "higher" } else { "lower" };
            number = co.yield_(hint.to_owned()).await?;
            count += 1;
        }
        co.yield_(format!("right, in {count}")).await?;
        Ok(())
    })
}

/// Takes in pieces of a text. Gives for each piece the lines that are complete by now, without their `\n`.
///
/// A line that is not complete is kept until the rest of it comes.
pub fn lines() -> Generator<Vec<String>, String> {
    Generator::new(async |co| {
        let mut rest = String::new();
        let mut complete = Vec::new();
        loop {
            let piece: String = co.yield_(complete).await?;
            rest += &piece;
            complete = Vec::new();
            while let Some((line, behind)) = rest.split_once('\n') {
                complete.push(line.to_owned());
                rest = behind.to_owned();
            }
        }
    })
}
