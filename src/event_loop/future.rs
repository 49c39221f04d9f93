//! A value to come.

use std::{
    any::Any,
    fmt,
    hash::{Hash, Hasher},
    pin::Pin,
    rc::Rc,
    task::{Context, Poll},
};

use super::{
    calls::waiting::Waiting,
    current::{self, take_thrown_by},
    future_ref::{AnyFuture, Erased, FutureRef, WeakRef},
    future_state::{FutureState, pending},
    kernel::Kernel,
    keys::{CallbackId, WaitId},
    outcome::Outcome,
    results::result_in,
    task_ref::{TaskRef, of_this_loop},
    tasks::State,
    waits::reason::{FutureKind, WaitKind},
};
use crate::{Exception, Kind, contextvars};

/// A value that is not available yet: Python's `asyncio.Future`. Clones are handles to the same future.
///
/// A future is *pending* until its result or an exception is set, or it is cancelled. Several tasks can await it. Each of
/// them gets a clone of the result.
///
/// ```
/// use tminus::{EventLoop, Exception};
///
/// let event_loop = EventLoop::new();
/// let answer = event_loop.create_future();
/// let setter = answer.clone();
/// event_loop.call_soon(move || setter.set_result(42))?;
/// assert_eq!(event_loop.run_until_complete(answer)?, 42);
/// # Ok::<(), Exception>(())
/// ```
pub struct LoopFuture<T: 'static> {
    origin: Origin<T>,
    /// While it is awaited through this handle.
    wait: Option<WaitId>,
    /// Which of the future's watchers that wait is. (Of a task, the table knows.)
    watch: Option<CallbackId>,
}

enum Origin<T: 'static> {
    Task(TaskRef),
    Future(Rc<FutureState<T>>),
}

/// A handle that does not keep the future.
pub(crate) struct WeakFuture<T: 'static>(WeakRef, std::marker::PhantomData<fn() -> T>);

impl<T: 'static> WeakFuture<T> {
    pub(crate) fn upgrade(&self) -> Option<LoopFuture<T>> {
        self.0.upgrade().map(LoopFuture::of)
    }
}

impl<T> LoopFuture<T> {
    /// A future that somebody sets.
    pub(super) fn new(kernel: &Rc<Kernel>) -> Self {
        Self::new_for(kernel, FutureKind::Plain)
    }

    /// A future to wait for something.
    #[inline]
    pub(crate) fn new_for(kernel: &Rc<Kernel>, kind: FutureKind) -> Self {
        Self::create(Some(kernel.clone()), kind)
    }

    /// A future that was done before it had a loop.
    pub(crate) fn settled(result: Result<T, Exception>) -> Self {
        let settled = Self::create(None, FutureKind::Plain);
        settled.end(result).expect("it is new");
        settled
    }

    /// A future that failed before it had a loop.
    pub(crate) fn failed(exception: Exception) -> Self {
        Self::settled(Err(exception))
    }

    #[inline(always)]
    fn create(kernel: Option<Rc<Kernel>>, kind: FutureKind) -> Self {
        Self::from_origin(Origin::Future(Rc::new(FutureState::new(kernel, kind))))
    }

    fn from_origin(origin: Origin<T>) -> Self {
        Self {
            origin,
            wait: None,
            watch: None,
        }
    }

    pub(super) fn of_task(task: TaskRef) -> Self {
        Self::from_origin(Origin::Task(task))
    }

    /// The typed handle. The caller knows the type.
    fn of(future: FutureRef) -> Self {
        Self::from_origin(match future.0 {
            AnyFuture::Task(task) => Origin::Task(task),
            AnyFuture::Future(future) => {
                let future: Rc<dyn Any> = future;
                let future = future.downcast::<FutureState<T>>();
                Origin::Future(future.unwrap_or_else(|_| unreachable!("the type was known")))
            }
        })
    }

    /// Returns a type-erased handle to the same future.
    pub fn any(&self) -> FutureRef {
        match &self.origin {
            Origin::Task(task) => task.as_future(),
            Origin::Future(state) => FutureRef(AnyFuture::Future(state.clone())),
        }
    }

    pub(crate) fn downgrade(&self) -> WeakFuture<T> {
        WeakFuture(self.any().downgrade(), std::marker::PhantomData)
    }

    pub(crate) fn kernel(&self) -> Option<&Rc<Kernel>> {
        match &self.origin {
            Origin::Task(task) => Some(task.kernel()),
            Origin::Future(state) => state.kernel.as_ref(),
        }
    }

