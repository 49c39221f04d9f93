//! What can be sent to.

use tminus_lessons::lesson04_throw::{Co, Exception, Generator};

/// A generator that takes in `T`s, and hands out nothing.
pub type Target<T> = Generator<(), T>;

/// Makes a target that waits for its first item: Python's decorator `coroutine`.
///
/// # Panics
///
/// If the body ends before its first `yield_`.
pub fn primed<T, F>(body: impl FnOnce(Co<(), T>) -> F) -> Target<T>
where
    F: Future<Output = Result<(), Exception>> + 'static,
{
    let primed = Generator::new(body).primed();
    primed.expect("it waits for its first item")
}
