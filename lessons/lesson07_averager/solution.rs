//! One way to solve the exercises.
//!
//! **`drain`.** A `for` loop asks "is there one more?", and for that `None` is answer enough. Who wants the result has to
//! be the driver itself and look at each `Step`. There are two ways out of the loop: `?` for the exception, `return` for
//! the result. What runs tasks in lesson 10 is this function, for many generators at once.
//!
//! **`tally`.** `?` says "whatever came in, I do not handle it", and that is right nearly always. Here one exception is
//! an answer: `GeneratorExit` means that there are no more numbers. The match takes out that one and passes on the rest.
//! To catch all of them would turn a thrown error into a result, and nobody would hear of it. Python before 3.13 dropped
//! what a body returns in answer to `close`.

use tminus_lessons::lesson07_averager::{Exception, Generator, Step};

/// Runs a generator to its end, and gives all that it yielded, and its result.
///
/// # Errors
///
/// The exception that ended it, if one did.
pub fn drain<Y, S: Default, R>(
    mut generator: Generator<Y, S, R>,
) -> Result<(Vec<Y>, R), Exception> {
    let mut items = Vec::new();
    loop {
        match generator.resume()? {
            Step::Yielded(item) => items.push(item),
            Step::Returned(result) => return Ok((items, result)),
        }
    }
}

/// An averager that takes in numbers until it is closed. How many there were and their average is what `close` gives.
///
/// Other exceptions end it without a result.
pub fn tally() -> Generator<(), f64, (u32, f64)> {
    Generator::new(async |co| {
        let (mut total, mut count) = (0.0, 0);
        loop {
            match co.yield_(()).await {
                Ok(term) => {
                    total += term;
                    count += 1;
                }
                Err(Exception::GeneratorExit) => return Ok((count, total / f64::from(count))),
                Err(other) => return Err(other),
            }
        }
    })
}
