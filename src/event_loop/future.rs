//! A value to come.

use std::{
    cell::{Cell, RefCell},
    fmt,
    pin::Pin,
    rc::{Rc, Weak},
    task::{Context, Poll},
};

use super::{
    any_future::{AnyFuture, FutureRef},
    cancelling::cancel,
    dropping::drop_in_turn,
    handle::{Handle, Outcome},
    kernel::Kernel,
    trace::TRACE,
    waiting::{Awaited, Reason, Waiter, take_thrown, waits_for, waits_for_itself},
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
    shared: Rc<Shared<T>>,
    /// While it is awaited through this handle: where that is among the callbacks.
    waits: Option<CallbackId>,
}

struct Shared<T: 'static> {
    /// What it is that comes.
    reason: Reason,
    kernel: Weak<Kernel>,
    state: RefCell<State<T>>,
    callbacks: RefCell<Vec<(CallbackId, Callback<T>)>>,
    next_callback: Cell<u64>,
    /// Whether an exception is lost if this is dropped now.
    unseen: Cell<bool>,
    /// The message of the last cancellation.
    cancel_message: RefCell<String>,
    /// Whether a cancellation was passed on to what this waits for.
    cancel_passed_on: Cell<bool>,
}

/// A handle that does not keep the future.
pub(crate) struct WeakFuture<T: 'static>(Weak<Shared<T>>);

impl<T> WeakFuture<T> {
    pub(crate) fn upgrade(&self) -> Option<LoopFuture<T>> {
        self.0.upgrade().map(LoopFuture::from_shared)
    }
}

enum State<T> {
    Pending,
    Done(T),
    Failed(Exception),
    /// With what a task ended with. As in CPython, the first who asks gets it, and the others one with the message.
    Cancelled(Cell<Option<Exception>>),
}

enum Callback<T: 'static> {
    Wake(Waiter),
    Call(DoneCallback<T>),
}

type DoneCallback<T> = Box<dyn FnOnce(&LoopFuture<T>) -> Result<(), Exception>>;

/// Names a done callback, to remove it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct CallbackId(u64);

impl<T> Clone for LoopFuture<T> {
    fn clone(&self) -> Self {
        Self::from_shared(self.shared.clone())
    }
}

impl<T> LoopFuture<T> {
    pub(super) fn new(kernel: &Rc<Kernel>) -> Self {
        Self::new_for(Rc::downgrade(kernel), Reason::Future)
    }

    /// A future to wait for something.
    pub(crate) fn new_for(kernel: Weak<Kernel>, reason: Reason) -> Self {
        Self::from_shared(Rc::new(Shared {
            reason,
            kernel,
            state: RefCell::new(State::Pending),
            callbacks: RefCell::default(),
            next_callback: Cell::new(0),
            unseen: Cell::new(false),
            cancel_message: RefCell::default(),
            cancel_passed_on: Cell::new(false),
        }))
    }

    /// One that failed before it had a loop.
    pub(crate) fn failed(exception: Exception) -> Self {
        let failed = Self::new_for(Weak::new(), Reason::Future);
        let failed_now = failed.finish(State::Failed(exception));
        failed_now.expect("it is new");
        failed
    }

    fn from_shared(shared: Rc<Shared<T>>) -> Self {
        Self {
            shared,
            waits: None,
        }
    }

    /// Whether it has a result or an exception, or was cancelled.
    pub fn done(&self) -> bool {
        !matches!(*self.shared.state.borrow(), State::Pending)
    }

    /// Whether it was cancelled.
    pub fn cancelled(&self) -> bool {
        matches!(*self.shared.state.borrow(), State::Cancelled(_))
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
        match self.shared.reason {
            Reason::Task(_) => Err(Exception::new(
                Kind::RuntimeError,
                format!("Task does not support {operation} operation"),
            )),
            _ => Ok(()),
        }
    }

    /// Whether it [failed](LoopFuture::failed) so.
    pub(super) fn failed_without_a_loop(&self) -> bool {
        self.done() && self.shared.kernel.strong_count() == 0
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
        cancel(self.shared.clone(), message)
    }

