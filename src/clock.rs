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
//! clock.wait_until(Duration::from_secs(3600)); // at once
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

    /// Returns once it is `deadline`, not earlier; at once, if that is past.
    fn wait_until(&self, deadline: Duration);
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

    fn wait_until(&self, deadline: Duration) {
        // A sleep may end early by less than the clock's resolution.
        while let Some(left) = deadline.checked_sub(self.now()).filter(|d| !d.is_zero()) {
            thread::sleep(left);
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

    fn wait_until(&self, deadline: Duration) {
        self.now.set(self.now.get().max(deadline));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_virtual_clock_jumps_and_never_goes_back() {
        let clock = VirtualClock::new();
        let same = clock.clone();
        clock.wait_until(Duration::from_millis(5));
        clock.wait_until(Duration::from_millis(3));
        assert_eq!(same.now(), Duration::from_millis(5));
        clock.wait_until(Duration::MAX);
        assert_eq!(same.now(), Duration::MAX);
    }

    #[test]
    fn a_real_clock_does_not_return_early() {
        let clock = RealClock::new();
        let deadline = clock.now() + Duration::from_micros(50);
        clock.wait_until(deadline);
        assert!(clock.now() >= deadline);
        clock.wait_until(Duration::ZERO); // long past
    }
}
