//! Clocks, real and virtual: reading the time, and waiting for a later time.
//!
//! Time is a [`Duration`] since the clock was created. A [`RealClock`] is monotonic: it never goes back. A [`VirtualClock`]
//! stands still while anything runs, and jumps when there is nothing to do but wait. So a program that sleeps for an hour
//! on a virtual clock takes no real time, and its trace is the same in every run.
//!
//! ```
//! use std::time::Duration;
//! use tminus::clock::{Clock, VirtualClock};
//!
//! let clock = VirtualClock::new();
//! assert_eq!(clock.now(), Duration::ZERO);
//! clock.wait(Some(Duration::from_secs(3600))); // returns immediately
//! assert_eq!(clock.now(), Duration::from_secs(3600));
//! ```

use std::{
    cell::Cell,
    rc::Rc,
    thread,
    time::{Duration, Instant},
};

/// A source of time that can also be waited for.
///
/// The event loop reads its time from a clock, and waits on it when no task can run. Implement this trait to run a loop on
/// a time of your own:
///
/// ```
/// use std::{cell::Cell, rc::Rc, thread, time::Duration};
/// use tminus::{EventLoop, clock::Clock, sleep};
///
/// /// A clock on which every wait takes a second longer than requested.
/// #[derive(Clone, Default)]
/// struct Late(Rc<Cell<Duration>>);
///
/// impl Clock for Late {
///     fn now(&self) -> Duration {
///         self.0.get()
///     }
///
///     fn wait(&self, deadline: Option<Duration>) {
///         match deadline {
///             Some(deadline) => self.0.set(deadline + Duration::from_secs(1)),
///             None => thread::park(),
///         }
///     }
///
///     fn is_virtual(&self) -> bool {
///         true
///     }
/// }
///
/// let event_loop = EventLoop::with_clock(Late::default());
/// event_loop.run_until_complete(sleep(Duration::from_secs(2)))?;
/// assert_eq!(event_loop.time(), Duration::from_secs(3));
/// # Ok::<(), tminus::Exception>(())
/// ```
pub trait Clock {
    /// Returns the time since the clock was created.
    ///
    /// It is never less than it was in an earlier call.
    fn now(&self) -> Duration;

    /// Waits until `deadline`, or, without a deadline, until the thread is [unparked](thread::Thread::unpark).
    ///
    /// Unparking the thread ends a wait with a deadline, too, and a wait can end early without a reason. So callers check
    /// the time and wait again.
    fn wait(&self, deadline: Option<Duration>);

    /// Returns `true` if waiting for a deadline takes no real time.
    ///
    /// On such a clock the time of the outside world means nothing: a reply that takes a real millisecond arrives at
    /// whatever time the clock shows. The default is `false`.
    fn is_virtual(&self) -> bool {
        false
    }
}

/// A clock that shows the time that really passes: the operating system's monotonic clock.
///
/// Clones show the same time.
///
/// ```
/// use std::time::Duration;
/// use tminus::clock::{Clock, RealClock};
///
/// let clock = RealClock::new();
/// let before = clock.now();
/// clock.wait(Some(before)); // has passed already
/// assert!(clock.now() >= before);
/// assert!(!clock.is_virtual());
/// ```
#[derive(Clone, Debug)]
pub struct RealClock {
    start: Instant,
}

