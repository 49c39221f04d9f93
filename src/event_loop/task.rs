//! A future that the loop drives.

use std::{
    any::Any,
    cell::{Cell, OnceCell},
    fmt,
    hash::{Hash, Hasher},
    pin::Pin,
    rc::Rc,
    task::{Context, Poll},
};

use super::{
    body::Stage,
    current::{expect_running, take_thrown, take_thrown_by},
    future::LoopFuture,
    kernel::Kernel,
    keys::{CallbackId, Id, WaitId},
    outcome::Outcome,
    results::{Found, found, result_in, result_of, task_exception},
    task_ref::{self, Lent, TaskRef},
};
use crate::Exception;

/// How a result is cloned.
type Clones<T> = fn(&T) -> T;

/// A handle to a task, a future that the event loop runs by itself: Python's `asyncio.Task`. Clones are handles to the same
/// task.
///
/// A task runs whether or not anything holds or awaits it. Awaiting a handle returns the task's result, or raises the
/// exception that ended the task. A panic inside the task is an exception of kind [`Panic`](crate::Kind::Panic).
///
/// The result moves to the caller that awaits the only handle. If there are other handles, which exist only if the result is
/// `Clone`, each of them returns a clone. With [`shared`](Task::shared), several tasks can await a result that is not `Clone`.
///
/// A result that holds a handle to its own task is never dropped, nor is the loop's memory: do not return a task's own handle
/// from it.
///
/// ```
/// use tminus::{Exception, Kind, event_loop::{EventLoop, sleep, spawn}, clock::VirtualClock};
/// use std::time::Duration;
///
/// let main = async {
///     let task = spawn(async {
///         match sleep(Duration::from_secs(3600)).await {
///             Err(cancelled) if cancelled.kind() == Kind::Cancelled => Ok("caught"),
///             other => other.map(|()| "slept"),
///         }
///     })?;
///     sleep(Duration::from_secs(1)).await?;
///     task.cancel();
///     task.await
/// };
/// let event_loop = EventLoop::with_clock(VirtualClock::new());
/// assert_eq!(event_loop.run_until_complete(main)?, "caught");
/// # Ok::<(), Exception>(())
/// ```
pub struct Task<T: 'static> {
    task: TaskRef,
    /// While it is awaited through this handle.
    wait: Option<WaitId>,
    /// Clones the result. It is there if there is, or was, another handle that can ask for the result. Otherwise whoever awaits
    /// this handle gets the result itself.
    clones: Cell<Option<Clones<T>>>,
}

/// The result must be `Clone`, because each handle can be awaited. For other results, see [`Task::shared`].
impl<T: Clone> Clone for Task<T> {
    fn clone(&self) -> Self {
        self.clones.set(Some(T::clone));
        Self {
            task: self.task.clone(),
            wait: None,
            clones: self.clones.clone(),
        }
    }
}

impl<T> Task<T> {
    /// Spawns a task.
    #[inline]
    pub(super) fn new(
        kernel: &Rc<Kernel>,
        name: Option<&str>,
        body: impl Future<Output: Outcome<Value = T>> + 'static,
    ) -> Result<Self, Exception> {
        let task = task_ref::spawn(kernel, name, Stage::boxed(body))?;
        Ok(Self {
            task,
            wait: None,
            clones: Cell::new(None),
        })
    }

    /// Returns a handle that resolves to the result in an [`Rc`]. It can be cloned and awaited by several tasks even if the
    /// result is not `Clone`.
    ///
    /// ```
    /// use tminus::{Exception, run, spawn};
    ///
    /// struct Map; // it is not `Clone`
    ///
    /// run(async {
    ///     let map = spawn(async { Ok(Map) })?.shared();
    ///     let (one, other) = (map.clone().await?, map.await?);
    ///     assert!(std::rc::Rc::ptr_eq(&one, &other));
    ///     Ok(())
    /// })?;
    /// # Ok::<(), Exception>(())
    /// ```
    pub fn shared(self) -> SharedTask<T> {
        SharedTask {
            task: self,
            result: Rc::default(),
        }
    }

    /// Returns a type-erased handle to the task.
    pub fn any(&self) -> TaskRef {
        self.task.clone()
    }

    /// Returns what identifies the task, in this process.
    pub fn id(&self) -> Id {
        self.task.id()
    }

