//! One way to solve the exercises.
//!
//! **`Scheduler`.** The whole error path is one missing `?`. `resume` still returns an `Err`, but `turn` keeps it under
//! the task's id, and from then on it is data. A loop does not stop for data. Look also at the two places that the id
//! goes through: `turn` takes it out of the queue with the task, and either puts it back with the task or writes it
//! beside the outcome. So it is never lost, and never worked out again. And ids come from a counter, because everything
//! else that is at hand (the length of the queue, a position in it) is a number that comes back.
//!
//! **`retry`.** There are three ends here, too, but not the same three. A result ends it. A failure lets it try again.
//! And `GeneratorExit` is no failure of the attempt: somebody wants *us* to finish. Code that catches every exception
//! catches that one as well, and cannot be closed: its next attempt yields, and the caller of `close` gets "generator
//! ignored GeneratorExit". In asyncio, the same mistake makes a task that cannot be cancelled. Catch what you can
//! handle, and name what you cannot.

use std::collections::VecDeque;

use indexmap::IndexMap;

use tminus_lessons::lesson08_yield_from::YieldFrom;
use tminus_lessons::lesson10_tasks::{Exception, Generator, Step, Turn, ValueError};

/// Tasks that take turns, with the results and the exceptions of the tasks that are done.
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
        let id = self.next_id;
        self.next_id += 1;
        self.runnable.push_back((id, routine));
        id
    }

    /// Resumes the task at the front, and keeps what came of it. Returns `None` if there is no task.
    pub fn turn(&mut self) -> Option<Turn> {
        let (id, mut routine) = self.runnable.pop_front()?;
        Some(match routine.resume() {
            Ok(Step::Yielded(())) => {
                self.runnable.push_back((id, routine));
                Turn::Yielded(id)
            }
            Ok(Step::Returned(result)) => {
                self.results.insert(id, result);
                Turn::Returned(id)
            }
            Err(exception) => {
                self.errors.insert(id, exception);
                Turn::Failed(id)
            }
        })
    }
}

/// Delegates to `attempt()` until one attempt returns, and returns that result.
///
/// At most `times` attempts are made, and `retry` fails with the exception of the last one. After a close, no further
/// attempt is made.
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
