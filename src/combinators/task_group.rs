//! Task groups, whose tasks end together.
//!
//! | a group is | flags | leaves that state |
//! |---|---|---|
//! | created | none | its block begins |
//! | running | `entered` | the block ends; a member fails; the block is dropped |
//! | aborting | `entered`, `aborting` | all members have ended |
//! | exiting | `entered`, `exiting`, perhaps `aborting` | all members have ended |
//!
//! # Invariant
//!
//! The group cancels its parent task at most once, and withdraws that request when the block has ended. If other requests are
//! left then, the task is cancelled again, so that none is lost.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    fmt,
    rc::Rc,
};

use crate::{
    Exception, ExceptionGroup, Kind, Task,
    event_loop::{
        Block, BlockState, EventLoop, FutureKind, FutureRef, Kernel, LoopFuture, Outcome, Parts,
        TaskRef, WaitMode, current_task, running,
    },
};

/// A group of tasks that end together: Python's `asyncio.TaskGroup`. Clones are handles to the same group.
///
/// [`run`](TaskGroup::run) returns when all tasks of the group have ended. When a task fails, the other tasks and the block are
/// cancelled, and `run` fails with an [`ExceptionGroup`] of all exceptions.
///
/// ```
/// use tminus::{Exception, ExceptionGroup, Kind, TaskGroup, run};
///
/// async fn parse(text: &'static str) -> Result<i32, Exception> {
///     Ok(text.parse()?)
/// }
///
/// let sum = run(async {
///     let group = TaskGroup::new();
///     let (a, b) = group
///         .run(async { Ok((group.create_task(parse("40"))?, group.create_task(parse("2"))?)) })
///         .await?;
///     Ok(a.result()? + b.result()?)
/// })?;
/// assert_eq!(sum, 42);
///
/// let error = run(async {
///     let group = TaskGroup::new();
///     group.run(async { group.create_task(parse("forty")) }).await.map(drop)
/// });
/// let error = error.unwrap_err();
/// let failed = error.downcast_ref::<ExceptionGroup>().unwrap();
/// assert_eq!(failed.exceptions()[0].to_string(), "invalid digit found in string");
/// # Ok::<(), Exception>(())
/// ```
#[derive(Clone, Default)]
#[must_use = "a group does nothing unless it runs a block"]
pub struct TaskGroup(Rc<Inner>);

#[derive(Default)]
struct Inner {
    entered: Cell<bool>,
    exiting: Cell<bool>,
    aborting: Cell<bool>,
    kernel: RefCell<Option<Rc<Kernel>>>,
    parent: RefCell<Option<TaskRef>>,
    block: BlockState,
    /// Whether the group cancelled its parent, to cancel its block. That request is to be withdrawn.
    cancelled_parent: Cell<bool>,
    /// The tasks that have not ended, in the order of creation.
    members: RefCell<BTreeMap<u64, TaskRef>>,
    errors: RefCell<Vec<Exception>>,
    /// A `KeyboardInterrupt`, which is raised instead of the group of exceptions.
    base_error: RefCell<Option<Exception>>,
    /// Set when no member is left.
    completed: RefCell<Option<LoopFuture<()>>>,
}

impl TaskGroup {
    /// Creates an empty group.
    pub fn new() -> Self {
        Self::default()
    }

