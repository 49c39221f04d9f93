//! Threads: pools, promises, and what a loop has to do with them. The tests steer threads by channels and barriers.

#[path = "../programs/mod.rs"]
mod programs;
#[path = "../support/mod.rs"]
mod support;

mod coroutines;
mod deadlocks;
mod endings;
mod identity;
mod loops;
mod maps;
mod pools;
mod promises;
mod recorded;
mod virtual_time;

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc::{self, Receiver, Sender},
    },
    time::Duration,
};

use tminus::{EventLoop, Exception, Kind, clock::VirtualClock};

const fn ms(n: u64) -> Duration {
    Duration::from_millis(n)
}

fn on_a_virtual_clock() -> EventLoop {
    EventLoop::with_clock(VirtualClock::new())
}

/// Opens when it is dropped.
type Key = Sender<()>;

/// A gate at which a job waits until the key is dropped.
struct Gate(Receiver<()>);

impl Gate {
    fn waits(&self) {
        self.0.recv().expect_err("nobody sends");
    }
}

fn gate() -> (Key, Gate) {
    let (key, gate) = mpsc::channel();
    (key, Gate(gate))
}

/// Whether something has happened, on any thread.
#[derive(Clone, Default)]
struct Flag(Arc<AtomicBool>);

impl Flag {
    fn raise(&self) {
        self.0.store(true, Ordering::SeqCst);
    }

    fn is_raised(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}

fn kind<T: std::fmt::Debug>(result: Result<T, Exception>) -> Kind {
    result.unwrap_err().kind()
}
