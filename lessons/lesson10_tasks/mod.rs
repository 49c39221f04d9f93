#![doc = include_str!("README.md")]

use std::collections::VecDeque;
use std::fmt;

use indexmap::IndexMap;
pub use tminus_lessons::lesson07_averager::{Exception, Generator, Step};

pub mod primes;
pub mod programs;

/// How a turn ended, and the id of the task that had it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Turn {
    /// The task is at the back of the queue.
    Yielded(u32),
    /// The task is done, and its result is in the results.
    Returned(u32),
    /// The task is done, and its exception is in the errors.
    Failed(u32),
}

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
        self.next_id += 1; // an id is never used again
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
                // No `?` here: the exception belongs to this task, and the others have turns to come.
                self.errors.insert(id, exception);
                Turn::Failed(id)
            }
        })
    }
}

impl<R: fmt::Debug> Scheduler<R> {
    /// Calls `turn` until no task is left, and prints what came of each turn.
    pub fn run_to_completion(&mut self) {
        while let Some(turn) = self.turn() {
            let (id, came) = match turn {
                Turn::Yielded(id) => (id, "now yielded".to_owned()),
                Turn::Returned(id) => (
                    id,
                    format!("completed with result: {:?}", self.results[&id]),
                ),
                Turn::Failed(id) => (id, format!("failed with exception: {}", self.errors[&id])),
            };
            println!("Running task {id} ...{came}");
        }
    }
}

/// Python's `ValueError`.
#[derive(Debug)]
pub struct ValueError(pub &'static str);

impl std::error::Error for ValueError {}

impl fmt::Display for ValueError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

/// Returns the first item that fits. Yields after each item that does not.
pub fn async_search<T: 'static>(
    items: impl IntoIterator<Item = T> + 'static,
    fits: fn(&T) -> bool,
) -> Generator<(), (), T> {
    Generator::new(async move |co| {
        for item in items {
            if fits(&item) {
                return Ok(item);
            }
            co.yield_(()).await?;
        }
        Err(ValueError("Not found").into())
    })
}

/// Prints each item that fits. Yields after each item.
pub fn async_print_matches<T: fmt::Display + 'static>(
    items: impl IntoIterator<Item = T> + 'static,
    fits: fn(&T) -> bool,
) -> Generator<()> {
    Generator::new(async move |co| {
        for item in items {
            if fits(&item) {
                print!("Found: {item}, ");
            }
            co.yield_(()).await?;
        }
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_task_ends_in_the_results_or_in_the_errors() {
        let mut scheduler = Scheduler::default();
        let lost = scheduler.add(async_search([1, 2, 3], |&n| n > 9));
        let found = scheduler.add(async_search([1, 2, 3], |&n| n > 1));
        let turns: Vec<Turn> = std::iter::from_fn(|| scheduler.turn()).collect();
        assert_eq!(
            turns,
            [
                Turn::Yielded(lost),
                Turn::Yielded(found),
                Turn::Yielded(lost),
                Turn::Returned(found),
                Turn::Yielded(lost),
                Turn::Failed(lost),
            ]
        );
        assert_eq!(scheduler.results[&found], 2);
        assert_eq!(scheduler.errors[&lost].to_string(), "Not found");
    }

    #[test]
    fn results_stand_in_the_order_of_completion() {
        let mut scheduler = Scheduler::default();
        for wanted in [30, 10, 20] {
            scheduler.add(async_search(0..100, |_| false));
            scheduler.add(Generator::new(async move |co| {
                for _ in 0..wanted {
                    co.yield_(()).await?;
                }
                Ok(wanted)
            }));
        }
        while scheduler.turn().is_some() {}
        assert!(
            scheduler
                .results
                .iter()
                .eq([(&3, &10), (&5, &20), (&1, &30)])
        );
        assert!(scheduler.errors.keys().eq([&0, &2, &4]));
    }

    #[test]
    fn ids_are_never_used_again() {
        let mut scheduler = Scheduler::default();
        assert_eq!(scheduler.add(async_search([1], |_| true)), 0);
        while scheduler.turn().is_some() {}
        assert_eq!(scheduler.add(async_search([1], |_| true)), 1);
    }
}
