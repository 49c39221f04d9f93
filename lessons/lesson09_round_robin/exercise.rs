//! Your turn. Both compile, and neither is right yet. Close the page first.

use std::collections::VecDeque;

use tminus_lessons::lesson08_yield_from::YieldFrom;
use tminus_lessons::lesson09_round_robin::{Exception, Generator};

/// Exercise 1: generators that take turns.
#[derive(Default)]
pub struct TaskScheduler {
    queue: VecDeque<Generator<()>>,
}

impl TaskScheduler {
    /// Puts a task at the back of the queue.
    pub fn new_task(&mut self, task: Generator<()>) {
        // The first task would be the last: step 3.
        self.queue.push_front(task);
    }

    /// Resumes the task at the front of the queue, and so on, until no task is left or one fails.
    pub fn run(&mut self) -> Result<(), Exception> {
        // Each task has one turn, and nobody looks at what came of it: steps 1 and 3.
        for mut task in self.queue.drain(..) {
            let _step = task.resume();
        }
        Ok(())
    }
}

/// Exercise 2: a scheduler that is a task itself. In each turn of the group, one task of the group has a turn. The
/// group returns when the last of these tasks returns.
pub fn group(tasks: Vec<Generator<()>>) -> Generator<()> {
    Generator::new(async move |co| {
        // This runs one task after the other.
        for task in tasks {
            co.yield_from(task).await?;
        }
        Ok(())
    })
}
