//! A round-robin scheduler: generators that take turns.
//!
//! A task is a generator that yields to let the others run. The scheduler keeps a queue: it takes the task at the front,
//! runs the task to its next `yield_`, and puts it at the back. So between two turns of one task, each of the others has
//! exactly one turn.
//!
//! ```
//! use tminus::{Exception, Generator, TaskScheduler};
//!
//! fn search(mut numbers: impl Iterator<Item = u32> + 'static, wanted: u32) -> Generator<(), (), usize> {
//!     Generator::new(async move |co| {
//!         let mut passed = 0;
//!         while let Some(number) = numbers.next() {
//!             if number == wanted {
//!                 return Ok(passed);
//!             }
//!             passed += 1;
//!             co.yield_(()).await?; // let the others have a turn
//!         }
//!         Err("not found".parse::<u32>().unwrap_err().into())
//!     })
//! }
//!
//! let mut scheduler = TaskScheduler::new();
//! let far = scheduler.spawn(search(0..100, 50));
//! let near = scheduler.spawn(search(0..100, 3));
//! let nowhere = scheduler.spawn(search(0..100, 1000));
//! scheduler.run();
//!
//! let finished: Vec<_> = scheduler.results().keys().copied().collect();
//! assert_eq!(finished, [near, far]); // in the order of completion
//! assert_eq!(scheduler.take_result(far), Some(50));
//! assert!(scheduler.take_error(nowhere).is_some());
//! ```
//!
//! # What it tells `tracing`
//!
//! Each turn of a task is a span, and each outcome of a turn is an event, with the target `tminus::scheduler`. The guide's
//! page on [`tracing`](crate::guide::tracing#the-scheduler) lists all of them, with their levels and fields.

mod ring;
mod task;

use std::{fmt, mem, rc::Rc};

use indexmap::IndexMap;

use crate::{Exception, Generator, dropping::report_panic, targets::SCHEDULER};
use ring::Ring;
pub use task::Spawner;
use task::{Ran, Shared, Task};

/// The number of a task in its scheduler: 0 for the first task that was spawned, 1 for the second.
///
/// Numbers are never reused. Two schedulers number their tasks independently of each other.
///
/// ```
/// use tminus::{Generator, TaskScheduler};
///
/// let mut scheduler = TaskScheduler::new();
/// let first = scheduler.spawn(Generator::new(async |_| Ok(())));
/// let second = scheduler.spawn(Generator::new(async |_| Ok(())));
/// assert!(first < second);
/// assert_eq!((second.get(), second.to_string()), (1, "1".to_string()));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TaskId(u64);

impl TaskId {
    /// Returns the number.
    #[must_use]
    pub fn get(self) -> u64 {
        self.0
    }
}

impl fmt::Display for TaskId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// One turn: which task ran, and what it did.
///
/// ```
/// use tminus::{Generator, TaskScheduler, Turn};
///
/// let mut scheduler = TaskScheduler::new();
/// let task = scheduler.spawn(Generator::new(async |co| co.yield_(()).await));
/// assert_eq!(scheduler.step(), Some(Turn::Yielded(task)));
/// assert_eq!(scheduler.step(), Some(Turn::Returned(task)));
/// assert_eq!(scheduler.step(), None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Turn {
    /// The task yielded, and is at the back of the queue.
    Yielded(TaskId),
    /// The task finished. Its result is in [`TaskScheduler::results`].
    Returned(TaskId),
    /// An exception or a panic ended the task. The exception is in [`TaskScheduler::errors`].
    Failed(TaskId),
}

impl Turn {
    /// Returns the task that ran.
    #[must_use]
    pub fn task(self) -> TaskId {
        match self {
            Turn::Yielded(id) | Turn::Returned(id) | Turn::Failed(id) => id,
        }
    }
}

/// A round-robin scheduler of generators whose results are of type `R`.
///
/// Tasks run only during [`run`](TaskScheduler::run) and [`step`](TaskScheduler::step). Dropping the scheduler closes the
/// tasks that are left, as [`close_all`](TaskScheduler::close_all) does.
///
/// ```
/// use tminus::{Generator, TaskScheduler};
///
/// let mut scheduler = TaskScheduler::new();
/// let double = |n: u32| {
///     Generator::new(async move |co| {
///         co.yield_(()).await?; // let the others have a turn
///         Ok(2 * n)
///     })
/// };
/// let task = scheduler.spawn(double(4));
/// scheduler.spawn(double(5));
/// scheduler.run();
/// assert_eq!(scheduler.take_outcome(task).unwrap().unwrap(), 8);
/// assert_eq!(scheduler.take_results().into_values().sum::<u32>(), 10);
/// ```
#[must_use = "a scheduler runs its tasks only during `run` and `step`"]
pub struct TaskScheduler<R: 'static = ()> {
    ready: Ring<Task<R>>,
    shared: Rc<Shared<R>>,
    results: IndexMap<TaskId, R>,
    errors: IndexMap<TaskId, Exception>,
}