    /// Ends a task that let a cancellation pass.
    pub(super) fn end_by(&self, cancelled: Exception) {
        self.shared.cancel_message.take();
        let cancelled = State::Cancelled(Cell::new(Some(cancelled)));
        self.finish(cancelled).expect("a task ends once");
    }

    /// Ends a task that is cancelled when it has nothing left to do.
    pub(super) fn end_cancelled(&self) {
        let cancelled = State::Cancelled(Cell::new(None));
        self.finish(cancelled).expect("a task ends once");
    }

    pub(super) fn keep_cancel_message(&self, message: &str) {
        self.shared.cancel_message.replace(message.to_owned());
    }

    pub(crate) fn cancel_message(&self) -> String {
        self.shared.cancel_message.borrow().clone()
    }

    /// Whether [`cancel`](LoopFuture::cancel) cancelled something that this waits for.
    pub(crate) fn cancel_passed_on(&self) -> bool {
        self.shared.cancel_passed_on.get()
    }

    pub(crate) fn cancelled_error(&self) -> Exception {
        self.shared.cancelled_error()
    }

    /// Nobody will be called any more: the loop is closed.
    pub(super) fn forget_callbacks(&self) {
        drop_in_turn(self.shared.callbacks.take());
    }

    pub(crate) fn kernel(&self) -> Weak<Kernel> {
        self.shared.kernel.clone()
    }

    pub(crate) fn downgrade(&self) -> WeakFuture<T> {
        WeakFuture(Rc::downgrade(&self.shared))
    }

    pub(crate) fn awaited(&self) -> Rc<dyn Awaited> {
        self.shared.clone()
    }

    /// The same future, whatever its result is.
    pub fn any(&self) -> FutureRef {
        FutureRef(self.shared.clone())
    }

    /// The exception, if it has one.
    ///
    /// # Errors
    ///
    /// `InvalidState` while it is pending; `Cancelled` where it was cancelled.
    pub fn exception(&self) -> Result<Option<Exception>, Exception> {
        self.shared.unseen.set(false);
        match &*self.shared.state.borrow() {
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
        self.shared.remove_callback(id).is_some()
    }

    fn add(&self, callback: Callback<T>) -> CallbackId {
        let id = CallbackId(self.shared.next_callback.get());
        self.shared.next_callback.set(id.0 + 1);
        if self.done() {
            self.schedule(callback);
        } else {
            let mut callbacks = self.shared.callbacks.borrow_mut();
            if callbacks.is_empty() {
                callbacks.reserve_exact(1); // few have more
            }
            callbacks.push((id, callback));
        }
        id
    }

    fn finish(&self, state: State<T>) -> Result<(), Exception> {
        if self.done() {
            return Err(Exception::new(
                Kind::InvalidState,
                "the future is done already",
            ));
        }
        self.shared.unseen.set(matches!(state, State::Failed(_)));
        self.shared.state.replace(state);
        for (_, callback) in self.shared.callbacks.take() {
            self.schedule(callback);
        }
        Ok(())
    }

    fn schedule(&self, callback: Callback<T>) {
        // One that failed before it had a loop tells the loop where somebody asks.
        let kernel = || self.shared.kernel.upgrade().or_else(Kernel::running);
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
        self.shared.unseen.set(false);
        match &*self.shared.state.borrow() {
            State::Pending => Err(pending()),
            State::Done(result) => Ok(result.clone()),
            State::Failed(exception) => Err(exception.clone()),
            State::Cancelled(_) => Err(self.cancelled_error()),
        }
    }
}

impl<T> LoopFuture<T> {
    /// Nobody awaits through this handle any more.
    fn waits_no_more(&mut self) {
        if let Some(id) = self.waits.take()
            && let Some(Callback::Wake(waiter)) = self.shared.remove_callback(id)
        {
            waiter.waits_no_more(&self.awaited());
        }
    }
}

impl<T> Shared<T> {
    fn remove_callback(&self, id: CallbackId) -> Option<Callback<T>> {
        let mut callbacks = self.callbacks.borrow_mut();
        let place = callbacks.binary_search_by_key(&id, |(id, _)| *id).ok()?;
        Some(callbacks.remove(place).1)
    }

