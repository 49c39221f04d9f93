//! The event loop, rule by rule.

#[path = "../support/mod.rs"]
mod support;

mod callbacks;
mod cancellation;
mod contexts;
mod deadlocks;
mod fairness;
mod foreign;
mod foreign_cancelled;
mod futures_of_the_loop;
mod handles;
mod idle;
mod life;
mod mains;
mod results;
mod tasks;
mod threads;
mod time;
mod trace;

use std::{cell::Cell, rc::Rc, time::Duration};

use tminus::{
    EventLoop, Exception, Kind,
    clock::{Clock, VirtualClock},
};

fn new_loop() -> EventLoop {
    EventLoop::with_clock(VirtualClock::new())
}

const fn ms(n: u64) -> Duration {
    Duration::from_millis(n)
}

fn error(message: &'static str) -> Exception {
    Exception::new(Kind::ValueError, message)
}

/// A clock that shows what it is told, and waits no further than `step` at a time.
#[derive(Clone, Default)]
struct HandClock {
    now: Rc<Cell<Duration>>,
    step: Duration,
    waits: Rc<Cell<u32>>,
}

impl HandClock {
    fn advance(&self, by: Duration) {
        self.now.set(self.now.get() + by);
    }
}

impl Clock for HandClock {
    fn now(&self) -> Duration {
        self.now.get()
    }

    fn wait(&self, _: Option<Duration>) {
        self.waits.set(self.waits.get() + 1);
        self.advance(self.step);
    }
}
