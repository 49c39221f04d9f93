//! One way to solve the exercises.
//!
//! **`retry`.** There are three outcomes, not two. A result ends it. A failure lets it try again. And `GeneratorExit` is
//! no failure of the attempt: somebody wants *us* to finish. Code that catches every exception catches that one too, and
//! cannot be closed: its next attempt yields, and the closer gets "generator ignored GeneratorExit". In asyncio the same
//! mistake makes a task that cannot be cancelled. Catch what you can handle, and name what you cannot.
//!
//! **`first_of`.** Only the queue knows the tasks that are left. When the body returns, the queue is dropped, and to drop
//! a generator is to close it: so the losers clean up, without a line for it. This is `asyncio.wait` with
//! `FIRST_COMPLETED`, and tokio's `select!`, in which the other branches are dropped as well.

use std::collections::VecDeque;

use tminus_lessons::lesson08_yield_from::YieldFrom;
use tminus_lessons::lesson10_tasks::{Exception, Generator, Step, ValueError};

/// Lets `attempt()` run in its place until one attempt returns, and returns what that did. It makes at most `times`
/// attempts, and fails as the last one did. Closing it ends it.
pub fn retry<R: 'static>(
    times: u32,
    mut attempt: impl FnMut() -> Generator<(), (), R> + 'static,
) -> Generator<(), (), R> {
    Generator::new(async move |co| {
        let mut last: Exception = ValueError("no attempts").into();
        for _ in 0..times {
            match co.yield_from(attempt()).await {
                Ok(result) => return Ok(result),
                Err(Exception::GeneratorExit) => return Err(Exception::GeneratorExit),
                Err(exception) => last = exception,
            }
        }
        Err(last)
    })
}

/// Lets its tasks take turns until one returns, and returns what that did. The others are closed. One
/// that fails is left out. If all fail, it fails as the last one did.
pub fn first_of<R: 'static>(tasks: Vec<Generator<(), (), R>>) -> Generator<(), (), R> {
    Generator::new(async move |co| {
        let mut queue = VecDeque::from(tasks);
        let mut last: Exception = ValueError("no tasks").into();
        while let Some(mut task) = queue.pop_front() {
            match task.resume() {
                Ok(Step::Yielded(())) => queue.push_back(task),
                Ok(Step::Returned(result)) => return Ok(result),
                Err(exception) => last = exception,
            }
            if !queue.is_empty() {
                co.yield_(()).await?;
            }
        }
        Err(last)
    })
}
