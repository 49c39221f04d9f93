//! What is scheduled: the ready queue and the timers of lesson 11, with callbacks in the place of tasks.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, VecDeque};
use std::time::Duration;

use tminus_lessons::lesson12_event_loop::Exception;

/// What a loop can call, once: a function or a closure that may raise an exception.
pub trait Callback: FnOnce() -> Result<(), Exception> + 'static {}

impl<F: FnOnce() -> Result<(), Exception> + 'static> Callback for F {}

#[derive(Default)]
pub struct Schedule {
    next_number: u64,
    callbacks: BTreeMap<u64, Box<dyn Callback>>, // by number; one that is cancelled is gone
    ready: VecDeque<u64>,
    timers: BinaryHeap<Reverse<(Duration, u64)>>, // deadline and number; the least is on top
}

impl Schedule {
    /// Puts a callback at the back of the ready queue, and gives its number.
    pub fn add_ready(&mut self, callback: impl Callback) -> u64 {
        let number = self.add(callback);
        self.ready.push_back(number);
        number
    }

    /// Sets a timer for a callback, and gives its number.
    pub fn add_timer(&mut self, deadline: Duration, callback: impl Callback) -> u64 {
        let number = self.add(callback);
        self.timers.push(Reverse((deadline, number)));
        number
    }

    fn add(&mut self, callback: impl Callback) -> u64 {
        let number = self.next_number;
        self.next_number += 1;
        self.callbacks.insert(number, Box::new(callback));
        number
    }

    /// Takes a callback out, to be called or to be dropped. Its number stays where it is.
    pub fn take(&mut self, number: u64) -> Option<Box<dyn Callback>> {
        self.callbacks.remove(&number)
    }

    /// Takes out the callback at the front of the ready queue. None if it is cancelled.
    pub fn next_ready(&mut self) -> Option<Box<dyn Callback>> {
        let number = self.ready.pop_front()?;
        self.take(number)
    }

    /// How many are in the ready queue.
    pub fn ready(&self) -> usize {
        self.ready.len()
    }

    /// The first deadline of a callback that is not cancelled.
    pub fn first_deadline(&mut self) -> Option<Duration> {
        while let Some(&Reverse((deadline, number))) = self.timers.peek() {
            if self.callbacks.contains_key(&number) {
                return Some(deadline);
            }
            self.timers.pop();
        }
        None
    }

    /// Puts what is due at the back of the ready queue.
    pub fn wake(&mut self, now: Duration) {
        while let Some(&Reverse((deadline, number))) = self.timers.peek()
            && deadline <= now
        {
            self.timers.pop();
            self.ready.push_back(number);
        }
    }
}
