//! What is scheduled: the ready queue and the timers of lesson 11, with callbacks instead of tasks.

use std::collections::{BTreeMap, BinaryHeap, VecDeque};
use std::{cmp::Reverse, time::Duration};

use tminus_lessons::lesson12_event_loop::Exception;

/// What a loop can call, once: a function or a closure that may raise an exception.
pub trait Callback: FnOnce() -> Result<(), Exception> + 'static {}

impl<F: FnOnce() -> Result<(), Exception> + 'static> Callback for F {}

/// Callbacks that are ready, and callbacks with deadlines. Each has a number.
#[derive(Default)]
pub struct Schedule {
    next_number: u64,
    callbacks: BTreeMap<u64, Box<dyn Callback>>, // by number; a callback that was cancelled is gone
    ready: VecDeque<u64>,
    timers: BinaryHeap<Reverse<(Duration, u64)>>, // deadline and number; the least is on top
}

impl Schedule {
    /// Puts a callback at the back of the ready queue, and returns its number.
    pub fn add_ready(&mut self, callback: impl Callback) -> u64 {
        let number = self.add(callback);
        self.ready.push_back(number);
        number
    }

    /// Sets a timer for a callback, and returns its number.
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

    /// Takes a callback out of the map, to be called or to be dropped. Its number stays in the queue or the heap.
    pub fn take(&mut self, number: u64) -> Option<Box<dyn Callback>> {
        self.callbacks.remove(&number)
    }

    /// Takes the callback at the front of the ready queue. Returns `None` if it was cancelled.
    pub fn next_ready(&mut self) -> Option<Box<dyn Callback>> {
        let number = self.ready.pop_front()?;
        self.take(number)
    }

    /// Returns the number of entries in the ready queue.
    pub fn ready(&self) -> usize {
        self.ready.len()
    }

    /// Returns the first deadline at which there is a callback to call.
    pub fn first_deadline(&mut self) -> Option<Duration> {
        while let Some(&Reverse((deadline, number))) = self.timers.peek() {
            if self.callbacks.contains_key(&number) {
                return Some(deadline);
            }
            self.timers.pop();
        }
        None
    }

    /// Moves what is due to the back of the ready queue.
    pub fn wake(&mut self, now: Duration) {
        while let Some(&Reverse((deadline, number))) = self.timers.peek()
            && deadline <= now
        {
            self.timers.pop();
            self.ready.push_back(number);
        }
    }
}
