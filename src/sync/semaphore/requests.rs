//! What all handles to a semaphore share, and the future that acquires permits.
//!
//! # Invariant
//!
//! - A permit is free and counted in `value`, or held, or on its way to a woken waiter. Waking a waiter subtracts its permits
//!   from `value`. If a woken waiter leaves without its permits, they are added again and passed on.
//! - If the first waiter that is asleep asks for no more than `value`, a waiter was woken that has not run. When that waiter
//!   leaves, it passes on the permits that are free.
//! - Only the first waiter that is asleep can be woken, even if later ones ask for less: otherwise a large request would starve.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    pin::Pin,
    task::{Context, Poll, ready},
};

use super::{
    super::waiters::{HasWaiters, Node, Place, WaitEnd, Waiters},
    Permit, Semaphore,
};
use crate::{
    Exception, Kind,
    event_loop::{LineWords, WaitKind},
};

const A_PERMIT: LineWords = LineWords {
    kind: "semaphore",
    words: "a permit of a semaphore",
};
const SEVERAL_PERMITS: LineWords = LineWords {
    kind: "semaphore",
    words: "several permits of a semaphore",
};

pub(super) struct Inner {
    waiters: Waiters,
    value: Cell<usize>,
    /// The most permits that there can be.
    bound: usize,
    /// The number of permits for which a waiter asks, unless that is 1. In a map, so that other waiters cost nothing.
    large: RefCell<BTreeMap<Node, usize>>,
}

impl Inner {
    pub(super) fn new(value: usize, bound: usize) -> Self {
        Self {
            waiters: Waiters::default(),
            value: Cell::new(value),
            bound,
            large: RefCell::default(),
        }
    }

    pub(super) fn value(&self) -> usize {
        self.value.get()
    }

    /// Returns `true` if a request for `count` permits has to wait now.
    pub(super) fn is_locked(&self, count: usize) -> bool {
        self.value() < count || self.waiters.has_any()
    }

    /// Takes permits that are free, if nobody waits.
    pub(super) fn try_take(&self, count: usize) -> bool {
        // Asking for nothing takes nothing from anybody, so it does not wait for a turn either.
        let is_free = count == 0 || !self.is_locked(count);
        if is_free {
            self.value.set(self.value() - count);
        }
        is_free
    }

    /// Refuses a request that can never be satisfied.
    pub(super) fn refuse_beyond_the_bound(&self, count: usize) -> Result<(), Exception> {
        if count <= self.bound {
            return Ok(());
        }
        let refused = format!(
            "cannot acquire {count} permits of a semaphore that has {}",
            self.bound
        );
        Err(Exception::new(Kind::ValueError, refused))
    }

    /// Releases permits, and wakes those waiters whose requests they satisfy.
    ///
    /// # Errors
    ///
    /// - `ValueError` if the semaphore would have more permits than its bound. None is added then.
    pub(super) fn release(&self, count: usize) -> Result<(), Exception> {
        if count > self.room() {
            return Err(self.released_too_often());
        }
        self.add(count);
        Ok(())
    }

    /// Releases permits that were held. If others have released permits that they did not hold, there can be too little room: then
    /// only as many are added as fit.
    ///
    /// # Errors
    ///
    /// - `ValueError` if not all of them fit.
    pub(super) fn give_back(&self, count: usize) -> Result<(), Exception> {
        let room = self.room();
        self.add(count.min(room));
        match count > room {
            true => Err(self.released_too_often()),
            false => Ok(()),
        }
    }

    /// The number of permits that can be added. (As in CPython, a woken waiter that is cancelled can lift the value above the
    /// bound, if somebody has released a permit that nobody held.)
    fn room(&self) -> usize {
        self.bound.saturating_sub(self.value())
    }

    #[cold]
    fn released_too_often(&self) -> Exception {
        let refused = match self.bound {
            usize::MAX => "Semaphore released too many times",
            _ => "BoundedSemaphore released too many times",
        };
        Exception::new(Kind::ValueError, refused)
    }

