//! The tasks that wait for the same lock, event, item …, in the order in which they came.
//!
//! | a waiter is | its place | its wait | leaves that state |
//! |---|---|---|---|
//! | asleep | at `asleep` or after it | pending | it is woken; the task is cancelled or ends; the future is dropped |
//! | woken | before `asleep` | given | it runs, and leaves; or it is cancelled or dropped before that, and passes the wake-up on |
//! | cancelled | anywhere | cancelled | its task runs, and it leaves |
//! | lost | anywhere | none | another task polls its future, or its future is dropped |
//!
//! # Invariant
//!
//! - Waiters are woken from the front, so all that were woken came before all that are asleep: one index, `asleep`, is
//!   enough to tell them apart.
//! - `first` came before all others: a place there is taken only if there are none.
//! - A woken waiter that leaves without continuing reports that by [`HasWaiters::gave_up`]. The permit or the item then goes to
//!   the next waiter. So no permit is lost, and none exists twice.
//! - A cancelled or lost waiter keeps its place until it leaves, because the future names the place. Waking skips the waiter.

use std::{
    cell::{Cell, OnceCell, RefCell},
    rc::{Rc, Weak},
    task::{Context, Poll},
};

use crate::{
    Exception, Kind,
    event_loop::{Kernel, OutsideWait, State, WaitId, WaitKind, Waiting, running, take_thrown},
    lists::{List, Lists},
};

/// The waiters of one lock, event, …, of one loop.
pub(crate) struct Waiters {
    /// The first waiter, unless another one came before it and has left since. Most locks have at most one waiter, which needs
    /// no memory of its own here.
    first: Cell<Option<WaitId>>,
    first_is_woken: Cell<bool>,
    others: RefCell<Others>,
    /// The loop in which somebody waited first, and its number. As in asyncio, no task of another loop can wait here after that,
    /// even if nobody waits at the moment. The loop is not kept: each waiter keeps it.
    bound_to: OnceCell<(u64, Weak<Kernel>)>,
}

/// All waiters after the first, in the order in which they came.
struct Others {
    places: Lists<WaitId>,
    all: List,
    /// The first that is asleep.
    asleep: Option<u32>,
}

/// The index of a waiter's place. Once the waiter has left, another waiter can get the same index.
pub(crate) type Node = u32;

/// The node of the waiter that is not in a list.
const FIRST: Node = Node::MAX;

const HAS_A_PLACE: &str = "whoever waits has a place";

/// A place among the waiters. [`HasWaiters::gives_up`] has to be called before the place is dropped.
pub(crate) struct Place {
    node: Node,
    waiting: Waiting,
}

impl Place {
    pub(crate) fn node(&self) -> Node {
        self.node
    }
}

/// How a wait ended.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum WaitEnd {
    Woken,
    /// The task that waited has ended, and another task polls the future. Nobody could wake it. So the caller has to check
    /// again, and perhaps to wait again, after all others.
    Missed,
}

/// What has waiters: a lock, an event, one end of a queue, …
pub(crate) trait HasWaiters {
    /// Returns its waiters.
    fn waiters(&self) -> &Waiters;

    /// Called when a waiter leaves without continuing. If it `was_woken`, it was woken for something, such as a permit or an item,
    /// that has to go to another waiter.
    fn gave_up(&self, was_woken: bool);

    /// Leaves a place without continuing.
    fn gives_up(&self, place: &mut Option<Place>) {
        if let Some(Place { node, waiting }) = place.take() {
            let was_woken = waiting.stop() == State::Given;
            self.waiters().remove(node);
            self.gave_up(was_woken);
        }
    }
}

impl Default for Waiters {
    fn default() -> Self {
        Self {
            first: Cell::new(None),
            first_is_woken: Cell::new(false),
            others: RefCell::new(Others {
                places: Lists::new(),
                all: List::EMPTY,
                asleep: None,
            }),
            bound_to: OnceCell::new(),
        }
    }
}

impl Waiters {
    /// Wakes the first waiter that is asleep and was not cancelled. Returns `false` if there is none.
    #[inline]
    pub(crate) fn wake_next(&self) -> bool {
        match self.first.get() {
            Some(first) if !self.first_is_woken.replace(true) && self.gives(first) => true,
            _ => self.wake_next_other(),
        }
    }

    #[inline(never)]
    fn wake_next_other(&self) -> bool {
        // To wake somebody can run a waker that is not the loop's, and that may look at these waiters: no borrow is held.
        while let Some(wait) = { self.others.borrow_mut().next_asleep() } {
            if self.gives(wait) {
                return true;
            }
        }
        false
    }

