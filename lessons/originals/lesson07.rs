//! Your turn. Both compile, and neither is right yet.

use tminus_lessons::lesson07_averager::{Exception, Generator};

/// Runs a generator to its end, and gives all that it yielded, and its result.
///
/// # Errors
///
/// The exception that ended it, if one did.
pub fn drain<Y, S: Default, R>(generator: Generator<Y, S, R>) -> Result<(Vec<Y>, R), Exception> {
    // The result was there, and `collect` dropped it. So did `ok` with the exceptions.
    let _items: Vec<Y> = generator.filter_map(Result::ok).collect();
    Err(Exception::StopIteration)
}

/// An averager that takes in numbers until it is closed. How many there were and their average is what `close` gives.
///
/// Other exceptions end it without a result.
pub fn tally() -> Generator<(), f64, (u32, f64)> {
    Generator::new(async |co| {
        let (mut total, mut count) = (0.0, 0);
        while count < u32::MAX {
            // This passes on every exception, and `GeneratorExit` is one.
            total += co.yield_(()).await?;
            count += 1;
        }
        Ok((count, total / f64::from(count)))
    })
}
