//! A tank: what several tasks read and write.

use std::{cell::Cell, rc::Rc};

use tminus_lessons::lesson11_timers::programs::ms;
use tminus_lessons::lesson18_sync::{Condition, Exception, Lock, sleep};

/// How much is in the tank. Clones are handles to the same tank.
#[derive(Clone, Default)]
pub struct Tank {
    /// The litres in the tank.
    pub litres: Rc<Cell<i32>>,
    /// Whoever holds it may change the litres.
    pub lock: Lock,
}

impl Tank {
    /// Returns the litres in the tank.
    pub fn litres(&self) -> i32 {
        self.litres.get()
    }

    /// Reads, runs the pump, and writes. What another task writes in between is lost.
    pub async fn fill_without_lock(&self, litres: i32) -> Result<(), Exception> {
        let before = self.litres.get();
        sleep(ms(10)).await?; // the pump runs
        self.litres.set(before + litres);
        Ok(())
    }

    /// Runs the pump, and then reads and writes in one turn.
    pub async fn fill_in_one_turn(&self, litres: i32) -> Result<(), Exception> {
        sleep(ms(10)).await?;
        self.litres.set(self.litres.get() + litres);
        Ok(())
    }

    /// Holds the lock while it reads, runs the pump, and writes.
    pub async fn fill(&self, litres: i32) -> Result<(), Exception> {
        let _guard = self.lock.acquire().await?;
        self.fill_without_lock(litres).await
    }
}

/// A tank that tells of each change. Clones are handles to the same gauge.
#[derive(Clone, Default)]
pub struct Gauge {
    changed: Condition,
    litres: Rc<Cell<i32>>,
}

impl Gauge {
    /// Returns the litres in the tank.
    pub fn litres(&self) -> i32 {
        self.litres.get()
    }

    /// Waits until there are enough litres, and takes them out.
    pub async fn take(&self, litres: i32) -> Result<(), Exception> {
        let mut guard = self.changed.acquire().await?;
        while self.litres.get() < litres {
            guard = self.changed.wait(guard).await?;
        }
        self.litres.set(self.litres.get() - litres);
        Ok(())
    }

    /// Puts some litres in, and tells all waiting tasks. Each looks whether there are enough.
    pub async fn put(&self, litres: i32) -> Result<(), Exception> {
        let guard = self.changed.acquire().await?;
        self.litres.set(self.litres.get() + litres);
        self.changed.notify_all(&guard);
        Ok(())
    }
}
