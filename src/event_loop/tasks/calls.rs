//! Callbacks that are to be called: ready, or when their time comes.

use std::{any::Any, rc::Rc};

use super::super::keys::{CallId, Key, TaskNumber};
use crate::Exception;

/// A callback that its [`Handle`](crate::event_loop::Handle) can cancel.
pub(crate) trait Callable {
    /// Calls it. Returns `None` if it was cancelled.
    fn call(&self) -> Option<Result<(), Exception>>;

    /// Returns the [`Handle`](crate::event_loop::Handle) with which the program could cancel it, if there is one.
    fn handle(self: Rc<Self>) -> Option<Box<dyn Any>> {
        None
    }
}

/// A callback for the end of a task. It gets the task's key, which is counted as a handle for it.
pub(in super::super) type DoneCallback = Box<dyn FnOnce(Key) -> Result<(), Exception>>;

pub(in super::super) enum Call {
    Handle(Rc<dyn Callable>),
    Done(DoneCallback, Key),
}

/// The ready queue and the timers name callbacks by number: they move a lot, and a number is four bytes.
#[derive(Default)]
pub(super) struct Calls {
    calls: Vec<Option<(Call, Option<TaskNumber>)>>,
    free: Vec<u32>,
}

impl Calls {
    /// Keeps a callback until it is taken. `cause` is the number of the task that scheduled it.
    #[inline]
    pub(super) fn add(&mut self, call: Call, cause: Option<TaskNumber>) -> CallId {
        if let Some(free) = self.free.pop() {
            self.calls[free as usize] = Some((call, cause));
            return CallId(free);
        }
        self.calls.push(Some((call, cause)));
        CallId(u32::try_from(self.calls.len() - 1).expect("fewer than 2^32 fit into memory"))
    }

    #[inline]
    pub(super) fn take(&mut self, CallId(id): CallId) -> Option<(Call, Option<TaskNumber>)> {
        let taken = self.calls.get_mut(id as usize)?.take();
        if taken.is_some() {
            self.free.push(id);
        }
        taken
    }

    pub(super) fn take_all(&mut self) -> impl Iterator<Item = Call> + use<> {
        let all = std::mem::take(self).calls;
        all.into_iter().flatten().map(|(call, _)| call)
    }

    /// The number of callbacks that are to be called.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.calls.iter().flatten().count()
    }
}
