//! Your turn. Everything here compiles, and is wrong.

use std::collections::VecDeque;

use indexmap::IndexMap;

use tminus_lessons::lesson08_yield_from::YieldFrom;
use tminus_lessons::lesson10_tasks::{Exception, Generator, Turn, ValueError};

/// Exercise 1: tasks that take turns, with the results and the exceptions of the tasks that are done.
#[derive(Default)]
pub struct Scheduler<R> {
    next_id: u32,
    runnable: VecDeque<(u32, Generator<(), (), R>)>,
    /// The results by id, in the order of completion.
    pub results: IndexMap<u32, R>,
    /// The exceptions by id, in the order of failure.
    pub errors: IndexMap<u32, Exception>,
}

impl<R> Scheduler<R> {
    /// Puts a task at the back of the queue, and returns its id.
    pub fn add(&mut self, routine: Generator<(), (), R>) -> u32 {
        // Write the whole method. Here every task is task 7.
        self.runnable.push_back((7, routine));
        7
    }

    /// Resumes the task at the front, and keeps what came of it. Returns `None` if there is no task.
    pub fn turn(&mut self) -> Option<Turn> {
        // Write the whole method. This one drops the task before its turn. Step 1 of the page shows what becomes of
        // results that nobody labels, and of the other tasks if one failure ends the run.
        let (id, _routine) = self.runnable.pop_front()?;
        Some(Turn::Yielded(id))
    }
}

/// Exercise 2: delegates to `attempt()` until one attempt returns, and returns that result.
///
/// At most `times` attempts are made, and `retry` fails with the exception of the last one. After a close, no further
/// attempt is made. `retry` is a task and needs no scheduler of its own.
pub fn retry<R: 'static>(
    times: u32,
    mut attempt: impl FnMut() -> Generator<(), (), R> + 'static,
) -> Generator<(), (), R> {
    Generator::new(async move |co| {
        // This makes all attempts, and does not look at what came of them.
        for _ in 0..times {
            drop(co.yield_from(attempt()).await);
        }
        Err(ValueError("no attempt left").into())
    })
}
