//! Your turn. Both compile, and neither is right yet.

use tminus_lessons::lesson04_throw::{Exception, Generator};

/// Gives the numbers two by two. If one is left over, it ends with the `RuntimeError` "one is left over".
pub fn pairs(mut numbers: Generator<u32>) -> Generator<(u32, u32)> {
    Generator::new(async move |co| {
        loop {
            // Both can be `StopIteration`, and it means something different each time.
            let first = numbers.resume()?;
            let second = numbers.resume()?;
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
        for attempt in 1..=times {
            // This gives up at the first, and goes on when all is well.
            co.yield_(attempt).await?;
        }
        let _gave_up = Exception::RuntimeError("gave up", None);
        Ok(())
    })
}
