//! What to say when nothing can ever happen again.

use std::{collections::BTreeSet, error::Error, fmt, rc::Rc};

use super::any_task::{AnyTask, TaskRef};

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
        Self {
            stuck: tasks.iter().map(stuck).collect(),
            cycle: cycle_among(tasks),
        }
    }
}

/// The names of tasks that wait for each other, from the oldest on; of the first such circle, if there is one.
fn cycle_among(tasks: &[TaskRef]) -> Vec<String> {
    let mut seen = BTreeSet::new();
    for TaskRef(task) in tasks {
        // The way from this task, and at each place what is still to be followed.
        let mut path: Vec<(TaskRef, _)> = Vec::new();
        let mut next = Some(task.clone());
        loop {
            if let Some(task) = next.take().map(TaskRef) {
                if seen.insert(task.0.core().id) {
                    let waits_for = tasks_awaited_by(&*task.0);
                    path.push((task, waits_for.into_iter()));
                } else if let Some(start) = path.iter().position(|(other, _)| *other == task) {
                    return from_the_oldest(path.drain(start..).map(|(task, _)| task).collect());
                }
            }
            let Some((_, left)) = path.last_mut() else {
                break;
            };
            next = left.next();
            if next.is_none() {
                path.pop();
            }
        }
    }
    Vec::new()
}

/// Directly, or among others; or because they have the lock that it waits for.
fn tasks_awaited_by(task: &dyn AnyTask) -> Vec<Rc<dyn AnyTask>> {
    let mut tasks = Vec::new();
    let mut all = task.core().waits_for.borrow().clone().into_vec();
    all.reverse();
    while let Some(awaited) = all.pop() {
        tasks.extend(awaited.reason().task());
        all.extend(awaited.reason().parts().into_iter().rev());
    }
    tasks
}

fn from_the_oldest(mut circle: Vec<TaskRef>) -> Vec<String> {
    let ids = circle.iter().map(|task| task.0.core().id);
    let oldest = ids.enumerate().min_by_key(|(_, id)| *id);
    circle.rotate_left(oldest.map_or(0, |(place, _)| place));
    circle.iter().map(TaskRef::name).collect()
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
