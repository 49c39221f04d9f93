//! What a program has acquired, released, put and got, counted beside the objects themselves.

use std::{
    cell::{Cell, RefCell},
    collections::{BTreeMap, BTreeSet},
};

/// Counts a task that waits.
pub struct Waiting<'a>(&'a Cell<usize>);

impl<'a> Waiting<'a> {
    pub fn new(count: &'a Cell<usize>) -> Self {
        count.set(count.get() + 1);
        Self(count)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.set(self.0.get() - 1);
    }
}

/// Tasks that wait to be told of something, and which of them must be told.
///
/// Telling goes to the tasks that have waited longest. One that leaves without success passes it on.
#[derive(Default)]
pub struct Audience {
    next: Cell<u64>,
    waiting: RefCell<BTreeSet<u64>>,
    told: RefCell<BTreeSet<u64>>,
}

impl Audience {
    pub fn comes(&self) -> Place<'_> {
        let number = self.next.replace(self.next.get() + 1);
        self.waiting.borrow_mut().insert(number);
        Place {
            audience: self,
            number,
            succeeds: false,
        }
    }

    pub fn tell(&self, count: usize) {
        let mut waiting = self.waiting.borrow_mut();
        for _ in 0..count.min(waiting.len()) {
            let first = waiting.pop_first().expect("it was counted");
            self.told.borrow_mut().insert(first);
        }
    }

    /// How many have been told and have not left.
    pub fn told(&self) -> usize {
        self.told.borrow().len()
    }

    pub fn len(&self) -> usize {
        self.waiting.borrow().len() + self.told()
    }
}

/// The place of a task in an audience.
pub struct Place<'a> {
    audience: &'a Audience,
    number: u64,
    pub succeeds: bool,
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let was_told = self.audience.told.borrow_mut().remove(&self.number);
        self.audience.waiting.borrow_mut().remove(&self.number);
        if was_told && !self.succeeds {
            self.audience.tell(1);
        }
    }
}

/// The items of a queue, by what they are. A task that waited for room learns that its item was put after the next task may
/// have got it, so counts can be negative for a while.
#[derive(Default)]
pub struct Items {
    /// How often each was put, less how often it was got.
    inside: RefCell<BTreeMap<String, isize>>,
    /// `shutdown_immediate` has dropped so many. Which ones cannot be seen.
    dropped: Cell<usize>,
}

impl Items {
    pub fn put(&self, item: String) {
        *self.inside.borrow_mut().entry(item).or_default() += 1;
    }

    pub fn got(&self, item: String) {
        *self.inside.borrow_mut().entry(item).or_default() -= 1;
    }

    pub fn dropped(&self, count: usize) {
        self.dropped.set(self.dropped.get() + count);
    }

    /// Returns how many should be in the queue, when nobody is about to learn of anything.
    ///
    /// # Panics
    ///
    /// If an item was got more often than it was put.
    pub fn len(&self) -> usize {
        let inside = self.inside.borrow();
        let twice = inside.iter().find(|(_, count)| **count < 0);
        assert_eq!(twice, None, "got more often than put");
        inside.values().sum::<isize>().unsigned_abs() - self.dropped.get()
    }
}
