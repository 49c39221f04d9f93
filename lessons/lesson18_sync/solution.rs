//! One way to solve the exercises.
//!
//! **`pour`.** If each pour first locks the tank that it pours from, everything goes well for a long time. In a circle,
//! each of two pours holds one tank and wants the other's. For that, somebody has to keep both waiting for their first
//! tank, and then release both tanks. So this mistake passes most tests, and stops a program after a week. An order
//! that all of them keep makes the circle impossible, not just rare: whoever has the highest of all locks that are
//! taken waits for nobody. A tank that is poured into itself is a circle of one.
//!
//! One lock for all tanks also rules out a circle, and is simpler. But then pours that have nothing to do with each
//! other wait for one another. Begin with one lock, and measure before you take more.
//!
//! **`Permits`.** A flag has become a number, and little else is new. The difficulty is the time between two turns: a
//! permit was handed over, and the task that it was handed to has not run yet. If that task is cancelled then, its
//! `await` raises `Cancelled`, and only the future knows that the permit had come. So look at the future, and hand on a
//! permit that is not wanted. It seems easier to let the woken task look again, in a loop, whether a permit is free,
//! and that is what `Queue` does with its items. But then a task that comes by in between takes it, and the one that
//! has waited longest waits on.
//!
//! One thing is left out: in Rust, a future may also be dropped while it waits, without a cancel. Then nothing after
//! the `await` runs. The crate does this in the `drop` of a value that lives across the `await`, which runs in both
//! cases.

use std::{
    cell::{Cell, RefCell},
    collections::VecDeque,
    rc::Rc,
};

use tminus::{EventLoop, LoopFuture};
use tminus_lessons::lesson11_timers::programs::ms;
use tminus_lessons::lesson18_sync::{Exception, Tank, sleep};

/// Pours litres from one tank into another: it runs the pump for 10 ms, reads how much is in the two, and writes. A
/// tank has one valve, so it takes part in one pour at a time, or in one [`fill`](Tank::fill). Pours that have no tank
/// in common run at the same time. To pour a tank into itself takes 10 ms as well, and changes nothing. Whatever pours
/// come together, they all end.
pub async fn pour(tanks: Rc<[Tank]>, from: usize, to: usize, litres: u32) -> Result<(), Exception> {
    let (lower, higher) = (from.min(to), from.max(to));
    let _lower = tanks[lower].lock.acquire().await?;
    let _higher = match lower == higher {
        true => None,
        false => Some(tanks[higher].lock.acquire().await?),
    };
    sleep(ms(10)).await?;
    tanks[from].litres.set(tanks[from].litres() - litres);
    tanks[to].litres.set(tanks[to].litres() + litres);
    Ok(())
}

/// A semaphore by hand. A clone is the same one.
///
/// A permit that is given back goes to the task that has waited longest, and no task that comes later is served before
/// it. A task that is cancelled leaves the line. If it had just been handed a permit, that goes to the next in the
/// line, or is free.
#[derive(Clone)]
pub struct Permits(Rc<Inner>);

struct Inner {
    free: Cell<usize>,
    line: RefCell<VecDeque<LoopFuture<()>>>, // empty while a permit is free
}

/// Gives a permit back when it is dropped.
pub struct Permit(Permits);

impl Permits {
    /// So many permits, all of them free.
    pub fn new(free: usize) -> Self {
        let (free, line) = (Cell::new(free), RefCell::default());
        Self(Rc::new(Inner { free, line }))
    }

    /// How many are free. One that was handed to somebody is not.
    pub fn free(&self) -> usize {
        self.0.free.get()
    }

    /// Takes a permit, or waits for one.
    pub async fn acquire(&self) -> Result<Permit, Exception> {
        match self.free().checked_sub(1) {
            Some(left) => self.0.free.set(left),
            None => self.wait_in_line().await?,
        }
        Ok(Permit(self.clone()))
    }

    async fn wait_in_line(&self) -> Result<(), Exception> {
        let handed_over = EventLoop::running()?.create_future();
        self.0.line.borrow_mut().push_back(handed_over.clone());
        let waited = handed_over.clone().await;
        if waited.is_err() && handed_over.result().is_ok() {
            self.give_back(); // it came, and is not wanted
        }
        waited
    }

    fn give_back(&self) {
        let next = || self.0.line.borrow_mut().pop_front();
        while let Some(handed_over) = next() {
            if handed_over.set_result(()).is_ok() {
                return;
            } // else who waited for it was cancelled
        }
        self.0.free.set(self.free() + 1);
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.0.give_back();
    }
}
