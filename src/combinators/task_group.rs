//! Tasks that end together.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    fmt,
    rc::{Rc, Weak},
};

use crate::{
    Exception, ExceptionGroup, Kind, Task,
    event_loop::{
        Awaited, EventLoop, Kernel, LoopFuture, Parts, Reason, TaskRef, Which, current_task,
        running,
    },
};

/// Tasks that end together: Python's `asyncio.TaskGroup`. Clones are the same group.
///
/// The block of [`run`](TaskGroup::run) ends when all tasks of the group have ended. When one of them fails, the others and
/// the block are cancelled, and the error is an [`ExceptionGroup`] of all that failed.
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
pub struct TaskGroup(Rc<Inner>);

#[derive(Default)]
struct Inner {
    entered: Cell<bool>,
    exiting: Cell<bool>,
    aborting: Cell<bool>,
    kernel: RefCell<Weak<Kernel>>,
    parent: RefCell<Option<TaskRef>>,
    /// Whether the group cancelled its parent.
    cancelled_parent: Cell<bool>,
    /// Those that have not ended, in the order of creation.
    members: RefCell<BTreeMap<u64, Member>>,
    errors: RefCell<Vec<Exception>>,
    /// An exception that goes past all others.
    base_error: RefCell<Option<Exception>>,
    /// Set when no member is left.
    completed: RefCell<Option<LoopFuture<()>>>,
}

struct Member {
    task: TaskRef,
    awaited: Weak<dyn Awaited>,
}

impl TaskGroup {
    /// An empty group.
    pub fn new() -> Self {
        Self::default()
    }

    /// Makes a task in the group, as [`spawn`](crate::spawn) does. To be called while the block runs, or by a member.
    ///
    /// # Errors
    ///
    /// `RuntimeError` before the block has begun, after the last task has ended, and once the group is being cancelled.
    pub fn create_task<T: 'static>(
        &self,
        body: impl IntoFuture<Output = Result<T, Exception>, IntoFuture: 'static>,
    ) -> Result<Task<T>, Exception> {
        Ok(self.0.clone().add(self.open()?.create_task(body)?))
    }

    /// The same, with a name.
    ///
    /// # Errors
    ///
    /// As [`create_task`](TaskGroup::create_task).
    pub fn create_named_task<T: 'static>(
        &self,
        name: &str,
        body: impl IntoFuture<Output = Result<T, Exception>, IntoFuture: 'static>,
    ) -> Result<Task<T>, Exception> {
        Ok(self
            .0
            .clone()
            .add(self.open()?.create_named_task(name, body)?))
    }

    fn open(&self) -> Result<EventLoop, Exception> {
        let refused = if !self.0.entered.get() {
            "TaskGroup has not been entered"
        } else if self.0.exiting.get() && self.0.members.borrow().is_empty() {
            "TaskGroup is finished"
        } else if self.0.aborting.get() {
            "TaskGroup is shutting down"
        } else {
            let kernel = self.0.kernel.borrow().upgrade();
            return kernel
                .map(EventLoop::of)
                .map_or_else(EventLoop::running, Ok);
        };
        Err(Exception::new(Kind::RuntimeError, refused))
    }

    /// Runs a block, waits until all tasks of the group have ended, and gives the block's result. Python's
    /// `async with TaskGroup()`.
    ///
    /// When a member fails (to be cancelled is not to fail), the other members are cancelled, and so is the block, where it
    /// stands. When the block fails or is cancelled, the members are cancelled. Each may take its time to clean up.
    ///
    /// # Errors
    ///
    /// An [`ExceptionGroup`] of the exceptions of the members, in the order in which they came, and of the block as the last;
    /// `Cancelled` where the task was cancelled from elsewhere and nobody failed; `KeyboardInterrupt` where somebody raised
    /// it; `RuntimeError` outside a task, or when the group was run before.
    pub fn run<T, B>(&self, block: B) -> impl Future<Output = Result<T, Exception>> + use<T, B>
    where
        B: IntoFuture<Output = Result<T, Exception>>,
    {
        let group = self.clone();
        async move {
            let entered = group.enter()?;
            let result = block.await;
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
        self.0.parent.replace(Some(current_task()?));
        self.0.kernel.replace(Rc::downgrade(&running()?));
        self.0.entered.set(true);
        Ok(Entered(&self.0))
    }
}

impl Inner {
    fn add<T>(self: Rc<Self>, task: Task<T>) -> Task<T> {
        let member = Member {
            task: task.any(),
            awaited: Rc::downgrade(&task.as_future().awaited()),
        };
        let id = member.task.id();
        self.members.borrow_mut().insert(id, member);
        task.add_done_callback(move |task| {
            let failed = match task.cancelled() {
                true => None,
                false => task.exception().expect("it is done, and not cancelled"),
            };
            self.one_is_done(id, failed);
        });
        task
    }

    fn one_is_done(&self, id: u64, failed: Option<Exception>) {
        self.members.borrow_mut().remove(&id);
        if self.members.borrow().is_empty()
            && let Some(completed) = &*self.completed.borrow()
        {
            drop(completed.set_result(())); // who waits may have been cancelled
        }
        let Some(exception) = failed else {
            return;
        };
        let Some(parent) = self.parent.borrow().clone() else {
            // The block was dropped, and nobody is left to raise this.
            if let Some(kernel) = self.kernel.borrow().upgrade() {
                kernel.handle_exception(&exception);
            }
            return;
        };
        self.notice_base_error(&exception);
        self.errors.borrow_mut().push(exception);
        if !self.aborting.get() && !self.cancelled_parent.get() {
            self.abort();
            self.cancelled_parent.set(true);
            parent.cancel();
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
        let members = self.members.borrow();
        let tasks: Vec<TaskRef> = members.values().map(|member| member.task.clone()).collect();
        drop(members);
        for task in tasks {
            task.cancel();
        }
    }

    fn wait_for_members(&self) -> LoopFuture<()> {
        let members = self.members.borrow();
        let parts: Parts = members
            .values()
            .map(|member| member.awaited.clone())
            .collect();
        let completed = LoopFuture::new_for(
            self.kernel.borrow().clone(),
            Reason::Wait(Which::All, parts),
        );
        self.completed.replace(Some(completed.clone()));
        completed
    }
}

/// While the block runs. Where it is dropped before its end, the members do not outlive it.
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
        // More than once, as the task may be cancelled more than once.
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
        if let Some(exception) = group.base_error.take() {
            return Err(exception);
        }
        let parent = group.parent.borrow().clone().expect("it was entered");
        if group.cancelled_parent.get() && parent.uncancel() == 0 {
            cancelled = None;
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
                    // Somebody else cancels it, too: that is not to be lost.
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
            .field("tasks", &self.0.members.borrow().len())
            .field("errors", &self.0.errors.borrow().len())
            .field("cancelling", &self.0.aborting.get())
            .finish()
    }
}
