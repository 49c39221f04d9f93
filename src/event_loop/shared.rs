//! What all handles of a future share, whether it stands by itself or is that of a task.

use std::{
    cell::{Cell, RefCell},
    mem,
    num::NonZeroU64,
    rc::{Rc, Weak},
};

use super::{
    any_future::{AnyFuture, FutureRef},
    cancelling::Message,
    few::Few,
    future::{CallbackId, LoopFuture},
    kernel::Kernel,
    waiting::{Awaited, Reason, Waiter},
};
use crate::{Exception, Kind, dropping::drop_in_turn, targets::EVENT_LOOP};

pub(super) struct Shared<T: 'static> {
    /// What it is that comes.
    pub(super) reason: Reason,
    pub(super) kernel: Weak<Kernel>,
    pub(super) state: RefCell<State<T>>,
    callbacks: Cell<Callbacks<T>>,
    next_callback: Cell<NonZeroU64>,
    /// Whether an exception is lost if this is dropped now.
    pub(super) unseen: Cell<bool>,
    pub(super) cancel_message: Message,
    /// Whether a cancellation was passed on to what this waits for.
    pub(super) cancel_passed_on: Cell<bool>,
}

pub(super) enum State<T> {
    Pending,
    Done(T),
    Failed(Exception),
    /// With what a task ended with. As in CPython, the first who asks gets it, and the others one with the message.
    Cancelled(Cell<Option<Exception>>),
}

pub(super) enum Callback<T: 'static> {
    Wake(Waiter),
    Call(DoneCallback<T>),
}

type DoneCallback<T> = Box<dyn FnOnce(&LoopFuture<T>) -> Result<(), Exception>>;

/// In the order in which they were added. Few futures have more than one.
pub(super) type Callbacks<T> = Few<(CallbackId, Callback<T>)>;

/// A future that stands by itself, or what has one in it.
pub(super) trait HasFuture: 'static {
    type Result;

    fn shared(&self) -> &Shared<Self::Result>;

    fn into_future(self: Rc<Self>) -> LoopFuture<Self::Result>;
}

impl<T> Shared<T> {
    #[inline]
    pub(super) fn new(kernel: Weak<Kernel>, reason: Reason) -> Self {
        Self {
            reason,
            kernel,
            state: RefCell::new(State::Pending),
            callbacks: Cell::default(),
            next_callback: Cell::new(NonZeroU64::MIN),
            unseen: Cell::new(false),
            cancel_message: Message::default(),
            cancel_passed_on: Cell::new(false),
        }
    }

    #[inline]
    pub(super) fn done(&self) -> bool {
        !matches!(*self.state.borrow(), State::Pending)
    }

    /// Ends it. Gives who is to be told.
    pub(super) fn finish(&self, state: State<T>) -> Result<Callbacks<T>, Exception> {
        if self.done() {
            return Err(Exception::new(
                Kind::InvalidState,
                "the future is done already",
            ));
        }
        self.unseen.set(matches!(state, State::Failed(_)));
        self.state.replace(state);
        Ok(self.callbacks.take())
    }

    pub(super) fn next_callback(&self) -> CallbackId {
        let next = self.next_callback.get();
        self.next_callback.set(next.saturating_add(1));
        CallbackId(next)
    }

    #[inline]
    pub(super) fn add_callback(&self, id: CallbackId, callback: Callback<T>) {
        self.with_callbacks(|callbacks| callbacks.push((id, callback)));
    }

    pub(super) fn remove_callback(&self, id: CallbackId) -> Option<Callback<T>> {
        self.with_callbacks(|callbacks| {
            let place = place_of(callbacks.as_slice(), id)?;
            Some(callbacks.remove(place).1)
        })
    }

    /// Looks at the callbacks. (`look` must not run other people's code.)
    #[inline]
    fn with_callbacks<R>(&self, look: impl FnOnce(&mut Callbacks<T>) -> R) -> R {
        let mut callbacks = self.callbacks.take();
        let result = look(&mut callbacks);
        self.callbacks.set(callbacks);
        result
    }

    /// A future may be polled by one task and then by another: the last is woken.
    pub(super) fn replace_waiter(&self, id: CallbackId, waiter: Waiter) {
        let replaced = self.with_callbacks(|callbacks| {
            let place = place_of(callbacks.as_slice(), id)?;
            let (_, callback) = &mut callbacks.as_mut_slice()[place];
            let is_new = matches!(callback, Callback::Wake(old) if !old.is(&waiter));
            is_new.then(|| mem::replace(callback, Callback::Wake(waiter)))
        });
        drop(replaced); // when the callbacks are back
    }

    /// Nobody will be called any more: the loop is closed.
    pub(super) fn forget_callbacks(&self) {
        drop_in_turn(self.callbacks.take());
    }

    pub(super) fn cancelled_error(&self) -> Exception {
        let first = match &*self.state.borrow() {
            State::Cancelled(first) => first.take(),
            State::Pending | State::Done(_) | State::Failed(_) => None,
        };
        first.unwrap_or_else(|| self.cancel_message.error())
    }
}

fn place_of<T>(callbacks: &[(CallbackId, Callback<T>)], id: CallbackId) -> Option<usize> {
    callbacks.binary_search_by_key(&id, |(id, _)| *id).ok()
}

impl<T> HasFuture for Shared<T> {
    type Result = T;

    fn shared(&self) -> &Shared<T> {
        self
    }

    fn into_future(self: Rc<Self>) -> LoopFuture<T> {
        LoopFuture::by_itself(self)
    }
}

impl<F: HasFuture> Awaited for F {
    fn done(&self) -> bool {
        self.shared().done()
    }

    fn gives_cancelled(&self) -> bool {
        match &*self.shared().state.borrow() {
            State::Cancelled(_) => true,
            State::Failed(exception) => exception.kind() == Kind::Cancelled,
            State::Pending | State::Done(_) => false,
        }
    }

    fn reason(&self) -> &Reason {
        &self.shared().reason
    }

    fn end_cancelled(self: Rc<Self>, message: &str) -> bool {
        let was_pending = !self.shared().done();
        if was_pending {
            self.shared().cancel_message.keep(message);
            self.into_future().end_cancelled();
        }
        was_pending
    }

    fn cancel_was_passed_on(&self) {
        self.shared().cancel_passed_on.set(true);
    }
}

impl<F: HasFuture> AnyFuture for F {
    fn kernel(&self) -> Weak<Kernel> {
        self.shared().kernel.clone()
    }

    fn failed(&self) -> bool {
        self.shared().unseen.set(false);
        matches!(*self.shared().state.borrow(), State::Failed(_))
    }

    fn failure(self: Rc<Self>) -> Option<Exception> {
        let future = self.into_future();
        future.exception().unwrap_or_else(Some)
    }

    fn cancelled_error(&self) -> Exception {
        self.shared().cancelled_error()
    }

    fn add_callback(self: Rc<Self>, callback: Box<dyn FnOnce(FutureRef)>) -> CallbackId {
        let future = self.into_future();
        future.add_done_callback(move |future| callback(future.any()))
    }

    fn remove_callback(&self, id: CallbackId) {
        drop(self.shared().remove_callback(id));
    }
}

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
                target: EVENT_LOOP,
                exception = exception.name(),
                text = %exception.message_or_panic(),
                "exception was never retrieved"
            );
        }
    }
}
