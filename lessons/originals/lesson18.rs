//! Your turn. Both compile, and neither is right yet.

use std::{cell::Cell, rc::Rc};

use tminus_lessons::lesson11_timers::programs::ms;
use tminus_lessons::lesson18_sync::{Exception, Kind, Tank, sleep};

/// Pours litres from one tank into another: it runs the pump for 10 ms, reads how much is in the two, and writes. A
/// tank has one valve, so it takes part in one pour at a time, or in one [`fill`](Tank::fill). Pours that have no tank
/// in common run at the same time. To pour a tank into itself takes 10 ms as well, and changes nothing. Whatever pours
/// come together, they all end.
pub async fn pour(tanks: Rc<[Tank]>, from: usize, to: usize, litres: u32) -> Result<(), Exception> {
    // This does not look whether the valves are free: see `lock` in the tanks.
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
    // There is no line of those who wait.
}

/// Gives a permit back when it is dropped.
pub struct Permit(Permits);

impl Permits {
    /// So many permits, all of them free.
    pub fn new(free: usize) -> Self {
        let free = Cell::new(free);
        Self(Rc::new(Inner { free }))
    }

    /// How many are free. One that was handed to somebody is not.
    pub fn free(&self) -> usize {
        self.0.free.get()
    }

    /// Takes a permit, or waits for one.
    pub async fn acquire(&self) -> Result<Permit, Exception> {
        // This does not wait.
        let none_left = Exception::new(Kind::RuntimeError, "no permit is free");
        let left = self.free().checked_sub(1).ok_or(none_left)?;
        self.0.free.set(left);
        Ok(Permit(self.clone()))
    }

    fn give_back(&self) {
        self.0.free.set(self.free() + 1);
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.0.give_back();
    }
}