    /// Returns the task's name: `Task-1` for the first task of a loop, unless it was given another.
    pub fn name(&self) -> String {
        self.task.name()
    }

    /// Sets the task's name.
    pub fn set_name(&self, name: impl Into<String>) {
        self.task.set_name(name);
    }

    /// Returns `true` if the task has ended: by a result, an exception or a cancellation.
    pub fn done(&self) -> bool {
        self.task.done()
    }

    /// Returns `true` if the task ended by a cancellation.
    pub fn cancelled(&self) -> bool {
        self.task.cancelled()
    }

    /// Requests a cancellation: in the next round, `Cancelled` is raised at the `.await` at which the task is suspended. The
    /// task can catch it. What the task awaits is cancelled, too. Returns `false` if the task has ended.
    pub fn cancel(&self) -> bool {
        self.task.cancel()
    }

    /// Requests a cancellation as [`cancel`](Task::cancel) does, with a message for the `Cancelled`.
    pub fn cancel_with(&self, message: &str) -> bool {
        self.task.cancel_with(message)
    }

    /// Returns how many cancellation requests were made and not [withdrawn](Task::uncancel).
    pub fn cancelling(&self) -> usize {
        self.task.cancelling()
    }

    /// Withdraws one cancellation request and returns how many remain. Call it after handling a cancellation. If none
    /// remain, a `Cancelled` still to be thrown into the task is discarded. One that has already reached what the task awaits
    /// still arrives.
    pub fn uncancel(&self) -> usize {
        self.task.uncancel()
    }

    /// Returns the exception that ended the task, if one did.
    ///
    /// # Errors
    ///
    /// - `InvalidState` if the task has not ended.
    /// - `Cancelled` if it ended by a cancellation.
    pub fn exception(&self) -> Result<Option<Exception>, Exception> {
        task_exception(&self.task)
    }

    /// Removes a done callback. Returns `false` if it was called, or is about to be.
    pub fn remove_done_callback(&self, id: CallbackId) -> bool {
        self.task.remove_done_callback(id)
    }
}

/// The future to which `handle`, of a task or a future, refers. `None` for anything else.
pub(crate) fn future_of<T: 'static>(
    handle: &(impl Future<Output: Outcome<Value = T>> + 'static),
) -> Option<LoopFuture<T>> {
    let any = handle as &dyn Any;
    let future = any.downcast_ref::<LoopFuture<T>>().cloned();
    let of_task = |task: &Task<T>| LoopFuture::of_task(task.task.clone());
    future.or_else(|| any.downcast_ref().map(of_task))
}

/// The future of a task or a future; anything else is spawned as a task in the running loop.
pub(crate) fn ensure_future<T: 'static>(
    awaitable: impl IntoFuture<Output: Outcome<Value = T>, IntoFuture: 'static>,
) -> Result<LoopFuture<T>, Exception> {
    let awaitable = awaitable.into_future();
    match future_of(&awaitable) {
        Some(future) => Ok(future),
        None => {
            let task = Task::new(&expect_running()?, None, awaitable)?;
            Ok(LoopFuture::of_task(task.task.clone()))
        }
    }
}

impl<T: Clone> Task<T> {
    /// Returns the task as a future, which in Python a task is. Cancelling the future cancels the task.
    pub fn as_future(&self) -> LoopFuture<T> {
        self.clones.set(Some(T::clone));
        LoopFuture::of_task(self.task.clone())
    }

    /// Calls `callback` with the task's future, in the round after its end. See
    /// [`LoopFuture::add_done_callback`].
    pub fn add_done_callback<O: Outcome<Value = ()>>(
        &self,
        callback: impl FnOnce(&LoopFuture<T>) -> O + 'static,
    ) -> CallbackId {
        self.as_future().add_done_callback(callback)
    }

    /// Returns a clone of the result.
    ///
    /// # Errors
    ///
    /// - The exception that ended the task, `Cancelled` included.
    /// - `InvalidState` if the task has not ended.
    pub fn result(&self) -> Result<T, Exception> {
        result_in(self.task.borrow())
    }
}

