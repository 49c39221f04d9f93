//! What to say when nothing can ever happen again.

use std::{error::Error, fmt, rc::Rc};

use super::task::{AnyTask, TaskRef};

/// No task can run, no timer is set, and nobody outside can wake the loop: who is stuck, and on what.
///
/// It comes as the exception of [`run_until_complete`](super::EventLoop::run_until_complete); get it back by
/// [`downcast_ref`](crate::Exception::downcast_ref).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deadlock {
    /// The tasks that have not ended, in the order of creation.
    pub stuck: Vec<Stuck>,
    /// Tasks that wait for each other, each for the next one and the last for the first; if there are any.
    pub cycle: Vec<String>,
}

/// A task that can never run again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stuck {
    /// Its name.
    pub task: String,
    /// What it waits for, in words.
    pub waits_for: String,
}

impl Deadlock {
    pub(super) fn of(tasks: &[TaskRef]) -> Self {
        let stuck = |task: &TaskRef| Stuck {
            task: task.name(),
            waits_for: task.waits_for(),
        };
        let cycle = tasks.iter().find_map(|task| cycle_from(&task.0));
        Self {
            stuck: tasks.iter().map(stuck).collect(),
            cycle: cycle.unwrap_or_default(),
        }
    }
}

/// The names of the tasks on the way from a task back to itself.
fn cycle_from(start: &Rc<dyn AnyTask>) -> Option<Vec<String>> {
    let mut path: Vec<Rc<dyn AnyTask>> = vec![start.clone()];
    loop {
        let last = path.last().expect("it has the start");
        let waits_for = last.core().waits_for.borrow().clone();
        let next = waits_for
            .into_iter()
            .find_map(|awaited| awaited.as_task())?;
        if next.core().id == start.core().id {
            return Some(path.into_iter().map(|task| TaskRef(task).name()).collect());
        }
        if path.iter().any(|task| task.core().id == next.core().id) {
            return None; // a cycle that the start only leads to
        }
        path.push(next);
    }
}

impl fmt::Display for Deadlock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("deadlock: nothing can run, and nobody is left to change that")?;
        for Stuck { task, waits_for } in &self.stuck {
            write!(f, "; task {task:?} waits for {waits_for}")?;
        }
        if let Some(first) = self.cycle.first() {
            f.write_str("; these wait for each other: ")?;
            for task in &self.cycle {
                write!(f, "{task:?} -> ")?;
            }
            write!(f, "{first:?}")?;
        }
        Ok(())
    }
}

impl Error for Deadlock {}