    /// Wakes the first waiter that is asleep and was not cancelled, if `takes` returns `true` for the waiter's node: then `takes`
    /// has set aside what the waiter is woken for. Otherwise, no later waiter is woken either. Returns `true` if it woke a waiter.
    pub(crate) fn wake_next_if(&self, mut takes: impl FnMut(Node) -> bool) -> bool {
        while let Some((node, wait)) = self.first_asleep() {
            let is_pending = self.state(wait) == State::Pending;
            if is_pending && !takes(node) {
                return false;
            }
            self.next_asleep();
            // Last, because a waker that is not the loop's can look at these waiters, and at what is left.
            if is_pending {
                let is_woken = self.gives(wait);
                debug_assert!(is_woken, "a pending wait can be given what it waits for");
                return true;
            }
        }
        false
    }

    /// Returns `false` if the waiter was cancelled, or is lost.
    #[inline(always)]
    fn gives(&self, wait: WaitId) -> bool {
        self.kernel().is_some_and(|kernel| kernel.gives(wait))
    }

    /// The loop of the waiters. `None` if nobody waits.
    #[inline]
    fn kernel(&self) -> Option<Rc<Kernel>> {
        self.bound_to.get()?.1.upgrade()
    }

    fn state(&self, wait: WaitId) -> State {
        let kernel = self.kernel();
        kernel.map_or(State::Lost, |kernel| kernel.state(wait))
    }

    /// Wakes the first waiter, unless it was woken or cancelled already: then it is about to run, and passes the wake-up on if
    /// it does not need it. This is asyncio's rule for locks; with [`wake_next`](Waiters::wake_next), a lock that is released
    /// twice before its next owner runs would wake two tasks.
    pub(crate) fn wake_first(&self) {
        // A lost waiter may never run, and so could not pass it on.
        let is_about_to_run = |wait| self.state(wait) != State::Lost;
        if self.any_woken(is_about_to_run) {
            return;
        }
        while let Some(wait) = self.next_asleep() {
            if self.gives(wait) || is_about_to_run(wait) {
                return;
            }
        }
    }

    /// Wakes up to `count` waiters, those that have waited longest first.
    pub(crate) fn wake(&self, count: usize) {
        for _ in 0..count {
            if !self.wake_next() {
                break;
            }
        }
    }

    /// Wakes all waiters.
    pub(crate) fn wake_all(&self) {
        self.wake(usize::MAX);
    }

    /// Returns `true` if somebody waits, or was woken and has not run yet. Whoever was cancelled does not count, as in asyncio:
    /// it will not take what is free.
    pub(crate) fn has_any(&self) -> bool {
        let is_one = |wait| matches!(self.state(wait), State::Pending | State::Given);
        let others = self.others.borrow();
        self.first.get().is_some_and(is_one)
            || others
                .places
                .iter(others.all)
                .any(|(_, wait)| is_one(*wait))
    }

    /// Binds other waiters to the loop to which these are bound.
    #[inline]
    pub(crate) fn binds(&self, others: &Self) {
        if others.bound_to.get().is_none()
            && let Some(bound_to) = self.bound_to.get()
        {
            drop(others.bound_to.set(bound_to.clone())); // it was not set
        }
    }

    #[inline]
    fn bind(&self, kernel: &Rc<Kernel>, wait: &WaitKind) -> Result<(), Exception> {
        let bind = || (kernel.id(), Rc::downgrade(kernel));
        match self.bound_to.get_or_init(bind).0 == kernel.id() {
            true => Ok(()),
            false => Err(of_another_loop(wait)),
        }
    }

    /// Lets the running task wait, after all others.
    ///
    /// # Errors
    ///
    /// - What is thrown into the task, such as `Cancelled`.
    /// - `RuntimeError` if no event loop is running on this thread, or if the waiters are those of another one.
    #[inline]
    pub(crate) fn join(
        &self,
        place: &mut Option<Place>,
        wait: WaitKind,
        cx: &Context<'_>,
    ) -> Result<(), Exception> {
        if let Some(thrown) = take_thrown(cx) {
            return Err(thrown);
        }
        self.join_unraised(place, wait, cx)
    }

    /// Like [`join`](Waiters::join), where nothing can be raised.
    #[inline(always)]
    pub(crate) fn join_unraised(
        &self,
        place: &mut Option<Place>,
        wait: WaitKind,
        cx: &Context<'_>,
    ) -> Result<(), Exception> {
        let kernel = running()?;
        self.bind(&kernel, &wait)?;
        // First the wait, then the place: to clone a waker that is not the loop's is foreign code, which may look at these
        // waiters.
        let waiting = Waiting::in_line(kernel, wait, cx);
        let node = self.append(waiting.id);
        *place = Some(Place { node, waiting });
        Ok(())
    }

