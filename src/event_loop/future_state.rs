//! What all handles to a future share: pending, done or cancelled, and who watches it.

use std::{
    cell::{Cell, RefCell},
    mem,
    rc::Rc,
};

use super::{
    current,
    future_ref::{AnyFuture, DoneCallback, Erased, FutureRef},
    handle::Handle,
    kernel::{FUTURE_NEVER_RETRIEVED, Kernel, closed},
    keys::{CallbackId, WaitId},
    tasks::{Watcher, Watchers},
    waits::reason::{Awaited, FutureKind},
};
use crate::{Exception, Kind, dropping::drop_in_turn};

/// What all handles to a future share.
pub(super) struct FutureState<T: 'static> {
    kind: FutureKind,
    /// `None` if it was done before it had a loop.
    pub(super) kernel: Option<Rc<Kernel>>,
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

#[cold]
fn done_already() -> Exception {
    Exception::new(Kind::InvalidState, "the future is done already")
}

#[cold]
pub(super) fn pending() -> Exception {
    Exception::new(Kind::InvalidState, "the future is not done yet")
}

impl<T> FutureState<T> {
    #[inline(always)]
    pub(super) fn new(kernel: Option<Rc<Kernel>>, kind: FutureKind) -> Self {
        Self {
            kind,
            kernel,
            state: RefCell::new(State::Pending {
                parts_cancelled: Cell::new(false),
            }),
            watchers: RefCell::default(),
        }
    }

    #[inline]
    pub(super) fn done(&self) -> bool {
        !matches!(*self.state.borrow(), State::Pending { .. })
    }

    pub(super) fn message(&self) -> String {
        match &*self.state.borrow() {
            State::Cancelled(message) => message.to_string(),
            State::Pending { .. } | State::Done { .. } => String::new(),
        }
    }

    /// Looks at the outcome, which counts as seen from then on. `None` if the future is pending.
    #[inline]
    fn look<R>(
        &self,
        look: impl FnOnce(&Result<T, Exception>) -> Result<R, Exception>,
    ) -> Option<Result<R, Exception>> {
        match &*self.state.borrow() {
            State::Pending { .. } => None,
            State::Done { outcome, seen } => {
                seen.set(true);
                Some(look(outcome))
            }
            State::Cancelled(_) => Some(Err(self.cancelled_error())),
        }
    }

    #[inline]
    pub(super) fn end(self: &Rc<Self>, outcome: Result<T, Exception>) -> Result<(), Exception> {
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

    /// A task waits for the end. Returns the name of that watcher.
    #[inline]
    pub(super) fn wakes(&self, wait: WaitId) -> CallbackId {
        self.watchers.borrow_mut().add(Watcher::Wakes(wait))
    }

    /// Another task now waits instead of the one that did.
    pub(super) fn redirects(&self, watch: CallbackId, wait: WaitId) {
        self.watchers.borrow_mut().redirect(watch, wait);
    }

    pub(super) fn parts_were_cancelled(&self) -> bool {
        match &*self.state.borrow() {
            State::Pending { parts_cancelled } => parts_cancelled.get(),
            State::Done { .. } | State::Cancelled(_) => false,
        }
    }

    /// The exception that it ended with, when the caller only shows it: the exception does not count as seen.
    pub(super) fn peeks(&self) -> Option<Exception> {
        match &*self.state.borrow() {
            State::Done { outcome, .. } => outcome.as_ref().err().cloned(),
            State::Pending { .. } | State::Cancelled(_) => None,
        }
    }

    pub(super) fn what(&self) -> String {
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
        let exception = self.look(|outcome| Ok(outcome.as_ref().err().cloned()));
        exception.unwrap_or_else(|| Err(pending()))
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

impl<T: Clone> FutureState<T> {
    pub(super) fn result(&self) -> Result<T, Exception> {
        self.outcome().unwrap_or_else(|| Err(pending()))
    }

    /// Returns a clone of the outcome, which counts as seen from then on. `None` if the future is pending.
    #[inline]
    pub(super) fn outcome(&self) -> Option<Result<T, Exception>> {
        self.look(Result::clone)
    }
}