    /// Returns `true` if the future has a result or an exception, or was cancelled.
    pub fn done(&self) -> bool {
        match &self.origin {
            Origin::Task(task) => task.done(),
            Origin::Future(state) => state.done(),
        }
    }

    /// Returns `true` if the future was cancelled.
    pub fn cancelled(&self) -> bool {
        match &self.origin {
            Origin::Task(task) => task.cancelled(),
            Origin::Future(state) => state.cancelled(),
        }
    }

    /// Sets the result. Every task awaiting the future continues in the next round.
    ///
    /// # Errors
    ///
    /// - `InvalidState` if the future is done.
    /// - `RuntimeError` if it is a task's, or if the loop is closed and somebody was to be notified.
    pub fn set_result(&self, result: T) -> Result<(), Exception> {
        self.end(Ok(result))
    }

    /// Sets an exception, which is raised in every task awaiting the future. A `StopIteration` becomes a `RuntimeError`: it
    /// would look like the end of whatever awaits it.
    ///
    /// # Errors
    ///
    /// - `InvalidState` if the future is done.
    /// - `RuntimeError` if it is a task's, or if the loop is closed and somebody was to be notified.
    pub fn set_exception(&self, exception: impl Into<Exception>) -> Result<(), Exception> {
        let state = self.refuse_a_task("set_exception")?;
        let mut exception = exception.into();
        if exception.kind() == Kind::StopIteration {
            let refused =
                "StopIteration interacts badly with generators and cannot be raised into a Future";
            exception = Exception::new(Kind::RuntimeError, refused).with_cause(exception);
        }
        state.end(Err(exception))
    }

    fn refuse_a_task(&self, operation: &str) -> Result<&Rc<FutureState<T>>, Exception> {
        match &self.origin {
            Origin::Future(state) => Ok(state),
            Origin::Task(_) => Err(Exception::new(
                Kind::RuntimeError,
                format!("Task does not support {operation} operation"),
            )),
        }
    }

    /// Ends a future of the loop's own, which is no task.
    pub(crate) fn end(&self, result: Result<T, Exception>) -> Result<(), Exception> {
        self.refuse_a_task("set_result")?.end(result)
    }

    /// Cancels the future: every task awaiting it gets `Cancelled`. Returns `false` if that had no effect, for instance
    /// because the future was done.
    ///
    /// If the future is a task's, the task is cancelled; if it is a [`gather`](crate::gather)'s, everything in it that is not
    /// done.
    pub fn cancel(&self) -> bool {
        self.cancel_with("")
    }

    /// Cancels the future as [`cancel`](LoopFuture::cancel) does, with a message.
    pub fn cancel_with(&self, message: &str) -> bool {
        self.any().cancel_with(message)
    }

    pub(crate) fn cancel_message(&self) -> String {
        match &self.origin {
            Origin::Task(task) => task.kernel().with(|tasks| tasks.cancel_message(task.key())),
            Origin::Future(state) => state.message(),
        }
    }

    /// Returns `true` if [`cancel`](LoopFuture::cancel) cancelled something that this waits for.
    pub(crate) fn cancel_was_passed_on(&self) -> bool {
        match &self.origin {
            Origin::Task(_) => false,
            Origin::Future(state) => state.parts_were_cancelled(),
        }
    }

    /// Returns the exception, if the future has one.
    ///
    /// # Errors
    ///
    /// - `InvalidState` if the future is pending.
    /// - `Cancelled` if it was cancelled.
    pub fn exception(&self) -> Result<Option<Exception>, Exception> {
        self.any().exception()
    }

    /// Calls `callback` with the future, in the round after it is done. Callbacks are called in the order in which they were
    /// added. If the future is done already, the callback is called in the next round.
    pub fn add_done_callback<O: Outcome<Value = ()>>(
        &self,
        callback: impl FnOnce(&LoopFuture<T>) -> O + 'static,
    ) -> CallbackId {
        match contextvars::copied() {
            None => self
                .any()
                .add_callback(move |future| callback(&LoopFuture::of(future))),
            Some(context) => self
                .any()
                .add_callback(move |future| context.runs(|| callback(&LoopFuture::of(future)))),
        }
    }

    /// Removes a done callback. Returns `false` if it was called, or is about to be.
    pub fn remove_done_callback(&self, id: CallbackId) -> bool {
        self.any().remove_callback(id)
    }
}

impl<T: Clone> LoopFuture<T> {
    /// Returns a clone of the result.
    ///
    /// # Errors
    ///
    /// - The exception that was set.
    /// - `Cancelled` if the future was cancelled.
    /// - `InvalidState` if it is pending.
    pub fn result(&self) -> Result<T, Exception> {
        match &self.origin {
            Origin::Task(task) => result_in(task.borrow()),
            Origin::Future(state) => state.result(),
        }
    }
}

