//! A value to come.

use std::{
    cell::Cell,
    fmt,
    num::NonZeroU64,
    pin::Pin,
    rc::{Rc, Weak},
    task::{Context, Poll},
};

use super::{
    any_future::FutureRef,
    cancelling::cancel,
    handle::{Handle, Outcome},
    kernel::Kernel,
    shared::{Callback, HasFuture, Shared, State},
    task::TaskState,
    waiting::{Awaited, Reason, Waiter, awaits_itself, take_thrown},
};
use crate::{Exception, Kind};

/// A value to come: Python's `asyncio.Future`. Clones are the same future.
///
/// It is *pending* until somebody gives it a result or an exception, or cancels it. It can be awaited, by several tasks;
/// each gets a clone of the result.
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
    of: Of<T>,
    /// While it is awaited through this handle: where that is among the callbacks.
    waits: Option<CallbackId>,
}

enum Of<T: 'static> {
    Itself(Rc<Shared<T>>),
    Task(Rc<TaskState<T>>),
}

/// A handle that does not keep the future.
pub(crate) struct WeakFuture<T: 'static>(Weak<dyn HasFuture<Result = T>>);

impl<T> WeakFuture<T> {
    pub(crate) fn upgrade(&self) -> Option<LoopFuture<T>> {
        self.0.upgrade().map(HasFuture::into_future)
    }
}

/// Names a done callback, to remove it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct CallbackId(pub(super) NonZeroU64);

impl<T> Clone for LoopFuture<T> {
    fn clone(&self) -> Self {
        Self::of(match &self.of {
            Of::Itself(shared) => Of::Itself(shared.clone()),
            Of::Task(task) => Of::Task(task.clone()),
        })
    }
}

impl<T> LoopFuture<T> {
    pub(super) fn new(kernel: &Rc<Kernel>) -> Self {
        Self::new_for(Rc::downgrade(kernel), Reason::Future)
    }

    /// A future to wait for something.
    pub(crate) fn new_for(kernel: Weak<Kernel>, reason: Reason) -> Self {
        Self::by_itself(Rc::new(Shared::new(kernel, reason)))
    }

    /// One that failed before it had a loop.
    pub(crate) fn failed(exception: Exception) -> Self {
        let failed = Self::new_for(Weak::new(), Reason::Future);
        let failed_now = failed.finish(State::Failed(exception));
        failed_now.expect("it is new");
        failed
    }

    pub(super) fn by_itself(shared: Rc<Shared<T>>) -> Self {
        Self::of(Of::Itself(shared))
    }

    pub(super) fn of_task(task: Rc<TaskState<T>>) -> Self {
        Self::of(Of::Task(task))
    }

    fn of(of: Of<T>) -> Self {
        Self { of, waits: None }
    }

    #[inline]
    fn shared(&self) -> &Shared<T> {
        match &self.of {
            Of::Itself(shared) => shared,
            Of::Task(task) => task.shared(),
        }
    }

    /// Whether it has a result or an exception, or was cancelled.
    pub fn done(&self) -> bool {
        self.shared().done()
    }

    /// Whether it was cancelled.
    pub fn cancelled(&self) -> bool {
        matches!(*self.shared().state.borrow(), State::Cancelled(_))
    }

    /// Gives it its result.
    ///
    /// # Errors
    ///
    /// `InvalidState` where it is done; `RuntimeError` where it is a task's.
    pub fn set_result(&self, result: T) -> Result<(), Exception> {
        self.refuse_a_task("set_result")?;
        self.end(Ok(result))
    }

    /// Gives it an exception.
    ///
    /// # Errors
    ///
    /// `InvalidState` where it is done; `RuntimeError` where it is a task's.
    pub fn set_exception(&self, exception: impl Into<Exception>) -> Result<(), Exception> {
        self.refuse_a_task("set_exception")?;
        self.end(Err(exception.into()))
    }

    fn refuse_a_task(&self, operation: &str) -> Result<(), Exception> {
        match self.shared().reason {
            Reason::Task(_) => Err(Exception::new(
                Kind::RuntimeError,
                format!("Task does not support {operation} operation"),
            )),
            _ => Ok(()),
        }
    }

    /// Whether it [failed](LoopFuture::failed) so.
    pub(super) fn failed_without_a_loop(&self) -> bool {
        self.done() && self.shared().kernel.strong_count() == 0
    }

    /// Gives it what it ends with, whoever asks.
    pub(crate) fn end(&self, result: Result<T, Exception>) -> Result<(), Exception> {
        self.finish(result.map_or_else(State::Failed, State::Done))
    }

    /// Cancels it: who awaits it gets `Cancelled`. False where it is done.
    ///
    /// Of a task, it is the task that is cancelled; of a [`gather`](crate::gather), what was gathered.
    pub fn cancel(&self) -> bool {
        self.cancel_with("")
    }

    /// The same, with a message.
    pub fn cancel_with(&self, message: &str) -> bool {
        cancel(self.awaited(), message)
    }

    /// Ends a task that let a cancellation pass.
    pub(super) fn end_by(&self, cancelled: Exception) {
        self.shared().cancel_message.forget();
        let cancelled = State::Cancelled(Cell::new(Some(cancelled)));
        self.finish(cancelled).expect("a task ends once");
    }

    /// Ends a task that is cancelled when it has nothing left to do.
    pub(super) fn end_cancelled(&self) {
        let cancelled = State::Cancelled(Cell::new(None));
        self.finish(cancelled).expect("a task ends once");
    }

    pub(crate) fn cancel_message(&self) -> String {
        self.shared().cancel_message.text()
    }

    /// Whether [`cancel`](LoopFuture::cancel) cancelled something that this waits for.
    pub(crate) fn cancel_passed_on(&self) -> bool {
        self.shared().cancel_passed_on.get()
    }

