//! How one of the loop's own futures waits: the few lines between its poll and the table.

use std::{
    rc::Rc,
    task::{Context, Waker},
};

use super::super::{
    current,
    kernel::Kernel,
    keys::WaitId,
    tasks::{Poller, State},
    waits::reason::WaitKind,
};
use crate::Exception;

/// The wait of one future, while it is pending. The future must call [`stop`](Waiting::stop) before it drops the wait.
pub(crate) struct Waiting {
    pub(crate) kernel: Rc<Kernel>,
    pub(crate) id: WaitId,
}

impl Waiting {
    /// Whoever polls begins to wait.
    #[inline(always)]
    pub(in super::super) fn begins(
        kernel: &Rc<Kernel>,
        wait: WaitKind,
        cx: &Context<'_>,
    ) -> WaitId {
        let waker = Self::waker_of_another(cx);
        kernel.quietly(|tasks| tasks.waits(wait, waker))
    }

    /// The waker to wake, if it is something inside the task that polls.
    #[inline]
    pub(crate) fn waker_of_another(cx: &Context<'_>) -> Option<Waker> {
        (!current::is_own(cx.waker())).then(|| cx.waker().clone())
    }

    /// What became of the wait. If it is over, it is forgotten with this answer.
    #[inline(always)]
    pub(crate) fn poll(&mut self, cx: &Context<'_>) -> State {
        Self::asks(&self.kernel, &mut self.id, cx)
    }

    #[inline(always)]
    pub(in super::super) fn asks(kernel: &Rc<Kernel>, id: &mut WaitId, cx: &Context<'_>) -> State {
        match current::is_own(cx.waker()) {
            true => kernel.quietly(|tasks| tasks.asks(id)),
            false => Self::asks_inside(kernel, id, cx.waker()),
        }
    }

    #[cold]
    #[inline(never)]
    fn asks_inside(kernel: &Rc<Kernel>, id: &mut WaitId, waker: &Waker) -> State {
        let is_known = kernel.with(|tasks| tasks.knows_waker(*id, waker));
        let mut waker = (!is_known).then(|| waker.clone());
        kernel.with(|tasks| tasks.asks_another(id, Poller::Inside(&mut waker)))
    }

    /// Like [`begins`](Waiting::begins), but in a line of waiters. With a closure of its own, it is compiled in one piece.
    #[inline(always)]
    pub(crate) fn in_line(kernel: Rc<Kernel>, wait: WaitKind, cx: &Context<'_>) -> Self {
        let waker = Self::waker_of_another(cx);
        let id = kernel.with(|tasks| tasks.waits(wait, waker));
        Self { kernel, id }
    }

    /// Like [`poll`](Waiting::poll), but in a line of waiters.
    #[inline(always)]
    pub(crate) fn poll_in_line(&mut self, cx: &Context<'_>) -> State {
        match current::is_own(cx.waker()) {
            true => self.kernel.with(|tasks| tasks.asks(&mut self.id)),
            false => Self::asks_inside(&self.kernel, &mut self.id, cx.waker()),
        }
    }

    /// The exception for a wait whose task was cancelled.
    #[cold]
    pub(crate) fn cancelled(&self) -> Exception {
        self.kernel.with(|tasks| tasks.cancelled_wait(self.id))
    }

    /// Nobody waits any longer. Returns what had become of it.
    #[inline]
    pub(crate) fn stop(&self) -> State {
        self.kernel.with(|tasks| tasks.stops(self.id))
    }
}
