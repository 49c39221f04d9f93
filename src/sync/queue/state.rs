//! What all handles to a queue share, and the tasks that wait at its ends.
//!
//! | a queue is | `put` | `get` |
//! |---|---|---|
//! | empty | puts the item in, and wakes a getter | waits |
//! | neither empty nor full | puts the item in, and wakes a getter | takes an item, and wakes a putter |
//! | full | waits | takes an item, and wakes a putter |
//! | shut down | fails | takes an item, or fails if there is none |
//!
//! # Invariant
//!
//! - If there is an item and a getter waits, one getter was woken that has not run. The same holds for room and putters. So a
//!   woken task that leaves without continuing wakes the next one.
//! - `unfinished` counts every item in the queue, and every item that was taken and is not done.

use std::cell::{Cell, RefCell, RefMut};

use super::{
    super::waiters::{HasWaiters, Waiters},
    items::{Items, drop_each},
};
use crate::{Exception, Kind, event_loop::LineWords};

pub(super) const AN_ITEM: LineWords = LineWords {
    kind: "queue",
    words: "an item of a queue",
};
pub(super) const ROOM: LineWords = LineWords {
    kind: "queue",
    words: "room in a queue",
};
pub(super) const THE_WORK: LineWords = LineWords {
    kind: "queue",
    words: "the work on the items of a queue",
};

pub(super) struct Inner<T: 'static> {
    items: RefCell<Items<T>>,
    /// 0 means no limit.
    maxsize: usize,
    /// Once one end is bound to a loop, so is the other, as in asyncio.
    pub(super) getters: Waiters,
    pub(super) putters: Waiters,
    joiners: Waiters,
    /// The number of items that were put in and are not [done](Queue::task_done).
    unfinished: Cell<usize>,
    shut_down: Cell<bool>,
}

impl<T> Inner<T> {
    pub(super) fn new(items: Items<T>, maxsize: usize) -> Self {
        Self {
            items: RefCell::new(items),
            maxsize,
            getters: Waiters::default(),
            putters: Waiters::default(),
            joiners: Waiters::default(),
            unfinished: Cell::new(0),
            shut_down: Cell::new(false),
        }
    }

    /// Borrows the items; nothing else does. The only foreign code that runs under the borrow is `Ord`.
    #[inline]
    pub(super) fn items(&self) -> RefMut<'_, Items<T>> {
        match self.items.try_borrow_mut() {
            Ok(items) => items,
            Err(_) => is_compared(),
        }
    }

    #[inline]
    pub(super) fn is_full(&self) -> bool {
        self.maxsize > 0 && self.items().len() >= self.maxsize
    }

    #[inline]
    pub(super) fn refuse_if_shut_down(&self) -> Result<(), Exception> {
        match self.shut_down.get() {
            true => Err(Kind::QueueShutDown.into()),
            false => Ok(()),
        }
    }

    /// Puts in an item for which there is room, and wakes a getter.
    #[inline]
    pub(super) fn put(&self, item: T) {
        {
            // Should `Ord` panic in `place_for`, this borrow ends before `item` is dropped.
            let mut items = self.items();
            let place = items.place_for(&item);
            items.put(item, place);
        }
        // Counted when it is in: if `Ord` panics, there is no item and no work.
        self.unfinished.set(self.unfinished.get() + 1);
        self.getters.wake_next();
    }

    /// Takes the next item out, and wakes a putter.
    #[inline]
    pub(super) fn take(&self) -> Option<T> {
        let item = { self.items().take() }?;
        if self.maxsize > 0 {
            self.putters.wake_next(); // without a limit, nobody waits for room
        }
        Some(item)
    }

    pub(super) fn maxsize(&self) -> usize {
        self.maxsize
    }

    pub(super) fn is_shut_down(&self) -> bool {
        self.shut_down.get()
    }

    /// Returns the number of items that were put in and are not done.
    pub(super) fn unfinished(&self) -> usize {
        self.unfinished.get()
    }

    pub(super) fn are_left(&self, unfinished: usize) {
        self.unfinished.set(unfinished);
        if unfinished == 0 {
            self.joiners.wake_all();
        }
    }

    pub(super) fn shuts_down(&self) {
        self.shut_down.set(true);
        // Getters before putters, as in asyncio. Each checks again, and finds that the queue is shut down.
        self.getters.wake_all();
        self.putters.wake_all();
    }

    pub(super) fn shuts_down_immediately(&self) {
        self.shut_down.set(true);
        let items = self.items().take_all();
        // First everybody is woken, in CPython's order. Then the items are dropped: a `Drop` can use the queue, and can panic.
        self.are_left(self.unfinished().saturating_sub(items.len()));
        self.shuts_down();
        drop_each(items);
    }
}

#[cold]
fn is_compared() -> ! {
    panic!(
        "the `Ord` of an item has used the queue that compares it: compare items by what is in them, and use the queue elsewhere"
    )
}

/// The tasks that wait for an item.
pub(super) struct Getters<'a, T: 'static>(pub(super) &'a Inner<T>);

impl<T> HasWaiters for Getters<'_, T> {
    fn waiters(&self) -> &Waiters {
        &self.0.getters
    }

    fn gave_up(&self, was_woken: bool) {
        if was_woken && self.0.items().len() > 0 {
            self.0.getters.wake_next();
        }
    }
}

/// The tasks that wait for room.
pub(super) struct Putters<'a, T: 'static>(pub(super) &'a Inner<T>);

impl<T> HasWaiters for Putters<'_, T> {
    fn waiters(&self) -> &Waiters {
        &self.0.putters
    }

    fn gave_up(&self, was_woken: bool) {
        if was_woken && !self.0.is_full() {
            self.0.putters.wake_next();
        }
    }
}

/// The tasks that wait for the work to be done.
pub(super) struct Joiners<'a, T: 'static>(pub(super) &'a Inner<T>);

impl<T> HasWaiters for Joiners<'_, T> {
    fn waiters(&self) -> &Waiters {
        &self.0.joiners
    }

    fn gave_up(&self, _was_woken: bool) {} // the end of the work is for all
}

impl<T> Drop for Inner<T> {
    fn drop(&mut self) {
        drop_each(self.items.get_mut().take_all());
    }
}
