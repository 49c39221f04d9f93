//! Clocks: they tell the time, and wait.

use std::{cell::Cell, rc::Rc, thread, time::Duration, time::Instant};

/// Tells the time since it was created. Clones are handles to the same clock.
#[derive(Clone, Debug)]
pub enum Clock {
    /// Stands still, and jumps when `wait_until` is called.
    Virtual(Rc<Cell<Duration>>),
    /// The machine's clock, from this instant on.
    Real(Instant),
}

impl Clock {
    /// Creates a virtual clock that shows zero.
    pub fn virtual_time() -> Self {
        Clock::Virtual(Rc::default())
    }

    /// Creates a real clock that starts now.
    pub fn real_time() -> Self {
        Clock::Real(Instant::now())
    }

    /// Returns the time that the clock shows.
    pub fn now(&self) -> Duration {
        match self {
            Clock::Virtual(now) => now.get(),
            Clock::Real(start) => start.elapsed(),
        }
    }

    /// Returns when the clock shows `deadline` or later, never before.
    pub fn wait_until(&self, deadline: Duration) {
        match self {
            Clock::Virtual(now) => now.set(deadline.max(now.get())),
            Clock::Real(start) => thread::sleep(deadline.saturating_sub(start.elapsed())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_virtual_clock_jumps_and_never_goes_back() {
        let clock = Clock::virtual_time();
        let same = clock.clone();
        clock.wait_until(Duration::from_millis(5));
        clock.wait_until(Duration::from_millis(3));
        assert_eq!(same.now(), Duration::from_millis(5));
    }

    #[test]
    fn a_real_clock_is_never_early() {
        let clock = Clock::real_time();
        let deadline = clock.now() + Duration::from_micros(1);
        clock.wait_until(deadline);
        assert!(clock.now() >= deadline);
        clock.wait_until(Duration::ZERO); // long past: it returns immediately
    }
}
