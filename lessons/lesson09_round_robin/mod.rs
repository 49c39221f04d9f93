#![doc = include_str!("README.md")]

use std::collections::VecDeque;

pub use tminus_lessons::lesson07_averager::{Exception, Generator, Step};
pub use tminus_lessons::lesson09_round_robin::lanes::{LEGEND, Lanes};

pub mod lanes;

/// Prints the numbers from `n` down to 1, one a turn, and then `Blast off!`.
pub fn countdown(n: u32) -> Generator<()> {
    Generator::new(async move |co| {
        for i in (1..=n).rev() {
            println!("T-minus {i}");
            co.yield_(()).await?;
        }
        println!("Blast off!");
        Ok(())
    })
}

/// A [`countdown`] with one line in the wrong place.
pub fn early_countdown(n: u32) -> Generator<()> {
    Generator::new(async move |co| {
        for i in (1..=n).rev() {
            println!("T-minus {i}");
            co.yield_(()).await?;
            println!("Blast off!");
        }
        Ok(())
    })
}

/// Prints the numbers from 0 to `n - 1`, one a turn.
pub fn countup(n: u32) -> Generator<()> {
    Generator::new(async move |co| {
        for i in 0..n {
            println!("Counting up {i}");
            co.yield_(()).await?;
        }
        Ok(())
    })
}

/// Generators that take turns.
#[derive(Default)]
pub struct TaskScheduler {
    queue: VecDeque<Generator<()>>, // the task at the front has the next turn
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
                Step::Returned(()) => {} // that was its last turn
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `n` turns that only yield, and one to return in.
    fn turns(n: u32) -> Generator<()> {
        Generator::new(async move |co| {
            for _ in 0..n {
                co.yield_(()).await?;
            }
            Ok(())
        })
    }

    fn failing() -> Generator<()> {
        Generator::new(async |co| {
            co.yield_(()).await?;
            Err(std::fmt::Error.into())
        })
    }

    #[test]
    fn tasks_take_turns() {
        let lanes = Lanes::default();
        let mut scheduler = TaskScheduler::default();
        for n in [2, 0, 4] {
            scheduler.new_task(lanes.watch(&n.to_string(), turns(n)));
        }
        scheduler.run().unwrap();
        assert_eq!(
            lanes.draw(),
            "2  #..#.x\n\
             0  .x\n\
             4  ..#.#.##x\n"
        );
    }

    #[test]
    fn a_failure_ends_the_run_and_the_others_can_go_on() {
        let lanes = Lanes::default();
        let mut scheduler = TaskScheduler::default();
        scheduler.new_task(lanes.watch("fails", failing()));
        scheduler.new_task(lanes.watch("works", turns(2)));
        assert!(matches!(scheduler.run(), Err(Exception::Error(_))));
        assert_eq!(lanes.draw(), "fails  #.!\nworks  .#.\n");
        scheduler.run().unwrap();
        assert_eq!(lanes.draw(), "fails  #.!\nworks  .#.#x\n");
    }
}
