//! Handles to tasks and futures alike that do not name the type of the result.

use std::{
    cell::Cell,
    fmt,
    hash::{Hash, Hasher},
    rc::{Rc, Weak},
    task::Context,
};

use super::{
    current,
    kernel::Kernel,
    keys::{CallbackId, Key},
    outcome::Outcome,
    results::task_exception,
    task_ref::TaskRef,
    waits::{
        cancelling::cancel_future,
        reason::{Awaited, FutureKind, Part},
    },
};
use crate::Exception;

impl TaskRef {
    /// Returns the task as a future.
    pub fn as_future(&self) -> FutureRef {
        FutureRef(AnyFuture::Task(self.clone()))
    }
}

/// A type-erased handle to a task or a future, without access to its result. [`wait()`](crate::wait) takes it if the results
/// differ in type.
///
/// ```
/// use tminus::{Exception, run, spawn, wait};
///
/// run(async {
///     let (number, text) = (spawn(async { Ok(6) })?, spawn(async { Ok("six") })?);
///     let (done, pending) = wait([number.any().as_future(), text.any().as_future()]).await?;
///     assert_eq!((done.len(), pending.len()), (2, 0));
///     Ok(())
/// })?;
/// # Ok::<(), Exception>(())
/// ```
#[derive(Clone)]
pub struct FutureRef(pub(super) AnyFuture);

#[derive(Clone)]
pub(super) enum AnyFuture {
    Task(TaskRef),
    Future(Rc<dyn Erased>),
}

/// A future that is no task, whatever its result is.
pub(super) trait Erased: Awaited + std::any::Any {
    /// `None` if it was done before it had a loop.
    fn kernel(&self) -> Option<&Rc<Kernel>>;

    /// Whether it was cancelled itself. (A `Cancelled` that was set is an exception like others.)
    fn cancelled(&self) -> bool;

    /// The exception that it ended with. It counts as seen.
    fn exception(&self) -> Result<Option<Exception>, Exception>;

    /// The `Cancelled` that whoever asks now gets.
    fn cancelled_error(&self) -> Exception;

    /// Calls `call` in the round after it is done.
    fn add_callback(self: Rc<Self>, call: DoneCallback) -> CallbackId;

    /// Returns `false` if the callback was called, or is about to be.
    fn remove_callback(&self, id: CallbackId) -> bool;
}

pub(super) type DoneCallback = Box<dyn FnOnce(FutureRef) -> Result<(), Exception>>;

/// Tells tasks and futures apart. Two handles to the same one have the same identity.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Identity(*const (), Option<Key>);

thread_local! {
    /// What a handle has answered that was asked what it is a handle to.
    static ANSWER: Cell<Option<FutureRef>> = const { Cell::new(None) };
}

