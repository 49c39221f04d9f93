//! A round-robin scheduler: generators that take turns.
//!
//! A task is a generator that yields to give way. The scheduler keeps a queue: it takes the task at the front, runs it to
//! its next `yield_`, and puts it at the back. So with `n` live tasks, between two turns of one there is exactly one turn
//! of each of the others.
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
//! Each task's turns are spans, and what comes of them are events, with the target `tminus::scheduler`. The guide's page
//! on [`tracing`](crate::guide::tracing#the-scheduler) lists all of them, with their levels and fields.

mod ring;
mod task;

use std::{fmt, mem, rc::Rc};

use indexmap::IndexMap;

use crate::{Exception, Generator, dropping::report_panic, targets::SCHEDULER};
use ring::Ring;
pub use task::Spawner;
use task::{Ran, Shared, Task};

/// Names a task of one scheduler: 0 is the first that was spawned, 1 the second.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TaskId(u64);

impl TaskId {
    /// The number.
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
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// It gave way, and is at the back of the queue.
    Yielded(TaskId),
    /// It finished; its result is in [`TaskScheduler::results`].
    Returned(TaskId),
    /// An exception or a panic ended it; that is in [`TaskScheduler::errors`].
    Failed(TaskId),
}

/// Runs generators in turns. `R` is the type of their results.
///
/// Dropping it closes the tasks that are left, as [`close_all`](TaskScheduler::close_all) does.
pub struct TaskScheduler<R: 'static = ()> {
    ready: Ring<Task<R>>,
    shared: Rc<Shared<R>>,
    results: IndexMap<TaskId, R>,
    errors: IndexMap<TaskId, Exception>,
}

impl<R: 'static> TaskScheduler<R> {
    /// A scheduler without tasks.
    pub fn new() -> Self {
        Self {
            ready: Ring::new(),
            shared: Rc::default(),
            results: IndexMap::new(),
            errors: IndexMap::new(),
        }
    }

    /// Puts a task at the back of the queue. Runs nothing of it.
    pub fn spawn(&mut self, generator: Generator<(), (), R>) -> TaskId {
        let id = self.shared.spawn(None, generator);
        self.enqueue_spawned();
        id
    }

    /// The same, with a name for the trace.
    pub fn spawn_named(&mut self, name: &str, generator: Generator<(), (), R>) -> TaskId {
        let id = self.shared.spawn(Some(name.into()), generator);
        self.enqueue_spawned();
        id
    }

    /// For tasks that spawn tasks.
    pub fn spawner(&self) -> Spawner<R> {
        Spawner::new(&self.shared)
    }

    /// Takes turns until no task is left.
    pub fn run(&mut self) {
        while self.step().is_some() {}
    }

    /// Gives the task at the front of the queue its turn. `None` where there is no task.
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

    /// The task at the front has ended.
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

    /// Whether no task is left to run.
    pub fn is_idle(&self) -> bool {
        self.ready.is_empty() && !self.shared.any_spawned()
    }

    /// The results of the tasks that returned, in the order of completion.
    pub fn results(&self) -> &IndexMap<TaskId, R> {
        &self.results
    }

    /// What ended the tasks that failed, in the order of completion. A panic is of [`Kind::Panic`](crate::Kind::Panic).
    pub fn errors(&self) -> &IndexMap<TaskId, Exception> {
        &self.errors
    }

    /// Takes a result out; the others keep their order.
    pub fn take_result(&mut self, id: TaskId) -> Option<R> {
        self.results.shift_remove(&id)
    }

    /// Takes an error out; the others keep their order.
    pub fn take_error(&mut self, id: TaskId) -> Option<Exception> {
        self.errors.shift_remove(&id)
    }

    /// Takes all results out.
    pub fn take_results(&mut self) -> IndexMap<TaskId, R> {
        mem::take(&mut self.results)
    }

    /// Takes all errors out.
    pub fn take_errors(&mut self) -> IndexMap<TaskId, Exception> {
        mem::take(&mut self.errors)
    }

    /// Closes a task, so that it cleans up, and forgets it; gives what [`Generator::close`] gives. A task that is not
    /// there any more is closed already.
    ///
    /// # Errors
    ///
    /// What goes wrong in its clean-up. A task that ignores `GeneratorExit` stays in the queue.
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

    /// Closes all tasks, in the order in which they were spawned. What goes wrong is in [`errors`](Self::errors), and
    /// what is returned in [`results`](Self::results). A task that ignores `GeneratorExit` is dropped, with that error.
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
            // One that ignores `GeneratorExit` hears it again now, and may panic.
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
        // What the clean-up spawned will never run. It may hold a spawner, and with that the scheduler's tables.
        while self.shared.any_spawned() {
            drop_and_report(self.shared.take_spawned());
        }
        drop_and_report(mem::take(&mut self.results));
        drop_and_report(mem::take(&mut self.errors));
    }
}

/// Drops what belongs to each task on its own. Nobody is left to have a panic as a task's error, so it is reported; and it
/// keeps nothing of the other tasks from being dropped.
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
