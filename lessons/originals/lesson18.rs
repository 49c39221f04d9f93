//! Your turn. Everything compiles, and nothing is right yet.
//!
//! Close the page, and write the mechanism again. The checks use `Lock`, `Queue` and `pour`: inside, you may do it in
//! another way, if you prefer.

use std::{cell::Cell, cell::RefCell, collections::VecDeque, rc::Rc};

use tminus::LoopFuture;
use tminus_lessons::lesson11_timers::programs::ms;
use tminus_lessons::lesson18_sync::{EventLoop, Exception, Kind, Tank, sleep};

/// The tasks that wait for the same thing. The one that has waited longest is at the front.
#[derive(Default)]
pub struct Waiters(RefCell<VecDeque<LoopFuture<()>>>);

impl Waiters {
    /// Suspends the task until another task wakes it. A woken task that is cancelled before its next turn calls
    /// `pass_on`, because the lock or the item is now for the next waiter. Then `wait` raises `Cancelled`.
    pub async fn wait(&self, pass_on: impl FnOnce()) -> Result<(), Exception> {
        // TODO: this does not wait (step 2).
        let _ = (EventLoop::running()?, &self.0, pass_on);
        Ok(())
    }

    /// Wakes the task that has waited longest. Returns `false` if no task waits.
    pub fn wake_one(&self) -> bool {
        // TODO: this wakes nobody (step 2).
        false
    }
}

/// A lock that one task holds at a time. Clones are handles to the same lock.
#[derive(Clone, Default)]
pub struct Lock(Rc<LockState>);

#[derive(Default)]
struct LockState {
    taken: Cell<bool>,
    waiters: Waiters,
}

/// Releases its lock when it is dropped.
pub struct Guard(Lock);

impl Lock {
    /// Acquires the lock, after all tasks that already wait for it.
    pub async fn acquire(&self) -> Result<Guard, Exception> {
        // TODO: everybody gets the lock, and everybody runs on (step 2).
        let _ = (&self.0.taken, &self.0.waiters);
        Ok(Guard(self.clone()))
    }

    fn release(&self) {
        // TODO: whose is the lock now (step 2)?
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.0.release();
    }
}

/// A queue with room for `maxsize` items. Tasks share it in an `Rc`.
pub struct Queue<T> {
    maxsize: usize,
    items: RefCell<VecDeque<T>>,
    getters: Waiters, // tasks that wait for an item
    putters: Waiters, // tasks that wait for room
    shut_down: Cell<bool>,
}

impl<T> Queue<T> {
    /// Creates a queue that holds at most `maxsize` items.
    pub fn new(maxsize: usize) -> Self {
        Self {
            maxsize,
            items: RefCell::default(),
            getters: Waiters::default(),
            putters: Waiters::default(),
            shut_down: Cell::new(false),
        }
    }

    /// Puts an item in. If the queue is full, waits for room. Raises `QueueShutDown` if the queue was shut down.
    pub async fn put(&self, item: T) -> Result<(), Exception> {
        // TODO: there is no end to the room (step 4).
        let _ = (self.maxsize, &self.putters);
        self.items.borrow_mut().push_back(item);
        Ok(())
    }

    /// Takes the oldest item out. If the queue is empty, waits for one. Raises `QueueShutDown` if none will come.
    pub async fn get(&self) -> Result<T, Exception> {
        // TODO: this takes "nothing is there yet" for the end (step 4).
        let _ = &self.getters;
        let oldest = self.items.borrow_mut().pop_front();
        oldest.ok_or(Kind::QueueShutDown.into())
    }

    /// Refuses new items, and wakes all waiting tasks. Items that are in the queue can still be taken out.
    pub fn shutdown(&self) {
        // TODO: nobody learns of this (step 4).
        self.shut_down.set(true);
    }
}

/// Pours litres from one tank into another: runs the pump for 10 ms, reads the litres in both, and writes them. Each
/// tank has a valve, the `lock`: only one pour or [`fill`](Tank::fill) can use a tank at a time. Pours that have no
/// tank in common run at the same time. Pouring a tank into itself takes 10 ms as well, and changes nothing. No matter
/// which pours run together, all of them end.
pub async fn pour(tanks: Rc<[Tank]>, from: usize, to: usize, litres: i32) -> Result<(), Exception> {
    // TODO: this acquires no lock.
    sleep(ms(10)).await?;
    tanks[from].litres.set(tanks[from].litres() - litres);
    tanks[to].litres.set(tanks[to].litres() + litres);
    Ok(())
}