    /// Spawns a task in the group, as [`spawn`](crate::spawn) does. Both the block and the tasks of the group can call this.
    ///
    /// # Errors
    ///
    /// - `RuntimeError` if the block has not begun, if the group has ended, or if its tasks are being cancelled.
    pub fn create_task<T: 'static>(
        &self,
        body: impl IntoFuture<Output: Outcome<Value = T>, IntoFuture: 'static>,
    ) -> Result<Task<T>, Exception> {
        self.create_task_then(None, body, |_| ())
    }

    /// Spawns a task in the group as [`create_task`](TaskGroup::create_task) does, and names it.
    ///
    /// # Errors
    ///
    /// - `RuntimeError` if the block has not begun, if the group has ended, or if its tasks are being cancelled.
    pub fn create_named_task<T: 'static>(
        &self,
        name: &str,
        body: impl IntoFuture<Output: Outcome<Value = T>, IntoFuture: 'static>,
    ) -> Result<Task<T>, Exception> {
        self.create_task_then(Some(name), body, |_| ())
    }

    /// Spawns a task of which `then` is told when it has ended and the group knows of it.
    pub(super) fn create_task_then<T: 'static>(
        &self,
        name: Option<&str>,
        body: impl IntoFuture<Output: Outcome<Value = T>, IntoFuture: 'static>,
        then: impl FnOnce(&FutureRef) + 'static,
    ) -> Result<Task<T>, Exception> {
        let event_loop = self.open()?;
        let task = match name {
            Some(name) => event_loop.create_named_task(name, body),
            None => event_loop.create_task(body),
        };
        Ok(self.0.clone().add(task?, then))
    }

    /// Returns the number of tasks in the group that have not ended.
    pub fn len(&self) -> usize {
        self.0.members.borrow().len()
    }

    /// Returns `true` if all tasks of the group have ended, or if there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn open(&self) -> Result<EventLoop, Exception> {
        let refused = if !self.0.entered.get() {
            "TaskGroup has not been entered"
        } else if self.0.exiting.get() && self.0.members.borrow().is_empty() {
            "TaskGroup is finished"
        } else if self.0.aborting.get() {
            "TaskGroup is shutting down"
        } else {
            let kernel = self.0.kernel.borrow();
            return kernel
                .as_ref()
                .map_or_else(EventLoop::running, |kernel| Ok(EventLoop::of(kernel)));
        };
        Err(Exception::new(Kind::RuntimeError, refused))
    }

    /// Runs a block, waits until all tasks of the group have ended, and returns the block's result. Python's
    /// `async with TaskGroup()`.
    ///
    /// When a task fails, the other tasks are cancelled, and so is the block, at the `.await` at which it is suspended. A cancelled
    /// task has not failed. When the block fails or is cancelled, the tasks are cancelled. Each of them can take its time to
    /// clean up. If the returned future is dropped, the tasks are cancelled, and their exceptions are logged through `tracing`
    /// or passed to the loop's exception handler.
    ///
    /// # Errors
    ///
    /// - An [`ExceptionGroup`] if a task or the block fails: the exceptions of the tasks in the order in which they were raised,
    ///   and last that of the block.
    /// - `Cancelled` if the task was cancelled by somebody else, and nothing failed.
    /// - `KeyboardInterrupt` if the block or a task raised it. One of a task has ended the loop's run before.
    /// - `RuntimeError` if it is awaited outside a task, or if the group has run a block before.
    pub fn run<T, B>(&self, block: B) -> impl Future<Output = Result<T, Exception>> + use<T, B>
    where
        B: IntoFuture<Output = Result<T, Exception>>,
    {
        let group = self.clone();
        async move {
            let entered = group.enter()?;
            let result = Block::new(block, &group.0.block).await;
            entered.leave(result).await
        }
    }

    fn enter(&self) -> Result<Entered<'_>, Exception> {
        if self.0.entered.get() {
            return Err(Exception::new(
                Kind::RuntimeError,
                "TaskGroup has already been entered",
            ));
        }
        let parent = current_task().map_err(|exception| {
            let refused = "TaskGroup cannot determine the parent task";
            Exception::new(Kind::RuntimeError, refused).with_cause(exception)
        })?;
        self.0.parent.replace(Some(parent));
        self.0.kernel.replace(Some(running()?));
        self.0.entered.set(true);
        Ok(Entered(&self.0))
    }
}

impl Inner {
    fn add<T>(self: Rc<Self>, task: Task<T>, then: impl FnOnce(&FutureRef) + 'static) -> Task<T> {
        let member = task.any();
        let id = member.number();
        self.members.borrow_mut().insert(id, member);
        task.any().as_future().add_callback(move |task| {
            let failed = match task.cancelled() {
                true => None,
                false => task.failure(),
            };
            self.one_is_done(id, failed);
            then(&task);
        });
        task
    }