    /// Polls a wait. When it ends by itself, the place is left.
    ///
    /// # Errors
    ///
    /// - What is thrown into the task while it waits, such as `Cancelled`. The place is still to be given up.
    #[inline]
    pub(crate) fn poll(
        &self,
        place: &mut Option<Place>,
        cx: &Context<'_>,
    ) -> Poll<Result<WaitEnd, Exception>> {
        if let Some(thrown) = take_thrown(cx) {
            return Poll::Ready(Err(thrown));
        }
        self.poll_unraised(place, cx)
    }

    /// Like [`poll`](Waiters::poll), where nothing that is thrown can be raised.
    #[inline(always)]
    pub(crate) fn poll_unraised(
        &self,
        place: &mut Option<Place>,
        cx: &Context<'_>,
    ) -> Poll<Result<WaitEnd, Exception>> {
        let Some(Place { node, waiting }) = place else {
            unreachable!("a future that was suspended here has a place");
        };
        let before = waiting.id;
        let end = match waiting.poll_in_line(cx) {
            State::Given => WaitEnd::Woken,
            State::Lost => WaitEnd::Missed,
            State::Cancelled => return Poll::Ready(Err(waiting.cancelled())),
            State::Pending => {
                if waiting.id != before {
                    self.moves(*node, waiting.id);
                }
                return Poll::Pending;
            }
        };
        self.remove(*node);
        *place = None;
        Poll::Ready(Ok(end))
    }

    #[inline]
    fn append(&self, wait: WaitId) -> u32 {
        if self.first.get().is_none() && self.others.borrow().all.is_empty() {
            self.first.set(Some(wait));
            self.first_is_woken.set(false);
            return FIRST;
        }
        self.others.borrow_mut().append(wait)
    }

    fn first_asleep(&self) -> Option<(Node, WaitId)> {
        if let Some(first) = self.first.get()
            && !self.first_is_woken.get()
        {
            return Some((FIRST, first));
        }
        let others = self.others.borrow();
        let node = others.asleep?;
        others.places.get(node).map(|wait| (node, *wait))
    }

    /// Takes the first waiter that is asleep, which counts as woken from now on.
    #[inline]
    fn next_asleep(&self) -> Option<WaitId> {
        match self.first.get() {
            Some(first) if !self.first_is_woken.replace(true) => Some(first),
            _ => self.others.borrow_mut().next_asleep(),
        }
    }

    #[inline]
    fn remove(&self, node: u32) {
        match node {
            FIRST => self.first.set(None),
            node => self.others.borrow_mut().remove(node),
        }
    }

    /// Another task polls this future now. It keeps its place.
    #[cold]
    fn moves(&self, node: u32, wait: WaitId) {
        match node {
            FIRST => self.first.set(Some(wait)),
            node => {
                let mut others = self.others.borrow_mut();
                *others.places.get_mut(node).expect(HAS_A_PLACE) = wait;
            }
        }
    }

    /// Returns `true` if `is_one` is true for a waiter that was woken and has not left.
    fn any_woken(&self, mut is_one: impl FnMut(WaitId) -> bool) -> bool {
        if let Some(first) = self.first.get() {
            if !self.first_is_woken.get() {
                return false; // those after it are asleep, too
            }
            if is_one(first) {
                return true;
            }
        }
        let others = self.others.borrow();
        let all = others.places.iter(others.all);
        let mut woken = all.take_while(|(node, _)| others.asleep != Some(*node));
        woken.any(|(_, wait)| is_one(*wait))
    }
}

impl Others {
    #[inline(never)]
    fn append(&mut self, wait: WaitId) -> u32 {
        let node = self.places.append(&mut self.all, wait);
        self.asleep.get_or_insert(node);
        node
    }

    fn next_asleep(&mut self) -> Option<WaitId> {
        let node = self.asleep?;
        self.asleep = self.places.after(self.all, node);
        self.places.get(node).copied()
    }

    #[inline(never)]
    fn remove(&mut self, node: u32) {
        if self.asleep == Some(node) {
            self.asleep = self.places.after(self.all, node);
        }
        self.places.remove(&mut self.all, node);
    }
}

#[cold]
fn of_another_loop(wait: &WaitKind) -> Exception {
    let what = match wait {
        WaitKind::Line(words) | WaitKind::Outside(OutsideWait { words, .. }) => words.kind,
        WaitKind::Lock(_) => "lock",
        WaitKind::Sleep(_) | WaitKind::Task(..) | WaitKind::Future(_) | WaitKind::Foreign => {
            unreachable!("nobody waits for these with others")
        }
    };
    Exception::new(
        Kind::RuntimeError,
        format!("the {what} is bound to a different event loop"),
    )
}

#[cfg(test)]
mod tests;
