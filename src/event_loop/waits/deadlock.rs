//! What to say when nothing can ever happen again.

use std::{collections::BTreeSet, error::Error, fmt, rc::Rc};

use super::{
    super::{kernel::Kernel, keys::Key},
    reason::{Awaited, Part, WaitKind},
    words,
};

/// No task can run, no timer is set, and nobody outside can wake the loop: which tasks are stuck, and on what.
///
/// [`run_until_complete`](crate::EventLoop::run_until_complete) fails with an exception that holds this: see
/// [`downcast_ref`](crate::Exception::downcast_ref).
///
/// ```
/// use tminus::{EventLoop, event_loop::Deadlock};
///
/// let event_loop = EventLoop::new();
/// let never = event_loop.create_future::<()>();
/// let stuck = event_loop.run_until_complete(async { never.await }).unwrap_err();
/// let deadlock = stuck.downcast_ref::<Deadlock>().unwrap();
/// assert_eq!(deadlock.stuck[0].task, "Task-1");
/// assert_eq!(deadlock.stuck[0].waits_for, "a future");
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Deadlock {
    /// The tasks that have not ended, in the order of spawning.
    pub stuck: Vec<Stuck>,
    /// The names of tasks that wait for each other, each for the next one and the last for the first. Empty if there is
    /// no such cycle.
    pub cycle: Vec<String>,
}

/// A task that can never run again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stuck {
    /// The task's name.
    pub task: String,
    /// What the task waits for, in words.
    pub waits_for: String,
}

impl Deadlock {
    pub(in super::super) fn of(kernel: &Kernel) -> Self {
        let living = kernel.with(|tasks| tasks.living());
        let stuck = |&key: &Key| Stuck {
            task: kernel.with(|tasks| tasks.name(key)).as_ref().to_owned(),
            waits_for: waits_for(kernel, key),
        };
        Self {
            stuck: living.iter().map(stuck).collect(),
            cycle: cycle_among(kernel, &living),
        }
    }
}

/// What a task waits for, in words.
pub(in super::super) fn waits_for(kernel: &Kernel, key: Key) -> String {
    let waits = kernel.with(|tasks| tasks.fresh_waits(key));
    let reasons: Vec<String> = waits
        .into_iter()
        .map(|id| words::reason(kernel, id).words)
        .collect();
    match reasons.is_empty() {
        true => words::FOREIGN.to_owned(),
        false => reasons.join(" and "),
    }
}

/// The names of tasks that wait for each other, from the oldest on; of the first such cycle, if there is one.
fn cycle_among(kernel: &Kernel, tasks: &[Key]) -> Vec<String> {
    let mut seen = BTreeSet::new();
    for &task in tasks {
        // The way from this task, and at each place what is still to be followed.
        let mut path: Vec<(Key, _)> = Vec::new();
        let mut next = Some(task);
        loop {
            if let Some(task) = next.take() {
                if seen.insert(task) {
                    path.push((task, awaited_by(kernel, task).into_iter()));
                } else if let Some(start) = path.iter().position(|(other, _)| *other == task) {
                    let cycle = path.drain(start..).map(|(task, _)| task).collect();
                    return from_the_oldest(kernel, cycle);
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

/// The tasks for which `task` waits, alone or among others, and the holder of the lock for which it waits. Each object is
/// looked at only once, because gathers can share parts.
fn awaited_by(kernel: &Kernel, task: Key) -> Vec<Key> {
    let (mut tasks, mut seen) = (Vec::new(), BTreeSet::new());
    let mut futures: Vec<Rc<dyn Awaited>> = Vec::new();
    let waits = kernel.with(|tasks| {
        let waits = tasks.fresh_waits(task).into_iter();
        waits
            .filter_map(|id| Some(tasks.wait(id)?.0.clone()))
            .collect::<Vec<_>>()
    });
    for wait in waits {
        match wait {
            WaitKind::Task(key, _) => tasks.push(key),
            WaitKind::Lock(holder) => tasks.extend(holder.get()),
            WaitKind::Future(future) => futures.push(future),
            WaitKind::Sleep(_) | WaitKind::Line(_) | WaitKind::Outside(_) | WaitKind::Foreign => {}
        }
        while let Some(future) = futures.pop() {
            if !seen.insert(Rc::as_ptr(&future).cast::<()>()) {
                continue;
            }
            for part in future.kind().parts().iter().rev() {
                match part {
                    Part::Task(key) => tasks.push(*key),
                    Part::Future(future) => futures.extend(future.upgrade()),
                }
            }
        }
    }
    kernel.with(|table| tasks.retain(|key| !table.ended(*key)));
    tasks
}

fn from_the_oldest(kernel: &Kernel, mut cycle: Vec<Key>) -> Vec<String> {
    let number = |place: &usize| kernel.with(|tasks| tasks.number(cycle[*place]));
    let oldest = (0..cycle.len()).min_by_key(number);
    cycle.rotate_left(oldest.expect("it has a task"));
    let name = |key| kernel.with(|tasks| tasks.name(key)).as_ref().to_owned();
    cycle.into_iter().map(name).collect()
}

/// How many tasks the text names. All of them are in [`Deadlock::stuck`].
const SHOWN: usize = 50;

impl fmt::Display for Deadlock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("deadlock: nothing can run, and nobody is left to change that")?;
        for Stuck { task, waits_for } in self.stuck.iter().take(SHOWN) {
            write!(f, "; task {task:?} waits for {waits_for}")?;
        }
        if self.stuck.len() > SHOWN {
            write!(f, "; and {} more tasks", self.stuck.len() - SHOWN)?;
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

/// The text, which `main` shows if it returns the error in a box.
impl fmt::Debug for Deadlock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Error for Deadlock {}
