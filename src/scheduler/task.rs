//! A task, and what it can reach while it runs.

use std::{
    cell::{Cell, RefCell},
    fmt,
    hash::{Hash, Hasher},
    rc::Rc,
    sync::atomic::{AtomicU64, Ordering},
};

use tracing::Level;

use super::TaskId;
use crate::{
    Exception, Generator, GeneratorState, Kind, Step, exception::catching, targets::SCHEDULER,
};

pub(super) struct Task<R: 'static> {
    pub(super) id: TaskId,
    name: Option<Box<str>>,
    /// The number of turns that the task has had, including the one that is running.
    pub(super) turns: u64,
    generator: Generator<(), (), R>,
}

/// What a task did in its turn. This is a type of its own because one tag is checked faster than a tag inside a tag.
pub(super) enum Ran<R> {
    Yielded,
    Returned(R),
    Failed(Exception),
}

impl<R> From<Result<Step<(), R>, Exception>> for Ran<R> {
    #[inline]
    fn from(outcome: Result<Step<(), R>, Exception>) -> Self {
        match outcome {
            Ok(Step::Yielded(())) => Ran::Yielded,
            Ok(Step::Returned(result)) => Ran::Returned(result),
            Err(exception) => Ran::Failed(exception),
        }
    }
}

impl<R: 'static> Task<R> {
    #[inline]
    pub(super) fn take_turn(&mut self, shared: &Shared<R>) -> Ran<R> {
        if tracing::enabled!(target: SCHEDULER, Level::TRACE) {
            return self.take_traced_turn(shared.number).into();
        }
        self.generator.resume().into()
    }

    #[cold]
    fn take_traced_turn(&mut self, scheduler: u64) -> Result<Step<(), R>, Exception> {
        let (task, name, turn) = (
            self.id.0,
            self.name.as_deref().unwrap_or_default(),
            self.turns,
        );
        let outcome = tracing::trace_span!(target: SCHEDULER, "turn", scheduler, task, name, turn)
            .in_scope(|| self.generator.resume());
        if let Ok(Step::Yielded(())) = outcome {
            tracing::trace!(target: SCHEDULER, scheduler, task, name, turn, "yielded");
        }
        outcome
    }

    pub(super) fn close(&mut self, shared: &Shared<R>) -> Result<Option<R>, Exception> {
        let closed = shared.run_as(self.id, || self.generator.close()).flatten();
        match &closed {
            Ok(_) => tracing::debug!(
                target: SCHEDULER,
                scheduler = shared.number,
                task = self.id.0,
                name = self.name(),
                turn = self.turns,
                "closed"
            ),
            Err(exception) => self.report_failure(shared, exception),
        }
        closed
    }
}

impl<R: 'static> Task<R> {
    pub(super) fn name(&self) -> &str {
        self.name.as_deref().unwrap_or_default()
    }

    pub(super) fn is_closed(&self) -> bool {
        self.generator.state() == GeneratorState::Closed
    }

    #[cold]
    pub(super) fn report_failure(&self, shared: &Shared<R>, exception: &Exception) {
        let (scheduler, task) = (shared.number, self.id.0);
        let (name, turn) = (self.name(), self.turns);
        let (kind, text) = (exception.name(), exception.message_or_panic());
        if exception.kind() == Kind::Panic {
            tracing::error!(target: SCHEDULER, scheduler, task, name, turn, exception = kind, %text, "panicked");
        } else {
            tracing::debug!(target: SCHEDULER, scheduler, task, name, turn, exception = kind, %text, "failed");
        }
    }
}

/// The number of schedulers that the process has created.
static SCHEDULERS: AtomicU64 = AtomicU64::new(0);

/// The id of no task: ids count from 0, and no process lives long enough to reach this one.
const NOBODY: u64 = u64::MAX;

/// What tasks can reach while the scheduler runs them.
pub(super) struct Shared<R: 'static> {
    /// The scheduler's number in the process, from 1 on: it tells the schedulers apart in a trace.
    pub(super) number: u64,
    next_id: Cell<u64>,
    /// The id of the running task, or [`NOBODY`]: one store in each turn, and not two, as for an `Option`.
    running: Cell<u64>,
    /// The tasks that are not in the queue yet. If the scheduler is dropped, those that are spawned later stay here until
    /// they are dropped. They have never run, and a generator's drop does not let a second panic out.
    spawned: RefCell<Vec<Task<R>>>,
    any_spawned: Cell<bool>,
}

