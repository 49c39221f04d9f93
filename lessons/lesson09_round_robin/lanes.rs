//! An instrument: it draws one lane for each task, and one column for each turn.

use std::{cell::RefCell, rc::Rc};

use super::{Exception, Generator, Step};

/// What the letters in a drawing mean.
pub const LEGEND: &str = "# a turn   x its last   ! failed in it   . another's turn";

/// A record of turns: one lane for each task, one column for each turn. Clones write on the same record.
#[derive(Clone, Default)]
pub struct Lanes(Rc<RefCell<Vec<Lane>>>);

struct Lane {
    name: String,
    turns: String,
}

impl Lanes {
    /// Adds a lane for a task. Returns a task that does the same, and marks its turns.
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
                    Step::Yielded(()) => co.yield_(()).await?,
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

    /// Returns the lanes as text, one line each.
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

    /// A task that yields once.
    fn twice() -> Generator<()> {
        Generator::new(async |co| co.yield_(()).await)
    }

    #[test]
    fn a_lane_starts_where_its_task_was_added() {
        let lanes = Lanes::default();
        for _ in lanes.watch("early", twice()) {}
        for _ in lanes.watch("late", twice()) {}
        assert_eq!(lanes.draw(), "early  #x\nlate     #x\n");
    }

    #[test]
    fn a_watched_task_keeps_its_result() {
        let mut watched = Lanes::default().watch("averager", Generator::new(async |_| Ok(15.5)));
        assert_eq!(watched.resume().unwrap(), Step::Returned(15.5));
    }
}
