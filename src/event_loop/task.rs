//! A future that the loop drives.

use std::{
    any::Any,
    cell::Cell,
    fmt,
    pin::Pin,
    rc::{Rc, Weak},
    task::{Context, Poll},
};

use super::{
    any_future::FutureRef,
    any_task::{AnyTask, Core, TaskRef},
    future::{CallbackId, LoopFuture},
    handle::Outcome,
    kernel::{Kernel, Run},
    leaf::running,
    shared::{HasFuture, Shared},
    waiting::Reason,
};
use crate::{
    Exception, Kind,
    exception::{catching, escaped_stop_iteration},
};

/// A future that the loop drives: Python's `asyncio.Task`. Clones are the same task.
///
/// It runs whether or not anybody holds it or awaits it. To await it gives a clone of its result.
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
    state: Rc<TaskState<T>>,
    /// The handle through which this one awaits.
    future: LoopFuture<T>,
}

pub(super) struct TaskState<T: 'static> {
    core: Core,
    body: Cell<Body<T>>,
    future: Shared<T>,
}

#[derive(Default)]
enum Body<T> {
    Lives(Pin<Box<dyn Future<Output = Result<T, Exception>>>>),
    /// By this, which is not yet the future's.
    Ended(Result<T, Exception>),
    /// It has ended, or is being polled.
    #[default]
    Gone,
}

impl<T> Clone for Task<T> {
    fn clone(&self) -> Self {
        Self {
            state: self.state.clone(),
            future: self.future.clone(),
        }
    }
}

impl<T> Task<T> {
    pub(super) fn new(
        kernel: &Rc<Kernel>,
        name: Option<String>,
        body: impl Future<Output = Result<T, Exception>> + 'static,
    ) -> Self {
        let body = Body::Lives(Box::pin(body));
        let state = Rc::new_cyclic(|this: &Weak<TaskState<T>>| TaskState {
            core: Core::new(kernel, name),
            body: Cell::new(body),
            future: Shared::new(Rc::downgrade(kernel), Reason::Task(this.clone())),
        });
        kernel.trace_spawned(&state.core);
        kernel.add_task(state.clone());
        kernel.schedule_step(state.clone());
        let future = LoopFuture::of_task(state.clone());
        Self { state, future }
    }

    /// The task as a future: what in Python it simply is. To cancel it cancels the task.
    pub fn as_future(&self) -> LoopFuture<T> {
        self.future.clone()
    }

    /// The same task, whatever its result is.
    pub fn any(&self) -> TaskRef {
        TaskRef(self.state.clone())
    }

    /// Its name: `Task-1` for the first task of a loop, if nobody gave it another.
    pub fn name(&self) -> String {
        self.any().name()
    }

    /// Gives it another name.
    pub fn set_name(&self, name: impl Into<String>) {
        self.any().set_name(name);
    }

    /// Whether it has ended: by a result, an exception or a cancellation.
    pub fn done(&self) -> bool {
        self.future.done()
    }

    /// Whether it ended by a cancellation.
    pub fn cancelled(&self) -> bool {
        self.future.cancelled()
    }

    /// Asks it to stop: `Cancelled` is raised where it waits, in the loop's next turn, and it may catch that. What it
    /// waits for is cancelled, too. False where it has ended.
    pub fn cancel(&self) -> bool {
        self.any().cancel()
    }

    /// The same, with a message.
    pub fn cancel_with(&self, message: &str) -> bool {
        self.any().cancel_with(message)
    }

    /// How many cancellations were asked for and not taken back.
    pub fn cancelling(&self) -> usize {
        self.any().cancelling()
    }

    /// Takes one request to cancel back, for who has dealt with it; gives how many are left. Where none is left, a
    /// `Cancelled` that has not been thrown in yet never is.
    pub fn uncancel(&self) -> usize {
        self.any().uncancel()
    }

    /// The exception that ended it, if one did. As [`LoopFuture::exception`].
    ///
    /// # Errors
    ///
    /// `InvalidState` while it runs; `Cancelled` where it was cancelled.
    pub fn exception(&self) -> Result<Option<Exception>, Exception> {
        self.future.exception()
    }

    /// Calls `callback` in the turn after its end. As [`LoopFuture::add_done_callback`].
    pub fn add_done_callback<O: Outcome>(
        &self,
        callback: impl FnOnce(&LoopFuture<T>) -> O + 'static,
    ) -> CallbackId {
        self.future.add_done_callback(callback)
    }

    /// Takes a done callback back. False where it has run, or is about to.
    pub fn remove_done_callback(&self, id: CallbackId) -> bool {
        self.future.remove_done_callback(id)
    }
}

