//! The world outside the loop: what can bring news that no task and no timer brings.
//!
//! The loop knows the outside only by this trait. It is the selector, which waits for the operating system's sockets, or a
//! simulation, in which whatever arrives does so at a known time of the virtual clock. A loop has none until something is
//! awaited there: until then it waits by its clock, which parks the thread.

use std::{any::Any, sync::Arc, time::Duration};

use crate::{Exception, interrupts::Pipe};

/// What is outside a loop.
pub(crate) trait Outside: Any {
    /// Returns `true` if something that is awaited may arrive although nothing in the loop happens.
    fn may_arrive(&self) -> bool;

    /// Returns when the next thing arrives, if that is known.
    fn next_arrival(&self) -> Option<Duration> {
        None
    }

    /// Wakes those for whom something has arrived by `now`.
    fn look(&self, now: Duration);

    /// Waits for arrivals instead of the clock, until it is `deadline`, and wakes those for whom something has
    /// arrived. May return early. Returns `false` if it cannot wait, and the clock is to do so.
    fn wait(&self, now: Duration, deadline: Option<Duration>) -> bool;

    /// Returns what interrupts [`wait`](Outside::wait) from other threads, if that waits.
    fn interrupter(&self) -> Option<Arc<dyn Interrupt>>;

    /// A run begins to hear Ctrl-C: from now on it ends [`wait`](Outside::wait), too.
    fn hears(&self, _pipe: &'static Pipe) {}

    /// The run is over.
    fn hears_no_longer(&self, _pipe: &'static Pipe) {}

    /// The loop is closed: nobody is called from now on.
    fn closes(&self);

    /// The chance that decides in which order things happen, if this is a simulation.
    fn chance(&self) -> Option<&dyn Chance> {
        None
    }

    /// Whoever watches the run, if this is a simulation.
    fn witness(&self) -> Option<&dyn Witness> {
        None
    }
}

/// Ends a wait from any thread. A wait that begins after that ends immediately.
pub(crate) trait Interrupt: Send + Sync {
    /// Ends the wait.
    fn interrupt(&self);
}

/// Chooses among what could happen next.
pub(crate) trait Chance {
    /// Returns a number below `count`. 0 is always the plain choice: what happens without a simulation.
    fn choose(&self, count: usize, what: &'static str) -> usize;
}

/// Watches a run.
pub(crate) trait Witness {
    /// A task's turn begins. Returns `true` if the witness wants to know how it ends.
    fn begins_turn(&self) -> bool;

    /// The turn has ended. `then` says in words what the task does after it.
    fn ends_turn(&self, at: Duration, task: &str, then: &str);

    /// Returns what ends the run now, because it has had more turns than it may. `left` tells which tasks have not ended, and
    /// what each waits for.
    fn ends_run(&self, at: Duration, left: &dyn Fn() -> Vec<TaskAndWait>) -> Option<Exception>;

    /// Something failed that nothing awaits.
    fn notes(&self, exception: &Exception);
}

/// A task's name, and what the task waits for, in words.
pub(crate) type TaskAndWait = (String, String);

impl Interrupt for &'static Pipe {
    fn interrupt(&self) {
        Pipe::interrupt(self);
    }
}