impl<T> Clone for LoopFuture<T> {
    fn clone(&self) -> Self {
        Self::from_origin(match &self.origin {
            Origin::Task(task) => Origin::Task(task.clone()),
            Origin::Future(state) => Origin::Future(state.clone()),
        })
    }
}

impl<T: Clone> Future for LoopFuture<T> {
    type Output = Result<T, Exception>;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        if let Some(thrown) = take_thrown_by(cx, || self.any().answers()) {
            return Poll::Ready(Err(thrown));
        }
        let Self {
            origin,
            wait,
            watch,
        } = &mut *self;
        let state = match origin {
            Origin::Future(state) => state,
            Origin::Task(task) => return polls_task(task, wait, cx),
        };
        if let Some(outcome) = state.outcome() {
            if let (Some(id), Some(kernel)) = (wait.take(), &state.kernel) {
                kernel.quietly(|tasks| tasks.is_done_with(id));
            }
            *watch = None; // it was notified
            return Poll::Ready(outcome);
        }
        let Some(kernel) = &state.kernel else {
            return Poll::Ready(Err(pending())); // nobody could ever set it
        };
        if !current::is_running(kernel) {
            of_this_loop(kernel, false, || state.what())?;
        }
        let is_waiting = match wait {
            Some(id) => asks_again(kernel, state, id, *watch, cx),
            None => false,
        };
        if !is_waiting {
            let id = Waiting::begins(kernel, WaitKind::Future(state.clone()), cx);
            *wait = Some(id);
            *watch = Some(state.wakes(id));
        }
        Poll::Pending
    }
}

/// Polls the end of a task, through a handle that calls it a future.
#[inline(never)]
fn polls_task<T: Clone + 'static>(
    task: &TaskRef,
    wait: &mut Option<WaitId>,
    cx: &Context<'_>,
) -> Poll<Result<T, Exception>> {
    match task.poll_end(wait, cx)? {
        Some(outcome) => Poll::Ready(result_in(outcome)),
        None => Poll::Pending,
    }
}

/// Polls a pending future again. Returns `false` if the wait no longer exists, because its task is gone.
#[inline(never)]
fn asks_again<T>(
    kernel: &Rc<Kernel>,
    state: &Rc<FutureState<T>>,
    wait: &mut WaitId,
    watch: Option<CallbackId>,
    cx: &Context<'_>,
) -> bool {
    let before = *wait;
    let is_there = Waiting::asks(kernel, wait, cx) != State::Lost;
    if let Some(watch) = watch
        && *wait != before
    {
        state.redirects(watch, *wait); // another task polls it now
    }
    is_there
}

/// Nobody awaits through this handle any longer. The future itself lives on.
impl<T> Drop for LoopFuture<T> {
    #[inline]
    fn drop(&mut self) {
        if self.wait.is_some() {
            self.stops_waiting();
        }
    }
}

impl<T> LoopFuture<T> {
    #[cold]
    #[inline(never)]
    fn stops_waiting(&mut self) {
        if let (Some(wait), Some(kernel)) = (self.wait.take(), self.kernel()) {
            kernel.with(|tasks| tasks.stops(wait));
        }
        if let (Some(watch), Origin::Future(state)) = (self.watch.take(), &self.origin) {
            state.remove_callback(watch);
        }
    }
}

/// Two handles are equal if they are handles to the same future.
impl<T> PartialEq for LoopFuture<T> {
    fn eq(&self, other: &Self) -> bool {
        match (&self.origin, &other.origin) {
            (Origin::Task(this), Origin::Task(other)) => this == other,
            (Origin::Future(this), Origin::Future(other)) => Rc::ptr_eq(this, other),
            (Origin::Task(_), Origin::Future(_)) | (Origin::Future(_), Origin::Task(_)) => false,
        }
    }
}

impl<T> Eq for LoopFuture<T> {}

impl<T> Hash for LoopFuture<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.any().hash(state);
    }
}

impl<T> fmt::Debug for LoopFuture<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let failure = match &self.origin {
            Origin::Task(task) => task.kernel().with(|tasks| tasks.peeks(task.key())),
            Origin::Future(state) => state.peeks(),
        };
        let state = match failure {
            _ if !self.done() => "pending".into(),
            _ if self.cancelled() => "cancelled".into(),
            None => "done".into(),
            Some(exception) => format!("failed: {exception}"),
        };
        f.debug_tuple("LoopFuture")
            .field(&format_args!("{state}"))
            .finish()
    }
}