impl<R> Default for Shared<R> {
    fn default() -> Self {
        Self {
            number: SCHEDULERS.fetch_add(1, Ordering::Relaxed) + 1,
            next_id: Cell::new(0),
            running: Cell::new(NOBODY),
            spawned: RefCell::default(),
            any_spawned: Cell::new(false),
        }
    }
}

impl<R> Shared<R> {
    pub(super) fn spawn(&self, name: Option<Box<str>>, generator: Generator<(), (), R>) -> TaskId {
        let id = TaskId(self.next_id.get());
        self.next_id.set(id.0 + 1);
        let task = Task {
            id,
            name,
            turns: 0,
            generator,
        };
        tracing::debug!(
            target: SCHEDULER,
            scheduler = self.number,
            task = id.0,
            name = task.name(),
            "spawned"
        );
        self.spawned.borrow_mut().push(task);
        self.any_spawned.set(true);
        id
    }

    #[inline]
    pub(super) fn any_spawned(&self) -> bool {
        self.any_spawned.get()
    }

    /// Looks at the tasks that are not in the queue yet.
    pub(super) fn with_spawned<T>(&self, look: impl FnOnce(&[Task<R>]) -> T) -> T {
        look(&self.spawned.borrow())
    }

    pub(super) fn take_spawned(&self) -> Vec<Task<R>> {
        self.any_spawned.set(false);
        self.spawned.take()
    }

    /// Runs a task's own code. A panic in that code is the task's error.
    #[inline]
    pub(super) fn run_as<T>(&self, id: TaskId, run: impl FnOnce() -> T) -> Result<T, Exception> {
        // No second task of this scheduler can run at the same time, because the scheduler is mutably borrowed.
        self.running.set(id.0);
        let outcome = catching(run);
        self.running.set(NOBODY);
        outcome
    }
}

/// A handle to a scheduler, for its tasks: spawns other tasks, and knows which task is running.
///
/// [`TaskScheduler::spawner`](super::TaskScheduler::spawner) returns one. Clones are handles to the same scheduler, and
/// two handles are equal if they belong to the same scheduler. A task that is spawned after the scheduler was dropped
/// never runs.
///
/// ```
/// use tminus::{Generator, TaskScheduler};
///
/// let mut scheduler = TaskScheduler::new();
/// let tasks = scheduler.spawner();
/// scheduler.spawn(Generator::new(async move |co| {
///     assert_eq!(tasks.current().unwrap().get(), 0);
///     let child = tasks.spawn(Generator::new(async |_| Ok("child")));
///     assert_eq!(child.get(), 1);
///     co.yield_(()).await?;
///     Ok("parent")
/// }));
/// scheduler.run();
/// let results: Vec<_> = scheduler.results().values().copied().collect();
/// assert_eq!(results, ["child", "parent"]);
/// ```
pub struct Spawner<R: 'static = ()>(Rc<Shared<R>>);

impl<R> Spawner<R> {
    pub(super) fn new(shared: &Rc<Shared<R>>) -> Self {
        Self(shared.clone())
    }
}

impl<R> PartialEq for Spawner<R> {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

impl<R> Eq for Spawner<R> {}

impl<R> Hash for Spawner<R> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        Rc::as_ptr(&self.0).hash(state);
    }
}

impl<R> Clone for Spawner<R> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<R> Spawner<R> {
    /// Adds a task to the back of the queue. A task spawned by a running task gets its first turn before that task's next
    /// one.
    pub fn spawn(&self, generator: Generator<(), (), R>) -> TaskId {
        self.0.spawn(None, generator)
    }

    /// Like [`spawn`](Spawner::spawn), but names the task. The name is shown in traces.
    pub fn spawn_named(&self, name: &str, generator: Generator<(), (), R>) -> TaskId {
        self.0.spawn(Some(name.into()), generator)
    }

    /// Returns the running task, or `None` if no task of the scheduler is running.
    #[must_use]
    pub fn current(&self) -> Option<TaskId> {
        let running = self.0.running.get();
        (running != NOBODY).then_some(TaskId(running))
    }
}

impl<R> fmt::Debug for Spawner<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Spawner")
            .field("current", &self.current())
            .finish()
    }
}