impl FutureRef {
    /// Polls a handle only to learn what it is a handle to. The poll has no other effect. No loop may run.
    ///
    /// A run must know whether its main future is a handle to one of its own tasks or futures, and to which one. `Any` cannot
    /// tell, because a main future that can borrow is not `'static`. The crate `typeid` tells whether the type is that of a
    /// handle. But only a poll gets anything out of a value whose type is a parameter.
    pub(super) fn asked_from(handle: impl FnOnce(&mut Context<'_>)) -> Option<Self> {
        current::asks(handle);
        ANSWER.take()
    }

    /// This is what the handle that is asked is a handle to.
    pub(super) fn answers(self) {
        ANSWER.set(Some(self));
    }

    /// Returns `true` if the task or future has a result or an exception, or was cancelled.
    pub fn done(&self) -> bool {
        match &self.0 {
            AnyFuture::Task(task) => task.done(),
            AnyFuture::Future(future) => future.done(),
        }
    }

    /// Returns `true` if the task or future was cancelled.
    pub fn cancelled(&self) -> bool {
        match &self.0 {
            AnyFuture::Task(task) => task.cancelled(),
            AnyFuture::Future(future) => future.cancelled(),
        }
    }

    /// Cancels the task or future. See [`LoopFuture::cancel`](super::LoopFuture::cancel).
    pub fn cancel(&self) -> bool {
        self.cancel_with("")
    }

    /// Cancels the task or future, with a message. See [`LoopFuture::cancel_with`](super::LoopFuture::cancel_with).
    pub fn cancel_with(&self, message: &str) -> bool {
        match &self.0 {
            AnyFuture::Task(task) => task.cancel_with(message),
            AnyFuture::Future(future) if future.done() => {
                // As in CPython: whoever cancels it does not want to know how it failed.
                drop(future.exception());
                false
            }
            AnyFuture::Future(future) => match future.kernel() {
                Some(kernel) => {
                    let future: Rc<dyn Awaited> = future.clone();
                    cancel_future(kernel, &future, message)
                }
                None => false,
            },
        }
    }

    /// The task, if it is one.
    pub(super) fn task(&self) -> Option<&TaskRef> {
        match &self.0 {
            AnyFuture::Task(task) => Some(task),
            AnyFuture::Future(_) => None,
        }
    }

    /// Returns `true` if it was cancelled, or ended by a `Cancelled`.
    pub(super) fn ended_cancelled(&self) -> bool {
        match &self.0 {
            AnyFuture::Task(task) => task.cancelled(),
            AnyFuture::Future(future) => future.ended_cancelled(),
        }
    }

    /// Withdraws one cancellation request, and returns how many remain. A future that is no task has none.
    pub(super) fn uncancel(&self) -> usize {
        match &self.0 {
            AnyFuture::Task(task) => task.uncancel(),
            AnyFuture::Future(_) => 0,
        }
    }

    /// Returns `true` if only its handles keep it: a shield's future is dropped when nobody waits for it any longer. Others are
    /// kept by what will end them, or cannot be ended without a handle.
    pub(crate) fn lives_by_handles(&self) -> bool {
        match &self.0 {
            AnyFuture::Task(_) => false,
            AnyFuture::Future(future) => matches!(Awaited::kind(&**future), FutureKind::Watch(..)),
        }
    }

    /// As a part of what is waited for together.
    pub(crate) fn part(&self) -> Part {
        match &self.0 {
            AnyFuture::Task(task) => Part::Task(task.key()),
            AnyFuture::Future(future) => {
                let future: Rc<dyn Awaited> = future.clone();
                Part::Future(Rc::downgrade(&future))
            }
        }
    }

    pub(crate) fn kernel(&self) -> Option<&Rc<Kernel>> {
        match &self.0 {
            AnyFuture::Task(task) => Some(task.kernel()),
            AnyFuture::Future(future) => future.kernel(),
        }
    }

    pub(crate) fn identity(&self) -> Identity {
        match &self.0 {
            AnyFuture::Task(task) => Identity(Rc::as_ptr(task.kernel()).cast(), Some(task.key())),
            AnyFuture::Future(future) => Identity(Rc::as_ptr(future).cast(), None),
        }
    }

    /// Returns the exception, if the task or future has one.
    ///
    /// # Errors
    ///
    /// - `InvalidState` if the task or future is not done.
    /// - `Cancelled` if it was cancelled.
    pub fn exception(&self) -> Result<Option<Exception>, Exception> {
        match &self.0 {
            AnyFuture::Task(task) => task_exception(task),
            AnyFuture::Future(future) => future.exception(),
        }
    }

    /// The exception with which the future ended, `Cancelled` included. It then counts as seen.
    pub(crate) fn failure(&self) -> Option<Exception> {
        self.exception().unwrap_or_else(Some)
    }

    /// Returns `true` if it ended by an exception that is not a cancellation. It counts as seen.
    pub(crate) fn failed(&self) -> bool {
        !self.ended_cancelled() && self.failure().is_some()
    }

    /// The `Cancelled` that whoever asks now gets.
    pub(crate) fn cancelled_error(&self) -> Exception {
        match &self.0 {
            AnyFuture::Task(task) => task.cancelled_error(),
            AnyFuture::Future(future) => future.cancelled_error(),
        }
    }

    /// Calls `callback` with the task or future in the round after it is done. If it is done already, the callback is called in
    /// the next round.
    pub fn add_done_callback<O: Outcome<Value = ()>>(
        &self,
        callback: impl FnOnce(&FutureRef) -> O + 'static,
    ) -> CallbackId {
        self.add_callback(move |future| callback(&future))
    }

    /// Removes a done callback. Returns `false` if it was called, or is about to be.
    pub fn remove_done_callback(&self, id: CallbackId) -> bool {
        self.remove_callback(id)
    }

    /// Calls `callback` in the round after it is done.
    pub(crate) fn add_callback<O: Outcome<Value = ()>>(
        &self,
        callback: impl FnOnce(FutureRef) -> O + 'static,
    ) -> CallbackId {
        let call = |future| callback(future).into_result();
        match &self.0 {
            AnyFuture::Task(task) => task.add_callback(|task| call(task.as_future())),
            AnyFuture::Future(future) => future.clone().add_callback(Box::new(call)),
        }
    }

    /// Removes a callback. Returns `false` if it was called, or is about to be.
    pub(crate) fn remove_callback(&self, id: CallbackId) -> bool {
        match &self.0 {
            AnyFuture::Task(task) => task.remove_done_callback(id),
            AnyFuture::Future(future) => future.remove_callback(id),
        }
    }

    /// A handle that does not keep it.
    pub(super) fn downgrade(&self) -> WeakRef {
        match &self.0 {
            AnyFuture::Task(task) => WeakRef::Task(task.kernel().clone(), task.key()),
            AnyFuture::Future(future) => WeakRef::Future(Rc::downgrade(future)),
        }
    }
}

pub(super) enum WeakRef {
    Task(Rc<Kernel>, Key),
    Future(Weak<dyn Erased>),
}

impl WeakRef {
    pub(super) fn upgrade(&self) -> Option<FutureRef> {
        match self {
            Self::Task(kernel, key) => {
                let is_there = kernel.with(|tasks| tasks.shared_if_there(*key));
                is_there.then(|| FutureRef(AnyFuture::Task(TaskRef::adopt(kernel, *key))))
            }
            Self::Future(future) => future
                .upgrade()
                .map(|future| FutureRef(AnyFuture::Future(future))),
        }
    }
}

impl PartialEq for FutureRef {
    fn eq(&self, other: &Self) -> bool {
        self.identity() == other.identity()
    }
}

impl Eq for FutureRef {}

impl Hash for FutureRef {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.identity().hash(state);
    }
}

impl fmt::Debug for FutureRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FutureRef")
            .field("done", &self.done())
            .finish()
    }
}
