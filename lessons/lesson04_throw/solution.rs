//! One way to solve the exercises.
//!
//! **`pairs`.** A `?` on another generator's `resume` passes everything on, its end too. So the two ends get a `match`
//! each: the first is our end, the second is an error. All else is not ours, and `?` is right for it. To write both in
//! one `match` on `(first, second)` would ask for a second number when the first has said that there is none.
//!
//! **`attempts`.** The driver says "it failed" with a throw, and the next attempt is the answer. What is caught is an
//! `Exception::Error`, and nothing more. Had it caught each `Err`, a `close` would have counted as a failed attempt,
//! and "generator ignored GeneratorExit" would have come of it. The last error becomes the cause, so that nobody has to
//! guess why it gave up.

use tminus_lessons::lesson04_throw::{Exception, Generator};

/// Gives the numbers two by two. If one is left over, it ends with the `RuntimeError` "one is left over".
pub fn pairs(mut numbers: Generator<u32>) -> Generator<(u32, u32)> {
    Generator::new(async move |co| {
        loop {
            let first = match numbers.resume() {
                Err(Exception::StopIteration) => return Ok(()),
                number => number?,
            };
            let second = match numbers.resume() {
                Err(Exception::StopIteration) => {
                    return Err(Exception::RuntimeError("one is left over", None));
                }
                number => number?,
            };
            co.yield_((first, second)).await?;
        }
    })
}

/// Yields the number of the attempt: 1, 2, … `times`. Its driver resumes it when that attempt went well, and throws an
/// `Exception::Error` when it did not.
///
/// It ends when one went well. If the last one fails, it raises the `RuntimeError` "gave up", with the last error as
/// its cause. All other exceptions pass.
pub fn attempts(times: u32) -> Generator<u32> {
    Generator::new(async move |co| {
        let mut last = None;
        for attempt in 1..=times {
            match co.yield_(attempt).await {
                Err(error @ Exception::Error(_)) => last = Some(Box::new(error)),
                well_or_not_ours => return well_or_not_ours,
            }
        }
        Err(Exception::RuntimeError("gave up", last))
    })
}
