//! One way to solve the exercises.
//!
//! **`run_in_slices`.** The inner loop is left in two ways: the slice is used up, and the task goes to the back; or the
//! task is over, and goes nowhere. With a slice of 1 this is the scheduler of the lesson. With a slice without end it is
//! one task after the other. In between there is a price for either: a short slice switches often, a long one lets the
//! others wait. An operating system has the same number to choose, and calls it the time slice.
//!
//! **`group`.** The body is driven by a scheduler, and drives tasks itself. Whoever resumes it cannot tell: it yields and
//! returns, as every task does. Put three tasks into a group and one beside it, and the one gets every second turn, not
//! every fourth. So what is fair depends on where you put whom. The last turn has no `yield_` after it: the group is over
//! when its last task is.

use std::collections::VecDeque;

use tminus_lessons::lesson09_round_robin::{Exception, Generator, Step};

/// Runs tasks until all are over. A task may have up to `slice` turns in a row before it goes to the back of the queue.
pub fn run_in_slices(tasks: Vec<Generator<()>>, slice: u32) -> Result<(), Exception> {
    let mut queue = VecDeque::from(tasks);
    while let Some(mut task) = queue.pop_front() {
        let mut used = 0;
        while let Step::Yielded(()) = task.resume()? {
            used += 1;
            if used == slice {
                queue.push_back(task);
                break;
            }
        }
    }
    Ok(())
}

/// A scheduler that is a task itself. Each of its turns is one turn of one of its tasks, and its last turn is theirs.
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