    pub(crate) fn cancelled_error(&self) -> Exception {
        self.shared().cancelled_error()
    }

    pub(crate) fn kernel(&self) -> Weak<Kernel> {
        self.shared().kernel.clone()
    }

    pub(crate) fn downgrade(&self) -> WeakFuture<T> {
        WeakFuture(match &self.of {
            Of::Itself(shared) => Rc::downgrade(shared) as _,
            Of::Task(task) => Rc::downgrade(task) as _,
        })
    }

    pub(crate) fn awaited(&self) -> Rc<dyn Awaited> {
        match &self.of {
            Of::Itself(shared) => shared.clone(),
            Of::Task(task) => task.clone(),
        }
    }

    /// The same future, whatever its result is.
    pub fn any(&self) -> FutureRef {
        FutureRef(match &self.of {
            Of::Itself(shared) => shared.clone(),
            Of::Task(task) => task.clone(),
        })
    }

    /// The exception, if it has one.
    ///
    /// # Errors
    ///
    /// `InvalidState` while it is pending; `Cancelled` where it was cancelled.
    pub fn exception(&self) -> Result<Option<Exception>, Exception> {
        self.shared().unseen.set(false);
        match &*self.shared().state.borrow() {
            State::Pending => Err(pending()),
            State::Done(_) => Ok(None),
            State::Failed(exception) => Ok(Some(exception.clone())),
            State::Cancelled(_) => Err(self.cancelled_error()),
        }
    }

    /// Calls `callback` in the loop's next turn after it is done, with the future. Callbacks run in the order in which
    /// they were added. One that is added to a future that is done runs in the next turn.
    pub fn add_done_callback<O: Outcome>(
        &self,
        callback: impl FnOnce(&LoopFuture<T>) -> O + 'static,
    ) -> CallbackId {
        let callback = Callback::Call(Box::new(move |future| callback(future).into_result()));
        self.add(callback)
    }

    /// Takes a done callback back. False where it has run, or is about to.
    pub fn remove_done_callback(&self, id: CallbackId) -> bool {
        self.shared().remove_callback(id).is_some()
    }

    fn add(&self, callback: Callback<T>) -> CallbackId {
        let shared = self.shared();
        let id = shared.next_callback();
        match shared.done() {
            true => self.schedule(callback),
            false => shared.add_callback(id, callback),
        }
        id
    }

    fn finish(&self, state: State<T>) -> Result<(), Exception> {
        let callbacks = self.shared().finish(state)?;
        callbacks.for_each(|(_, callback)| self.schedule(callback));
        Ok(())
    }

    fn schedule(&self, callback: Callback<T>) {
        // One that failed before it had a loop tells the loop where somebody asks.
        let kernel = || self.shared().kernel.upgrade().or_else(Kernel::running);
        match callback {
            Callback::Wake(waiter) => waiter.schedule(),
            Callback::Call(call) => {
                if let Some(kernel) = kernel() {
                    let future = self.clone();
                    kernel.schedule(Handle::new(move || call(&future)));
                } // else the loop is gone, and with it all turns
            }
        }
    }
}

impl<T: Clone> LoopFuture<T> {
    /// The result.
    ///
    /// # Errors
    ///
    /// The exception it was given; `Cancelled` where it was cancelled; `InvalidState` while it is pending.
    pub fn result(&self) -> Result<T, Exception> {
        self.shared().unseen.set(false);
        match &*self.shared().state.borrow() {
            State::Pending => Err(pending()),
            State::Done(result) => Ok(result.clone()),
            State::Failed(exception) => Err(exception.clone()),
            State::Cancelled(_) => Err(self.cancelled_error()),
        }
    }
}

fn pending() -> Exception {
    Exception::new(Kind::InvalidState, "the future is not done yet")
}

impl<T> LoopFuture<T> {
    fn wakes(&mut self, waiter: Waiter) {
        match self.waits {
            None => self.waits = Some(self.add(Callback::Wake(waiter))),
            Some(id) => self.shared().replace_waiter(id, waiter),
        }
    }

    /// Nobody awaits through this handle any more.
    fn waits_no_more(&mut self) {
        if let Some(id) = self.waits.take()
            && let Some(Callback::Wake(waiter)) = self.shared().remove_callback(id)
        {
            waiter.waits_no_more(&self.awaited());
        }
    }
}

impl<T: Clone> Future for LoopFuture<T> {
    type Output = Result<T, Exception>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        if let Some(thrown) = take_thrown() {
            return Poll::Ready(Err(thrown));
        }
        if self.done() {
            self.waits = None; // who was to be told has been
            return Poll::Ready(self.result());
        }
        if let Of::Task(task) = &self.of
            && awaits_itself(task)
        {
            return Poll::Pending;
        }
        let waiter = Waiter::of(self.awaited(), cx);
        self.wakes(waiter);
        Poll::Pending
    }
}

/// Nobody awaits through this handle any more. The future itself lives on.
impl<T> Drop for LoopFuture<T> {
    fn drop(&mut self) {
        self.waits_no_more();
    }
}

/// Two handles are equal where they are of the same future.
impl<T> PartialEq for LoopFuture<T> {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self.shared(), other.shared())
    }
}

impl<T> Eq for LoopFuture<T> {}

impl<T> fmt::Debug for LoopFuture<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = match &*self.shared().state.borrow() {
            State::Pending => "pending".into(),
            State::Done(_) => "done".into(),
            State::Failed(exception) => format!("failed: {exception}"),
            State::Cancelled(_) => "cancelled".into(),
        };
        f.debug_tuple("LoopFuture")
            .field(&format_args!("{state}"))
            .finish()
    }
}