    fn one_is_done(&self, id: u64, failed: Option<Exception>) {
        self.members.borrow_mut().remove(&id);
        if self.members.borrow().is_empty()
            && let Some(completed) = &*self.completed.borrow()
        {
            drop(completed.set_result(())); // it is done already if the parent was cancelled
        }
        let Some(exception) = failed else {
            return;
        };
        let Some(parent) = self.parent.borrow().clone() else {
            // The block was dropped, so nobody is left to raise this.
            if let Some(kernel) = &*self.kernel.borrow() {
                kernel.reports(
                    "Exception in a TaskGroup whose block was dropped",
                    &exception,
                    None,
                );
            }
            return;
        };
        self.notice_base_error(&exception);
        self.errors.borrow_mut().push(exception);
        // As in CPython, only the first failure cancels the parent: for each further one it would need an `uncancel` more.
        if !self.aborting.get() {
            self.abort();
            // Set before, because whoever looks on sees the group as the one that cancels.
            self.cancelled_parent.set(true);
            self.cancelled_parent.set(self.block.cancel(&parent));
        }
    }

    fn notice_base_error(&self, exception: &Exception) {
        if exception.kind() == Kind::KeyboardInterrupt {
            self.base_error
                .borrow_mut()
                .get_or_insert_with(|| exception.clone());
        }
    }

    fn abort(&self) {
        if self.aborting.replace(true) {
            return;
        }
        // To cancel a task can end it, and a member that ends changes `members`.
        let members = self.members.borrow();
        let tasks: Vec<TaskRef> = members.values().cloned().collect();
        drop(members);
        for task in tasks {
            task.cancel_if_open();
        }
    }

    fn wait_for_members(&self) -> LoopFuture<()> {
        let members = self.members.borrow();
        let parts: Parts = members
            .values()
            .map(|member| member.as_future().part())
            .collect();
        let all = FutureKind::Watch(WaitMode::All, parts);
        let kernel = self.kernel.borrow().clone();
        let completed = LoopFuture::new_for(&kernel.expect("the block was entered"), all);
        self.completed.replace(Some(completed.clone()));
        completed
    }
}

/// A block that runs. If it is dropped before its end, the members are cancelled.
struct Entered<'a>(&'a Inner);

impl Entered<'_> {
    async fn leave<T>(self, result: Result<T, Exception>) -> Result<T, Exception> {
        let group = self.0;
        group.exiting.set(true);
        let mut cancelled = None;
        if let Err(exception) = &result {
            group.notice_base_error(exception);
            if exception.kind() == Kind::Cancelled {
                cancelled = Some(exception.clone());
            }
            group.abort();
        }
        // In a loop, because the parent can be cancelled more than once. Only the first time aborts the group; the others are
        // counted in the task, and the wait goes on, as in CPython.
        while !group.members.borrow().is_empty() {
            let completed = group.wait_for_members();
            if let Err(exception) = completed.await
                && !group.aborting.get()
            {
                cancelled = Some(exception);
                group.abort();
            }
            group.completed.take();
        }
        // Before all other errors, and without an `uncancel`, as in CPython.
        if let Some(exception) = group.base_error.take() {
            return Err(exception);
        }
        let parent = group.parent.borrow().clone().expect("it was entered");
        // The `Cancelled` has done its work. It is not raised, because `errors` has the failure for which the group cancelled the
        // parent.
        if group.cancelled_parent.get() {
            parent.uncancel();
        }
        let mut errors = group.errors.take();
        if let Some(cancelled) = cancelled
            && errors.is_empty()
        {
            return Err(cancelled);
        }
        let result = match result {
            Err(exception) if exception.kind() != Kind::Cancelled => {
                errors.push(exception);
                None
            }
            result => Some(result),
        };
        match result {
            Some(result) if errors.is_empty() => result,
            _ => {
                if parent.cancelling() > 0 {
                    // Somebody else has cancelled the parent, too. The group of exceptions takes the place of that `Cancelled`,
                    // so it is raised again at the next wait. (First `uncancel`, so that the request is counted once.)
                    parent.uncancel();
                    parent.cancel();
                }
                let group = ExceptionGroup::new("unhandled errors in a TaskGroup", errors);
                Err(group.expect("a member or the block has failed").into())
            }
        }
    }
}

impl Drop for Entered<'_> {
    fn drop(&mut self) {
        self.0.abort();
        self.0.parent.take();
    }
}

impl fmt::Debug for TaskGroup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TaskGroup")
            .field("tasks", &self.len())
            .field("errors", &self.0.errors.borrow().len())
            .field("cancelling", &self.0.aborting.get())
            .finish()
    }
}