impl<R: 'static> TaskScheduler<R> {
    /// Creates a scheduler without tasks.
    pub fn new() -> Self {
        Self {
            ready: Ring::new(),
            shared: Rc::default(),
            results: IndexMap::new(),
            errors: IndexMap::new(),
        }
    }

    /// Adds a task to the back of the queue, and returns its number. Runs nothing of the task.
    pub fn spawn(&mut self, generator: Generator<(), (), R>) -> TaskId {
        let id = self.shared.spawn(None, generator);
        self.enqueue_spawned();
        id
    }

    /// Like [`spawn`](TaskScheduler::spawn), but names the task. The name is shown in traces.
    pub fn spawn_named(&mut self, name: &str, generator: Generator<(), (), R>) -> TaskId {
        let id = self.shared.spawn(Some(name.into()), generator);
        self.enqueue_spawned();
        id
    }

    /// Returns a handle with which tasks can spawn other tasks.
    pub fn spawner(&self) -> Spawner<R> {
        Spawner::new(&self.shared)
    }

    /// Runs tasks in turns until no task is left.
    pub fn run(&mut self) {
        while self.step().is_some() {}
    }

    /// Runs one turn of the task at the front of the queue. Returns `None` if no task is left.
    #[inline]
    pub fn step(&mut self) -> Option<Turn> {
        self.enqueue_spawned();
        let task = self.ready.front_mut()?;
        task.turns += 1;
        let id = task.id;
        match self.shared.run_as(id, || task.take_turn(&self.shared)) {
            Ok(Ran::Yielded) => {
                self.enqueue_spawned();
                self.ready.rotate();
                Some(Turn::Yielded(id))
            }
            Ok(Ran::Returned(result)) => Some(self.end(Ok(result))),
            Ok(Ran::Failed(exception)) | Err(exception) => Some(self.end(Err(exception))),
        }
    }

    /// Removes the task at the front, which has ended.
    #[cold]
    fn end(&mut self, outcome: Result<R, Exception>) -> Turn {
        let task = self.ready.pop_front().expect("it has just run");
        let id = task.id;
        match outcome {
            Ok(result) => {
                tracing::debug!(
                    target: SCHEDULER,
                    scheduler = self.shared.number,
                    task = id.0,
                    name = task.name(),
                    turn = task.turns,
                    "returned"
                );
                self.results.insert(id, result);
                Turn::Returned(id)
            }
            Err(exception) => {
                task.report_failure(&self.shared, &exception);
                self.errors.insert(id, exception);
                Turn::Failed(id)
            }
        }
    }

    /// Returns `true` if no task is left to run.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.ready.is_empty() && !self.shared.any_spawned()
    }

    /// Returns the tasks that are left to run, in the order of their next turns.
    ///
    /// ```
    /// use tminus::{Generator, TaskScheduler};
    ///
    /// let mut scheduler = TaskScheduler::new();
    /// let yields_once = || Generator::new(async |co| co.yield_(()).await);
    /// let (first, second) = (scheduler.spawn(yields_once()), scheduler.spawn(yields_once()));
    /// scheduler.step();
    /// assert_eq!(scheduler.tasks(), [second, first]);
    /// ```
    #[must_use]
    pub fn tasks(&self) -> Vec<TaskId> {
        let spawned = |tasks: &[Task<R>]| tasks.iter().map(|task| task.id).collect();
        let spawned: Vec<TaskId> = self.shared.with_spawned(spawned);
        self.ready
            .iter()
            .map(|task| task.id)
            .chain(spawned)
            .collect()
    }

    /// Returns the name of a task that is left to run, if it has one. This searches the queue.
    #[must_use]
    pub fn name(&self, id: TaskId) -> Option<String> {
        let of = |task: &Task<R>| (task.id == id).then(|| task.name().to_string());
        let spawned = || self.shared.with_spawned(|tasks| tasks.iter().find_map(of));
        let name = self.ready.iter().find_map(of).or_else(spawned)?;
        (!name.is_empty()).then_some(name)
    }

    /// Returns the results of the tasks that returned, in the order of completion.
    #[must_use]
    pub fn results(&self) -> &IndexMap<TaskId, R> {
        &self.results
    }

    /// Returns the exceptions that ended tasks, in the order of completion. A panic is an exception of
    /// [`Kind::Panic`](crate::Kind::Panic).
    #[must_use]
    pub fn errors(&self) -> &IndexMap<TaskId, Exception> {
        &self.errors
    }

    /// Removes and returns the result of a task, if the task has returned. The other results keep their order.
    pub fn take_result(&mut self, id: TaskId) -> Option<R> {
        self.results.shift_remove(&id)
    }

    /// Removes and returns the exception that ended a task, if one did. The other exceptions keep their order.
    pub fn take_error(&mut self, id: TaskId) -> Option<Exception> {
        self.errors.shift_remove(&id)
    }

    /// Removes and returns the result of a task, or the exception that ended it. Returns `None` if the task is left to
    /// run, was closed, or had its outcome taken before.
    pub fn take_outcome(&mut self, id: TaskId) -> Option<Result<R, Exception>> {
        let error = || self.errors.shift_remove(&id).map(Err);
        self.results.shift_remove(&id).map(Ok).or_else(error)
    }

    /// Removes and returns all results, in the order of completion.
    pub fn take_results(&mut self) -> IndexMap<TaskId, R> {
        mem::take(&mut self.results)
    }

    /// Removes and returns all exceptions that ended tasks, in the order of completion.
    pub fn take_errors(&mut self) -> IndexMap<TaskId, Exception> {
        mem::take(&mut self.errors)
    }

    /// Closes a task, so that it cleans up, and removes the task from the queue. Returns the result if the task returns one
    /// in answer, as [`Generator::close`] does. Returns `Ok(None)` if the task is no longer in the queue.
    ///
    /// # Errors
    ///
    /// - The exception that the task raises in answer. A panic is an exception of [`Kind::Panic`](crate::Kind::Panic).
    /// - `RuntimeError`, "generator ignored GeneratorExit", if the task yields again. The task stays in the queue.
    pub fn close(&mut self, id: TaskId) -> Result<Option<R>, Exception> {
        self.enqueue_spawned();
        let mut closed = Ok(None);
        self.ready.retain(|task| {
            if task.id == id {
                closed = task.close(&self.shared);
            }
            !task.is_closed()
        });
        closed
    }

    /// Closes all tasks, in the order in which they were spawned.
    ///
    /// Exceptions that tasks raise in answer are added to [`errors`](Self::errors), and results to
    /// [`results`](Self::results). A task that ignores `GeneratorExit` is dropped, and that error is added.
    pub fn close_all(&mut self) {
        self.enqueue_spawned();
        let mut tasks: Vec<Task<R>> = std::iter::from_fn(|| self.ready.pop_front()).collect();
        tasks.sort_unstable_by_key(|task| task.id);
        for mut task in tasks {
            let id = task.id;
            match task.close(&self.shared) {
                Ok(Some(result)) => drop(self.results.insert(id, result)),
                Ok(None) => {}
                Err(exception) => drop(self.errors.insert(id, exception)),
            }
            // A task that ignored `GeneratorExit` receives it again now, and can panic.
            let dropped = self.shared.run_as(id, || drop(task));
            if let Err(panic) = dropped {
                self.errors.insert(id, panic);
            }
        }
    }

    #[inline]
    fn enqueue_spawned(&mut self) {
        if self.shared.any_spawned() {
            self.enqueue_all_spawned();
        }
    }

    #[cold]
    fn enqueue_all_spawned(&mut self) {
        for task in self.shared.take_spawned() {
            self.ready.push_back(task);
        }
    }
}

impl<R> Default for TaskScheduler<R> {
    fn default() -> Self {
        Self::new()
    }
}

impl<R> Drop for TaskScheduler<R> {
    fn drop(&mut self) {
        self.close_all();
        // Tasks that the clean-up spawned never run. They can hold a spawner, and with it the scheduler's tables.
        while self.shared.any_spawned() {
            drop_and_report(self.shared.take_spawned());
        }
        drop_and_report(mem::take(&mut self.results));
        drop_and_report(mem::take(&mut self.errors));
    }
}

/// Drops each value on its own, so that a panic in one drop does not keep the others from being dropped. No task is left
/// whose error the panic could be, so it is reported.
fn drop_and_report(all: impl IntoIterator) {
    for each in all {
        report_panic(|| drop(each));
    }
}

impl<R> fmt::Debug for TaskScheduler<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ready: Vec<TaskId> = self.ready.iter().map(|task| task.id).collect();
        f.debug_struct("TaskScheduler")
            .field("ready", &ready)
            .field("returned", &self.results.keys())
            .field("failed", &self.errors.keys())
            .finish()
    }
}
