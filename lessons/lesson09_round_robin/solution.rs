//! One way to solve the exercises.
//!
//! **`TaskScheduler`.** The queue is the whole memory of the scheduler. Its front says which task is next, and a task that
//! is over is simply not in it: there is no list to clean up, and no index to correct. Look at who owns a task. During its
//! turn that is the variable `task`, not the queue. So a task that returns, or fails at the `?`, is dropped at the end of
//! its turn, and a task that yields has to be put back, or it is closed.
//!
//! **`group`.** The body is driven by a scheduler, and drives tasks itself. Its driver cannot tell: a group yields and
//! returns, as every task does. Put three tasks into a group and one task beside it: the one outside has every second turn,
//! not every fourth. So what is fair depends on who stands in which queue. There is no `yield_` after the last turn: the
//! group is over when its last task is.

use std::collections::VecDeque;

use tminus_lessons::lesson09_round_robin::{Exception, Generator, Step};

/// Exercise 1: generators that take turns.
#[derive(Default)]
pub struct TaskScheduler {
    queue: VecDeque<Generator<()>>,
}

impl TaskScheduler {
    /// Puts a task at the back of the queue.
    pub fn new_task(&mut self, task: Generator<()>) {
        self.queue.push_back(task);
    }

    /// Resumes the task at the front of the queue, and so on, until no task is left or one fails.
    pub fn run(&mut self) -> Result<(), Exception> {
        while let Some(mut task) = self.queue.pop_front() {
            match task.resume()? {
                Step::Yielded(()) => self.queue.push_back(task),
                Step::Returned(()) => {}
            }
        }
        Ok(())
    }
}

/// Exercise 2: a scheduler that is a task itself. In each turn of the group, one task of the group has a turn. The
/// group returns when the last of these tasks returns.
pub fn group(tasks: Vec<Generator<()>>) -> Generator<()> {
    Generator::new(async move |co| {
        let mut queue = VecDeque::from(tasks);
        while let Some(mut task) = queue.pop_front() {
            if let Step::Yielded(()) = task.resume()? {
                queue.push_back(task);
            }
            if !queue.is_empty() {
                co.yield_(()).await?;
            }
        }
        Ok(())
    })
}
