//! A value to come.

use std::{
    any::Any,
    cell::{Cell, RefCell},
    fmt,
    hash::{Hash, Hasher},
    mem,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll},
};

use super::{
    calls::waiting::Waiting,
    current::{self, take_thrown_by},
    future_ref::{AnyFuture, DoneCallback, Erased, FutureRef, WeakRef},
    handle::Handle,
    kernel::{FUTURE_NEVER_RETRIEVED, Kernel, closed},
    keys::{CallbackId, WaitId},
    outcome::Outcome,
    results::result_in,
    task_ref::{TaskRef, of_this_loop},
    tasks::{State as WaitState, Watcher, Watchers},
    waits::reason::{Awaited, FutureKind, WaitKind},
};
use crate::{Exception, Kind, contextvars, dropping::drop_in_turn};

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

/// What all handles to a future share.
struct FutureState<T: 'static> {
    kind: FutureKind,
    /// `None` if it was done before it had a loop.
    kernel: Option<Rc<Kernel>>,
    state: RefCell<State<T>>,
    watchers: RefCell<Watchers<DoneCallback>>,
}

enum State<T> {
    Pending {
        /// Whether the parts of a gather were cancelled in its place.
        parts_cancelled: Cell<bool>,
    },
    Done {
        outcome: Result<T, Exception>,
        /// Whether somebody has asked for it. An exception for which nobody has is reported when the future is dropped.
        seen: Cell<bool>,
    },
    /// With the message of the request.
    Cancelled(Box<str>),
}

/// A handle that does not keep the future.
pub(crate) struct WeakFuture<T: 'static>(WeakRef, std::marker::PhantomData<fn() -> T>);

impl<T: 'static> WeakFuture<T> {
    pub(crate) fn upgrade(&self) -> Option<LoopFuture<T>> {
        self.0.upgrade().map(LoopFuture::of)
    }
}

#[cold]
fn done_already() -> Exception {
    Exception::new(Kind::InvalidState, "the future is done already")
}

#[cold]
fn pending() -> Exception {
    Exception::new(Kind::InvalidState, "the future is not done yet")
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
        Self::from_origin(Origin::Future(Rc::new(FutureState {
            kind,
            kernel,
            state: RefCell::new(State::Pending {
                parts_cancelled: Cell::new(false),
            }),
            watchers: RefCell::default(),
        })))
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
            Origin::Future(state) => match &*state.state.borrow() {
                State::Pending { parts_cancelled } => parts_cancelled.get(),
                State::Done { .. } | State::Cancelled(_) => false,
            },
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

impl<T> FutureState<T> {
    #[inline]
    fn done(&self) -> bool {
        !matches!(*self.state.borrow(), State::Pending { .. })
    }

    fn message(&self) -> String {
        match &*self.state.borrow() {
            State::Cancelled(message) => message.to_string(),
            State::Pending { .. } | State::Done { .. } => String::new(),
        }
    }

    /// Looks at the outcome, which counts as seen from then on.
    #[inline]
    fn look<R>(&self, look: impl FnOnce(&Result<T, Exception>) -> R) -> Result<R, Exception> {
        match &*self.state.borrow() {
            State::Pending { .. } => Err(pending()),
            State::Done { outcome, seen } => {
                seen.set(true);
                Ok(look(outcome))
            }
            State::Cancelled(_) => Err(self.cancelled_error()),
        }
    }

    #[inline]
    fn end(self: &Rc<Self>, outcome: Result<T, Exception>) -> Result<(), Exception> {
        let seen = Cell::new(false);
        self.finish(State::Done { outcome, seen })
    }

    /// Ends the future, and notifies whoever watches it.
    #[inline]
    fn finish(self: &Rc<Self>, state: State<T>) -> Result<(), Exception> {
        let mut now = self.state.borrow_mut();
        if !matches!(*now, State::Pending { .. }) {
            drop(now);
            return Err(done_already());
        }
        mem::forget(mem::replace(&mut *now, state)); // it was pending: there is nothing to drop
        drop(now);
        let Some(kernel) = &self.kernel else {
            return Ok(());
        };
        let mut watchers = self.watchers.borrow_mut();
        if let Some(wait) = watchers.take_only_wait() {
            drop(watchers);
            let is_closed = kernel.with(|tasks| {
                tasks.given(wait);
                tasks.closed
            });
            return match is_closed {
                true => Err(closed()), // the result is set all the same, as in CPython
                false => Ok(()),
            };
        }
        match watchers.is_empty() {
            true => Ok(()),
            false => self.notifies(kernel, watchers.take()),
        }
    }

    /// Notifies several watchers, or one that is a callback.
    #[inline(never)]
    fn notifies(
        self: &Rc<Self>,
        kernel: &Rc<Kernel>,
        watchers: Watchers<DoneCallback>,
    ) -> Result<(), Exception> {
        if let Err(closed) = kernel.open() {
            drop_in_turn(watchers);
            return Err(closed); // the result is set all the same, as in CPython
        }
        watchers.for_each(|watcher| match watcher {
            Watcher::Wakes(wait) => drop(kernel.with(|tasks| tasks.given(wait))),
            Watcher::Calls(call) => self.schedule(kernel, call),
        });
        Ok(())
    }

    fn schedule(self: &Rc<Self>, kernel: &Rc<Kernel>, call: DoneCallback) {
        let future = FutureRef(AnyFuture::Future(self.clone()));
        Handle::soon_as_it_is(kernel, move || call(future)); // it has the context in which it was added
    }

    fn what(&self) -> String {
        match &self.kind {
            FutureKind::Plain => "a future".into(),
            FutureKind::Gather(_) => "a gather".into(),
            FutureKind::Watch(..) => "a wait".into(),
            FutureKind::Outside(words, party) => format!("{} {party}", words.words),
        }
    }
}

impl<T> Awaited for FutureState<T> {
    fn done(&self) -> bool {
        self.done()
    }

    fn ended_cancelled(&self) -> bool {
        match &*self.state.borrow() {
            State::Cancelled(_) => true,
            State::Done { outcome, .. } => outcome
                .as_ref()
                .is_err_and(|exception| exception.kind() == Kind::Cancelled),
            State::Pending { .. } => false,
        }
    }

    fn kind(&self) -> &FutureKind {
        &self.kind
    }

    fn end_cancelled(self: Rc<Self>, message: &str) -> bool {
        if self.done() {
            return false;
        }
        let ended = self.finish(State::Cancelled(message.into()));
        if let (Err(exception), Some(kernel)) = (ended, &self.kernel) {
            kernel.reports("Exception in cancel", &exception, None);
        }
        true
    }

    fn note_parts_cancelled(&self) {
        if let State::Pending { parts_cancelled } = &*self.state.borrow() {
            parts_cancelled.set(true);
        }
    }
}

impl<T: 'static> Erased for FutureState<T> {
    fn kernel(&self) -> Option<&Rc<Kernel>> {
        self.kernel.as_ref()
    }

    fn cancelled(&self) -> bool {
        matches!(*self.state.borrow(), State::Cancelled(_))
    }

    fn exception(&self) -> Result<Option<Exception>, Exception> {
        self.look(|outcome| outcome.as_ref().err().cloned())
    }

    fn cancelled_error(&self) -> Exception {
        Exception::new(Kind::Cancelled, self.message())
    }

    fn add_callback(self: Rc<Self>, call: DoneCallback) -> CallbackId {
        if !self.done() {
            return self.watchers.borrow_mut().add(Watcher::Calls(call));
        }
        // What failed before it had a loop tells the loop in which somebody asks.
        let kernel = self.kernel.clone().or_else(current::running);
        match kernel {
            Some(kernel) if kernel.open().is_err() => {
                kernel.reports("Exception in add_done_callback", &closed(), None);
            }
            Some(kernel) => self.schedule(&kernel, call),
            None => {} // there is no loop, and so no next round
        }
        self.watchers.borrow_mut().next_id()
    }

    fn remove_callback(&self, id: CallbackId) -> bool {
        let removed = self.watchers.borrow_mut().remove(id);
        removed.is_some() // and is dropped when the watchers are free
    }
}