    /// A future may be polled by one task and then by another: the last is woken.
    fn replace_waiter(&self, id: CallbackId, waiter: Waiter) {
        let mut callbacks = self.callbacks.borrow_mut();
        if let Ok(place) = callbacks.binary_search_by_key(&id, |(id, _)| *id)
            && let Callback::Wake(old) = &mut callbacks[place].1
            && !old.is(&waiter)
        {
            *old = waiter;
        }
    }
}

fn pending() -> Exception {
    Exception::new(Kind::InvalidState, "the future is not done yet")
}

impl<T: Clone> Future for LoopFuture<T> {
    type Output = Result<T, Exception>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        if let Some(thrown) = take_thrown() {
            return Poll::Ready(Err(thrown));
        }
        if self.done() {
            self.waits_no_more();
            return Poll::Ready(self.result());
        }
        if waits_for_itself(&self.shared.reason) {
            return Poll::Pending;
        }
        waits_for(self.awaited());
        let waiter = Waiter::of(cx);
        match self.waits {
            None => self.waits = Some(self.add(Callback::Wake(waiter))),
            Some(id) => self.shared.replace_waiter(id, waiter),
        }
        Poll::Pending
    }
}

/// Nobody awaits through this handle any more. The future itself lives on.
impl<T> Drop for LoopFuture<T> {
    fn drop(&mut self) {
        self.waits_no_more();
    }
}

impl<T> Awaited for Shared<T> {
    fn done(&self) -> bool {
        !matches!(*self.state.borrow(), State::Pending)
    }

    fn gives_cancelled(&self) -> bool {
        match &*self.state.borrow() {
            State::Cancelled(_) => true,
            State::Failed(exception) => exception.kind() == Kind::Cancelled,
            State::Pending | State::Done(_) => false,
        }
    }

    fn reason(&self) -> &Reason {
        &self.reason
    }

    fn end_cancelled(self: Rc<Self>, message: &str) -> bool {
        let future = LoopFuture::from_shared(self);
        let was_pending = !future.done();
        if was_pending {
            future.keep_cancel_message(message);
            future.end_cancelled();
        }
        was_pending
    }

    fn cancel_was_passed_on(&self) {
        self.cancel_passed_on.set(true);
    }
}

impl<T> AnyFuture for Shared<T> {
    fn kernel(&self) -> Weak<Kernel> {
        self.kernel.clone()
    }

    fn failed(&self) -> bool {
        self.unseen.set(false);
        matches!(*self.state.borrow(), State::Failed(_))
    }

    fn failure(self: Rc<Self>) -> Option<Exception> {
        let future = LoopFuture::from_shared(self);
        future.exception().unwrap_or_else(Some)
    }

    fn cancelled_error(&self) -> Exception {
        let first = match &*self.state.borrow() {
            State::Cancelled(first) => first.take(),
            State::Pending | State::Done(_) | State::Failed(_) => None,
        };
        let message = || self.cancel_message.borrow().clone();
        first.unwrap_or_else(|| Exception::new(Kind::Cancelled, message()))
    }

    fn add_callback(self: Rc<Self>, callback: Box<dyn FnOnce(FutureRef)>) -> CallbackId {
        let future = LoopFuture::from_shared(self);
        future.add_done_callback(move |future| callback(future.any()))
    }

    fn remove_callback(&self, id: CallbackId) {
        drop(Shared::remove_callback(self, id));
    }
}

/// Two handles are equal where they are of the same future.
impl<T> PartialEq for LoopFuture<T> {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.shared, &other.shared)
    }
}

impl<T> Eq for LoopFuture<T> {}

impl<T> Drop for Shared<T> {
    fn drop(&mut self) {
        let callbacks = self.callbacks.take();
        if !callbacks.is_empty() {
            drop_in_turn(callbacks);
        }
        if let State::Failed(exception) = self.state.get_mut()
            && self.unseen.get()
        {
            tracing::error!(
                target: TRACE,
                exception = exception.name(),
                text = %exception.message(),
                "exception was never retrieved"
            );
        }
    }
}

impl<T> fmt::Debug for LoopFuture<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = match &*self.shared.state.borrow() {
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