impl<T> Future for Task<T> {
    type Output = Result<T, Exception>;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        if let Some(thrown) = take_thrown_by(cx, || self.task.as_future().answers()) {
            return Poll::Ready(Err(thrown));
        }
        let Self { task, wait, clones } = &mut *self;
        let clones = clones.get();
        let ended = task.poll_end_with(wait, cx, |tasks, task| found(tasks, task, clones))?;
        match ended {
            Some(Found::Moved(result)) => Poll::Ready(result),
            Some(Found::Lent(body)) => Poll::Ready(result_of(Lent { of: task, body }, clones)),
            None => Poll::Pending,
        }
    }
}

/// A reference to a handle can be awaited, too, and returns a clone of the result.
///
/// ```
/// use tminus::{Exception, run, spawn};
///
/// run(async {
///     let task = spawn(async { Ok(21) })?;
///     assert_eq!((&task).await? + (&task).await?, 42);
///     Ok(())
/// })?;
/// # Ok::<(), Exception>(())
/// ```
impl<T: Clone> IntoFuture for &Task<T> {
    type Output = Result<T, Exception>;
    type IntoFuture = Task<T>;

    fn into_future(self) -> Task<T> {
        self.clone()
    }
}

/// Nobody awaits through this handle any longer. The task runs on.
impl<T> Drop for Task<T> {
    #[inline]
    fn drop(&mut self) {
        if let Some(wait) = self.wait.take() {
            self.task.kernel().with(|tasks| tasks.stops(wait));
        }
    }
}

/// Two handles are equal if they are handles to the same task.
impl<T> PartialEq for Task<T> {
    fn eq(&self, other: &Self) -> bool {
        self.task == other.task
    }
}

impl<T> Eq for Task<T> {}

impl<T> Hash for Task<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.task.hash(state);
    }
}

impl<T> fmt::Debug for Task<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Task")
            .field("name", &self.name())
            .field("state", &LoopFuture::<T>::of_task(self.any()))
            .finish()
    }
}

/// A handle to a task whose result several tasks can await, although it is not `Clone`: [`Task::shared`] returns it.
///
/// Awaiting it returns the result in an [`Rc`], the same for all. Clones are handles to the same task.
pub struct SharedTask<T: 'static> {
    task: Task<T>,
    /// Moved here by the first handle that is awaited to the end.
    result: Rc<OnceCell<Rc<T>>>,
}

impl<T> SharedTask<T> {
    /// Returns a type-erased handle to the task.
    pub fn any(&self) -> TaskRef {
        self.task.any()
    }

    /// Returns the result, if the task has ended.
    ///
    /// # Errors
    ///
    /// - The exception that ended the task, `Cancelled` included.
    /// - `InvalidState` if the task has not ended.
    pub fn result(&self) -> Result<Rc<T>, Exception> {
        shared_in(
            self.task.task.borrow(),
            &self.result,
            self.task.clones.get(),
        )
    }
}

/// Moves the result into the place that all handles share, unless one of them has done so.
fn shared_in<T: 'static>(
    outcome: Lent<'_>,
    shared: &OnceCell<Rc<T>>,
    clones: Option<fn(&T) -> T>,
) -> Result<Rc<T>, Exception> {
    if let Some(result) = shared.get() {
        return Ok(result.clone());
    }
    let result = Rc::new(result_of(outcome, clones)?);
    Ok(shared.get_or_init(|| result).clone())
}

impl<T> Clone for SharedTask<T> {
    fn clone(&self) -> Self {
        Self {
            task: Task {
                task: self.task.task.clone(),
                wait: None,
                clones: self.task.clones.clone(),
            },
            result: self.result.clone(),
        }
    }
}

impl<T> Future for SharedTask<T> {
    type Output = Result<Rc<T>, Exception>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        if let Some(thrown) = take_thrown(cx) {
            return Poll::Ready(Err(thrown));
        }
        let Self { task, result } = &mut *self;
        let Task { task, wait, clones } = task;
        match task.poll_end(wait, cx)? {
            Some(outcome) => Poll::Ready(shared_in(outcome, result, clones.get())),
            None => Poll::Pending,
        }
    }
}

/// Two handles are equal if they are handles to the same task.
impl<T> PartialEq for SharedTask<T> {
    fn eq(&self, other: &Self) -> bool {
        self.task == other.task
    }
}

impl<T> Eq for SharedTask<T> {}

impl<T> Hash for SharedTask<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.task.hash(state);
    }
}

impl<T> fmt::Debug for SharedTask<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SharedTask").field(&self.task).finish()
    }
}