impl<T> Drop for FutureState<T> {
    #[inline]
    fn drop(&mut self) {
        let is_watched = !self.watchers.get_mut().is_empty();
        let is_unseen = match self.state.get_mut() {
            State::Done { outcome, seen } => outcome.is_err() && !seen.get(),
            State::Pending { .. } | State::Cancelled(_) => false,
        };
        if is_watched || is_unseen {
            self.leaves_something();
        }
    }
}

impl<T> FutureState<T> {
    /// The future is dropped with watchers, or with an exception that nobody has seen.
    #[cold]
    #[inline(never)]
    fn leaves_something(&mut self) {
        drop_in_turn(self.watchers.get_mut().take()); // a callback can hold a future, whose callback holds the next
        if let State::Done { outcome, seen } = self.state.get_mut()
            && let Err(exception) = outcome
            && !seen.get()
        {
            match &self.kernel {
                Some(kernel) => {
                    kernel.reports(FUTURE_NEVER_RETRIEVED, exception, None);
                }
                None => super::trace::never_retrieved_without_a_loop(exception),
            }
        }
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

impl<T: Clone> FutureState<T> {
    fn result(&self) -> Result<T, Exception> {
        self.outcome().unwrap_or_else(|| Err(pending()))
    }

    /// Returns a clone of the outcome, which counts as seen from then on. `None` if the future is pending.
    #[inline]
    fn outcome(&self) -> Option<Result<T, Exception>> {
        match &*self.state.borrow() {
            State::Pending { .. } => None,
            State::Done { outcome, seen } => {
                seen.set(true);
                Some(outcome.clone())
            }
            State::Cancelled(_) => Some(Err(self.cancelled_error())),
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
            *watch = Some(state.watchers.borrow_mut().add(Watcher::Wakes(id)));
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
    let is_there = Waiting::asks(kernel, wait, cx) != WaitState::Lost;
    if let Some(watch) = watch
        && *wait != before
    {
        state.watchers.borrow_mut().redirect(watch, *wait); // another task polls it now
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
            Origin::Future(state) => match &*state.state.borrow() {
                State::Done { outcome, .. } => outcome.as_ref().err().cloned(),
                State::Pending { .. } | State::Cancelled(_) => None,
            },
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