/// The future that a handle of a task or a future is of. `None` for anything else.
pub(crate) fn future_of<T: 'static>(
    handle: &(impl Future<Output = Result<T, Exception>> + 'static),
) -> Option<LoopFuture<T>> {
    let any = handle as &dyn Any;
    let future = any.downcast_ref::<LoopFuture<T>>().cloned();
    future.or_else(|| any.downcast_ref().map(Task::as_future))
}

/// A task or a future is itself; of anything else a task is made, in the loop that runs.
pub(crate) fn ensure_future<T: 'static>(
    awaitable: impl IntoFuture<Output = Result<T, Exception>, IntoFuture: 'static>,
) -> Result<LoopFuture<T>, Exception> {
    let awaitable = awaitable.into_future();
    match future_of(&awaitable) {
        Some(future) => Ok(future),
        None => Ok(Task::new(&running()?, None, awaitable).as_future()),
    }
}

impl<T: Clone> Task<T> {
    /// Its result. As [`LoopFuture::result`].
    ///
    /// # Errors
    ///
    /// The exception that ended it; `InvalidState` while it runs.
    pub fn result(&self) -> Result<T, Exception> {
        self.future.result()
    }
}

impl<T: Clone> Future for Task<T> {
    type Output = Result<T, Exception>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.future).poll(cx)
    }
}

impl<T> HasFuture for TaskState<T> {
    type Result = T;

    #[inline]
    fn shared(&self) -> &Shared<T> {
        &self.future
    }

    fn into_future(self: Rc<Self>) -> LoopFuture<T> {
        LoopFuture::of_task(self)
    }
}

impl<T> Run for TaskState<T> {
    fn run(self: Rc<Self>, kernel: &Kernel) {
        kernel.step(self);
    }

    fn task(self: Rc<Self>) -> Option<TaskRef> {
        Some(TaskRef(self))
    }
}

impl<T> AnyTask for TaskState<T> {
    fn core(&self) -> &Core {
        &self.core
    }

    fn done(&self) -> bool {
        self.future.done()
    }

    fn future(self: Rc<Self>) -> FutureRef {
        FutureRef(self)
    }

    fn must_cancel(self: Rc<Self>, message: &str, is_woken: bool) {
        self.future.cancel_message.keep(message);
        self.core.must_cancel.set(true);
        if let Some(kernel) = self.core.kernel.upgrade()
            && !is_woken
            && !kernel.is_current(self.core.id)
        {
            kernel.schedule_step(self);
        }
    }

    fn cancel_message(&self) -> String {
        self.future.cancel_message.text()
    }

    fn cancelled_error(&self) -> Exception {
        self.future.cancelled_error()
    }

    fn poll(&self, cx: &mut Context<'_>) -> Result<Poll<()>, Exception> {
        let Body::Lives(mut body) = self.body.take() else {
            unreachable!("what has ended is not polled");
        };
        let polled = catching(|| body.as_mut().poll(cx));
        if let Ok(Poll::Pending) = polled {
            self.body.set(Body::Lives(body));
            return Ok(Poll::Pending);
        }
        catching(|| drop(body))?;
        Ok(polled?.map(|result| self.body.set(Body::Ended(result))))
    }

    fn drop_body(&self) {
        drop(self.body.take());
    }

    fn end(self: Rc<Self>, kernel: &Kernel, instead: Option<Exception>) {
        let result = match (self.body.take(), instead) {
            (Body::Ended(Err(exception)), _) | (_, Some(exception)) => Err(exception),
            (Body::Ended(result), None) => result,
            (Body::Lives(_) | Body::Gone, None) => unreachable!("it ends by something"),
        };
        let late = result.is_ok() && self.core.must_cancel.take();
        let result = match result {
            Ok(_) if late => Err(self.future.cancelled_error()),
            result => result.map_err(|exception| escaped_stop_iteration(exception, "coroutine")),
        };
        kernel.trace_ended(&self.core, &result);
        let future = self.into_future();
        match result {
            Err(_) if late => future.end_cancelled(),
            Err(exception) if exception.kind() == Kind::Cancelled => future.end_by(exception),
            result => future.end(result).expect("a task ends once"),
        }
    }

    fn forget_callbacks(&self) {
        self.future.forget_callbacks();
    }
}

/// Two handles are equal where they are of the same task.
impl<T> PartialEq for Task<T> {
    fn eq(&self, other: &Self) -> bool {
        self.future == other.future
    }
}

impl<T> Eq for Task<T> {}

impl<T> fmt::Debug for Task<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Task")
            .field("name", &self.name())
            .field("state", &self.future)
            .finish()
    }
}