impl RealClock {
    /// Creates a clock that is at zero now.
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

/// A clock whose time passes only when it is waited for.
///
/// Waiting for a deadline sets the clock to the deadline, and returns immediately. Waiting without a deadline parks the
/// thread until it is [unparked](thread::Thread::unpark): what ends such a wait comes from outside, from another thread for
/// instance, and takes real time. The clock stands still in that time.
///
/// [`advance`](VirtualClock::advance) moves the clock by hand. Clones are handles to the same clock.
///
/// ```
/// use std::time::Duration;
/// use tminus::clock::{Clock, VirtualClock};
///
/// let clock = VirtualClock::new();
/// let same = clock.clone();
/// clock.wait(Some(Duration::from_secs(60)));
/// assert_eq!(same.now(), Duration::from_secs(60));
/// clock.wait(Some(Duration::from_secs(5))); // has passed already, and the clock never goes back
/// assert_eq!(same.now(), Duration::from_secs(60));
/// assert!(clock.is_virtual());
/// ```
#[derive(Clone, Debug, Default)]
pub struct VirtualClock {
    now: Rc<Cell<Duration>>,
}

impl VirtualClock {
    /// Creates a clock that shows zero.
    pub fn new() -> Self {
        Self::default()
    }

    /// Moves the clock forward by hand: for tests, like tokio's `time::advance`.
    ///
    /// Advancing only sets the time, and runs nothing. A loop on this clock fires the timers that have become due in its
    /// next round, in the order of their deadlines. So a callback of `call_later` is called in the next round, and a task
    /// that slept continues in the round after that. Both see the new time, and not the time of their deadline.
    ///
    /// The clock still jumps by itself: when nothing is ready, the loop sets the clock to the next deadline. A test that
    /// only wants time to pass can therefore just `sleep`. This method is for a time at which the loop does not jump, such
    /// as the middle of a turn that takes long. Keep a clone of the clock to call this while the loop runs:
    ///
    /// ```
    /// use std::time::Duration;
    /// use tminus::{EventLoop, Kind, clock::VirtualClock, sleep, timeout};
    ///
    /// let clock = VirtualClock::new();
    /// let event_loop = EventLoop::with_clock(clock.clone());
    /// let late = event_loop.run_until_complete(async move {
    ///     let block = async move {
    ///         clock.advance(Duration::from_secs(30)); // a computation that takes half a minute
    ///         sleep(Duration::from_secs(1)).await
    ///     };
    ///     timeout(Duration::from_secs(10)).run(block).await
    /// });
    /// assert_eq!(late.unwrap_err().kind(), Kind::Timeout);
    /// assert_eq!(event_loop.time(), Duration::from_secs(30));
    /// ```
    pub fn advance(&self, duration: Duration) {
        self.now.set(self.now.get().saturating_add(duration));
    }
}

impl Clock for VirtualClock {
    fn now(&self) -> Duration {
        self.now.get()
    }

    fn wait(&self, deadline: Option<Duration>) {
        match deadline {
            Some(deadline) => self.now.set(self.now.get().max(deadline)),
            // Only the outside world can end this wait, and its time is real. To jump would be wrong: to which time?
            None => thread::park(),
        }
    }

    fn is_virtual(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    };

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
    fn a_real_clock_advances() {
        let clock = RealClock::new();
        let before = clock.now();
        clock.wait(Some(Duration::ZERO)); // has passed already
        assert!(clock.now() >= before);
    }

    #[test]
    fn without_a_deadline_a_virtual_clock_stands_still_until_the_thread_is_unparked() {
        let clock = VirtualClock::new();
        clock.wait(Some(Duration::from_millis(5)));
        let (waiter, woken) = (thread::current(), Arc::new(AtomicBool::new(false)));
        let wakes = woken.clone();
        let other = thread::spawn(move || {
            wakes.store(true, Ordering::Release);
            waiter.unpark();
        });
        while !woken.load(Ordering::Acquire) {
            clock.wait(None); // parking can end without a reason
        }
        other.join().unwrap();
        assert_eq!(clock.now(), Duration::from_millis(5));
    }

    #[test]
    fn a_clock_is_real_unless_it_says_that_it_is_virtual() {
        struct Stopped;
        impl Clock for Stopped {
            fn now(&self) -> Duration {
                Duration::ZERO
            }
            fn wait(&self, _: Option<Duration>) {}
        }
        assert!(!Stopped.is_virtual());
        assert!(!RealClock::new().is_virtual());
        assert!(VirtualClock::new().is_virtual());
    }
}
