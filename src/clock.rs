//! What time it is, and how to wait: on a real clock or a virtual one.
//!
//! Time is a [`Duration`] since the clock was made. A [`RealClock`] is monotonic and never goes back. A [`VirtualClock`]
//! stands still while anything runs, and jumps when there is nothing to do but wait; a program that runs on it takes no
//! time and gives the same trace in every run.
//!
//! ```
//! use std::time::Duration;
//! use tminus::clock::{Clock, VirtualClock};
//!
//! let clock = VirtualClock::new();
//! assert_eq!(clock.now(), Duration::ZERO);
//! clock.wait(Some(Duration::from_secs(3600))); // at once
//! assert_eq!(clock.now(), Duration::from_secs(3600));
//! ```

use std::{
    cell::Cell,
    rc::Rc,
    thread,
    time::{Duration, Instant},
};

/// A source of time.
pub trait Clock {
    /// The time since the clock was made. Never less than it was.
    fn now(&self) -> Duration;

    /// Waits until it is `deadline`, or for ever if there is none. May return earlier, and does when the thread is
    /// [unparked](thread::Thread::unpark).
    fn wait(&self, deadline: Option<Duration>);
}

/// The time that passes: the operating system's monotonic clock.
#[derive(Clone, Debug)]
pub struct RealClock {
    start: Instant,
}

impl RealClock {
    /// A clock that starts now.
    pub fn new() -> Self {
        Self {
            start: Instant::now(),
        }
    }
}

impl Default for RealClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for RealClock {
    fn now(&self) -> Duration {
        self.start.elapsed()
    }

    fn wait(&self, deadline: Option<Duration>) {
        match deadline {
            Some(deadline) => thread::park_timeout(deadline.saturating_sub(self.now())),
            None => thread::park(),
        }
    }
}

/// Time that passes only when it is waited for. Clones are one clock.
#[derive(Clone, Debug, Default)]
pub struct VirtualClock {
    now: Rc<Cell<Duration>>,
}

impl VirtualClock {
    /// A clock that stands at zero.
    pub fn new() -> Self {
        Self::default()
    }
}

impl Clock for VirtualClock {
    fn now(&self) -> Duration {
        self.now.get()
    }

    fn wait(&self, deadline: Option<Duration>) {
        match deadline {
            Some(deadline) => self.now.set(self.now.get().max(deadline)),
            None => thread::park(), // what is waited for is outside, and so is its time
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_virtual_clock_jumps_and_never_goes_back() {
        let clock = VirtualClock::new();
        let same = clock.clone();
        clock.wait(Some(Duration::from_millis(5)));
        clock.wait(Some(Duration::from_millis(3)));
        assert_eq!(same.now(), Duration::from_millis(5));
        clock.wait(Some(Duration::MAX));
        assert_eq!(same.now(), Duration::MAX);
    }

    #[test]
    fn a_real_clock_goes_on() {
        let clock = RealClock::new();
        let before = clock.now();
        clock.wait(Some(Duration::ZERO)); // long past
        assert!(clock.now() >= before);
    }
}
