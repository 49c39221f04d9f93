//! Items that arrive one by one, and the waiting tasks.
//!
//! # Invariant
//!
//! If there is an item and a task waits, a waiting task was woken and has not run yet. A woken task that leaves without an item
//! wakes the next task. As in asyncio's queue, an item belongs to the first task that asks.

use std::{
    cell::RefCell,
    collections::VecDeque,
    pin::Pin,
    task::{Context, Poll, ready},
};

use crate::{
    Exception,
    event_loop::{FutureKind, LoopFuture, Parts, WaitMode, WeakFuture, running},
};

pub(super) struct Arrivals<I> {
    items: RefCell<VecDeque<I>>,
    /// The futures that the waiting tasks await, in the order of arrival. Held weakly: a task that stops waiting drops its future.
    waiting: RefCell<VecDeque<WeakFuture<()>>>,
}

impl<I> Default for Arrivals<I> {
    fn default() -> Self {
        Self {
            items: RefCell::default(),
            waiting: RefCell::default(),
        }
    }
}

impl<I> Arrivals<I> {
    pub(super) fn len(&self) -> usize {
        self.items.borrow().len()
    }

    pub(super) fn arrives(&self, item: I) {
        self.items.borrow_mut().push_back(item);
        self.wake_one();
    }

    pub(super) fn take(&self) -> Option<I> {
        self.items.borrow_mut().pop_front()
    }

    fn wake_one(&self) {
        // No borrow is held: a waker that is not the loop's may look at the items.
        while let Some(next) = { self.waiting.borrow_mut().pop_front() } {
            // It is done already if its task was cancelled.
            if next
                .upgrade()
                .is_some_and(|next| next.set_result(()).is_ok())
            {
                break;
            }
        }
    }

    pub(super) fn wake_all(&self) {
        while !self.waiting.borrow().is_empty() {
            self.wake_one();
        }
    }

    /// Creates a future that is done when the next item arrives. `parts` is for reports.
    fn begin(&self, parts: Parts) -> Result<LoopFuture<()>, Exception> {
        let next = FutureKind::Watch(WaitMode::Next, parts);
        let wait = LoopFuture::new_for(&running()?, next);
        let mut waiting = self.waiting.borrow_mut();
        // Without this, a task that waits again and again with a limit would leave something each time.
        waiting.retain(|one| one.upgrade().is_some());
        waiting.push_back(wait.downgrade());
        Ok(wait)
    }
}

/// A task's wait for the next item. [`gives_up`](Wait::gives_up) has to be called before the wait is dropped.
#[derive(Default)]
pub(super) struct Wait(Option<LoopFuture<()>>);

impl Wait {
    /// Polls until `ask` returns `Some`. `ask` is called now, and each time when the task is woken for an item.
    ///
    /// # Errors
    ///
    /// - `Cancelled` if the task is cancelled while it waits.
    /// - `RuntimeError` if no event loop is running on this thread.
    pub(super) fn poll<I, R>(
        &mut self,
        arrivals: &Arrivals<I>,
        parts: impl FnOnce() -> Parts,
        mut ask: impl FnMut() -> Option<R>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<R, Exception>> {
        let mut parts = Some(parts);
        loop {
            if let Some(wait) = &mut self.0 {
                let waited = ready!(Pin::new(wait).poll(cx));
                self.0 = None;
                if let Err(exception) = waited {
                    // Perhaps it was woken before it was cancelled.
                    Self::passes_on(arrivals);
                    return Poll::Ready(Err(exception));
                }
            }
            if let Some(answer) = ask() {
                return Poll::Ready(Ok(answer));
            }
            let parts = parts.take().expect("a new wait is pending");
            self.0 = Some(arrivals.begin(parts())?);
        }
    }

    pub(super) fn gives_up<I>(&mut self, arrivals: &Arrivals<I>) {
        if self.0.take().is_some_and(|wait| wait.done()) {
            Self::passes_on(arrivals);
        }
    }

    pub(super) fn waits(&self) -> bool {
        self.0.is_some()
    }

    fn passes_on<I>(arrivals: &Arrivals<I>) {
        if arrivals.len() > 0 {
            arrivals.wake_one();
        }
    }
}
