//! What to say when tasks run and time does not pass.

use std::{error::Error, fmt, time::Duration};

/// Tasks ran for many rounds, and the virtual clock did not move: a task yields forever, or sleeps for no time.
///
/// A run fails with an exception that holds this (see [`downcast_ref`](crate::Exception::downcast_ref)) if
/// [`set_livelock_is_error`](crate::EventLoop::set_livelock_is_error) was called. Otherwise it is a `tracing` event.
///
/// ```
/// use tminus::{EventLoop, Exception, clock::VirtualClock, event_loop::Livelock, yield_now};
///
/// async fn spins() -> Result<(), Exception> {
///     loop {
///         yield_now().await?;
///     }
/// }
///
/// let event_loop = EventLoop::with_clock(VirtualClock::new());
/// event_loop.set_livelock_rounds(1_000);
/// event_loop.set_livelock_is_error(true);
/// let error = event_loop.run_until_complete(spins()).unwrap_err();
/// assert_eq!(error.downcast_ref::<Livelock>().unwrap().tasks(), ["Task-1"]);
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Livelock {
    pub(in super::super) at: Duration,
    pub(in super::super) rounds: u64,
    pub(in super::super) tasks: Vec<String>,
}

impl Livelock {
    /// Returns the time on the loop's clock that did not pass.
    pub fn at(&self) -> Duration {
        self.at
    }

    /// Returns how many rounds the loop made at that time.
    pub fn rounds(&self) -> u64 {
        self.rounds
    }

    /// Returns the names of the tasks that were about to run again.
    pub fn tasks(&self) -> &[String] {
        &self.tasks
    }
}

impl fmt::Display for Livelock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { at, rounds, tasks } = self;
        write!(
            f,
            "livelock: {rounds} rounds at {at:?}, and the virtual clock did not move; running: "
        )?;
        f.write_str(&tasks.join(", "))
    }
}

/// The text, which `main` shows if it returns the error in a box.
impl fmt::Debug for Livelock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Error for Livelock {}
