#![doc = include_str!("README.md")]

use std::collections::VecDeque;
use std::{cell::RefCell, rc::Rc};

pub use tminus_lessons::lesson07_averager::{Exception, Generator, Step};

/// Says the numbers from `n` down to 1, one a turn, and then `Blast off!`.
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

/// The same, with one line in the wrong place.
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

/// Says the numbers from 0 to `n - 1`, one a turn.
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
    queue: VecDeque<Generator<()>>,
}

impl TaskScheduler {
    /// Puts a task at the back of the queue.
    pub fn new_task(&mut self, task: Generator<()>) {
        self.queue.push_back(task);
    }

    /// Gives the task at the front a turn, and so on, until no task is left.
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

/// What the letters in a drawing mean.
pub const LEGEND: &str = "# a turn   x its last   ! failed in it   . another's turn";

/// A record of turns: one lane a task, one column a turn. A clone writes on the same record.
#[derive(Clone, Default)]
pub struct Lanes(Rc<RefCell<Vec<Lane>>>);

struct Lane {
    name: String,
    turns: String,
}

impl Lanes {
    /// Puts a task into a lane. What comes back does what the task does, and marks its turns.
    pub fn watch<R: 'static>(
        &self,
        name: &str,
        mut task: Generator<(), (), R>,
    ) -> Generator<(), (), R> {
        let (lanes, lane) = (self.clone(), self.add(name));
        Generator::new(async move |co| {
            loop {
                let step = task.resume();
                lanes.mark(lane, &step);
                match step? {
                    Step::Yielded(()) => co.yield_(()).await?, // a close leaves here; `task` is dropped
                    Step::Returned(result) => return Ok(result),
                }
            }
        })
    }

    fn add(&self, name: &str) -> usize {
        let mut lanes = self.0.borrow_mut();
        let so_far = lanes.first().map_or(0, |lane| lane.turns.len());
        lanes.push(Lane {
            name: name.to_owned(),
            turns: " ".repeat(so_far),
        });
        lanes.len() - 1
    }

    fn mark<R>(&self, whose: usize, step: &Result<Step<(), R>, Exception>) {
        let mark = match step {
            Ok(Step::Yielded(())) => '#',
            Ok(Step::Returned(_)) => 'x',
            Err(_) => '!',
        };
        for (index, lane) in self.0.borrow_mut().iter_mut().enumerate() {
            let over = lane.turns.contains(['x', '!']);
            let elsewhere = if over { ' ' } else { '.' };
            lane.turns
                .push(if index == whose { mark } else { elsewhere });
        }
    }

    /// The lanes as text, one line each.
    pub fn draw(&self) -> String {
        let lanes = self.0.borrow();
        let width = lanes.iter().map(|lane| lane.name.len()).max().unwrap_or(0);
        let line = |lane: &Lane| format!("{:width$}  {}\n", lane.name, lane.turns.trim_end());
        lanes.iter().map(line).collect()
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

    #[test]
    fn a_lane_starts_where_its_task_was_added() {
        let lanes = Lanes::default();
        for _ in lanes.watch("early", turns(1)) {}
        for _ in lanes.watch("late", turns(1)) {}
        assert_eq!(lanes.draw(), "early  #x\nlate     #x\n");
    }

    #[test]
    fn a_watched_task_keeps_its_result() {
        let mut watched = Lanes::default().watch("averager", Generator::new(async |_| Ok(15.5)));
        assert_eq!(watched.resume().unwrap(), Step::Returned(15.5));
    }
}