    fn add(&self, count: usize) {
        self.value.set(self.value() + count);
        for _ in 0..count {
            // As many as asyncio wakes in as many releases. Whoever is woken wakes the others.
            if !self.wake_one() {
                break;
            }
        }
    }

    /// Hands the task that has waited longest its permits, if enough are free. Returns `false` if too few are free, or if no task
    /// waits.
    fn wake_one(&self) -> bool {
        self.waiters.wake_next_if(|node| {
            let asked = self.large.borrow().get(&node).copied().unwrap_or(1);
            let left = self.value().checked_sub(asked);
            self.value.set(left.unwrap_or(self.value()));
            left.is_some()
        })
    }

    /// Hands the waiters the permits that are free, in their order.
    fn wake_all_that_can(&self) {
        while self.value() > 0 && self.wake_one() {}
    }
}

/// The waiters, as seen by a waiter that asks for `count` permits.
struct Waiting<'a> {
    semaphore: &'a Inner,
    count: usize,
}

impl HasWaiters for Waiting<'_> {
    fn waiters(&self) -> &Waiters {
        &self.semaphore.waiters
    }

    fn gave_up(&self, was_woken: bool) {
        if was_woken {
            // Not beyond the bound, should somebody have released that many while it waited for its turn.
            let value = self.semaphore.value().saturating_add(self.count);
            self.semaphore.value.set(value);
        }
        // Whether or not it was woken: it may have been a large request, after which small ones wait.
        self.semaphore.wake_all_that_can();
    }
}

/// The future of [`Semaphore::acquire`] and [`Semaphore::acquire_many`].
pub(super) struct Acquire {
    semaphore: Semaphore,
    count: usize,
    /// While it waits.
    place: Option<Place>,
}

impl Acquire {
    pub(super) fn new(semaphore: Semaphore, count: usize) -> Self {
        Self {
            semaphore,
            count,
            place: None,
        }
    }

    /// Leaves the waiters without a permit, if it is one of them.
    fn gives_up(&mut self) {
        if let Some(place) = &self.place {
            let semaphore = &*self.semaphore.0;
            semaphore.large.borrow_mut().remove(&place.node());
            let count = self.count;
            Waiting { semaphore, count }.gives_up(&mut self.place);
        }
    }
}

impl Future for Acquire {
    type Output = Result<Permit, Exception>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        let semaphore = this.semaphore.0.clone();
        if let Some(place) = &this.place {
            let node = place.node();
            match ready!(semaphore.waiters.poll(&mut this.place, cx)) {
                Err(exception) => {
                    this.gives_up();
                    return Poll::Ready(Err(exception));
                }
                Ok(end) => {
                    semaphore.large.borrow_mut().remove(&node);
                    // While this waiter was about to run, others had to wait even if permits were free. They get these now. A
                    // waiter that could not be woken was in the way of those after it.
                    semaphore.wake_all_that_can();
                    if end == WaitEnd::Woken {
                        // Whoever woke it has subtracted its permits.
                        return Poll::Ready(Ok(Permit::new(&this.semaphore, this.count)));
                    }
                }
            }
        }
        semaphore.refuse_beyond_the_bound(this.count)?;
        if semaphore.try_take(this.count) {
            return Poll::Ready(Ok(Permit::new(&this.semaphore, this.count)));
        }
        let words = match this.count {
            1 => &A_PERMIT,
            _ => &SEVERAL_PERMITS,
        };
        semaphore
            .waiters
            .join(&mut this.place, WaitKind::Line(words), cx)?;
        if this.count != 1
            && let Some(place) = &this.place
        {
            let mut large = semaphore.large.borrow_mut();
            large.insert(place.node(), this.count);
        }
        Poll::Pending
    }
}

impl Drop for Acquire {
    fn drop(&mut self) {
        self.gives_up();
    }
}
