//! What the loop waits in.

use std::io;
use std::time::{Duration, Instant};

use tminus_lessons::lesson20_selector::simulated::Network;

use mio::{Events, Registry, Token};

/// What the loop waits in.
pub trait Selector {
    /// The list of what is watched.
    fn registry(&self) -> &Registry;

    /// The time since the loop began.
    fn now(&self) -> Duration;

    /// Waits until something that is watched is ready, for `timeout` at most. Returns `None` if nothing ever can, which
    /// only a simulation can know.
    fn select(&mut self, timeout: Option<Duration>) -> Option<Vec<Token>>;
}

/// The token of the alarm, which ends the wait and is for no task.
pub const ALARM: Token = Token(usize::MAX);

/// The selector of the operating system, and its clock.
pub struct Real {
    poll: mio::Poll,
    events: Events,
    began: Instant,
}

impl Real {
    /// Creates a selector that watches nothing yet.
    pub fn new() -> io::Result<Self> {
        Ok(Self {
            poll: mio::Poll::new()?,
            events: Events::with_capacity(64), // further events wait in the system
            began: Instant::now(),
        })
    }
}

impl Selector for Real {
    fn registry(&self) -> &Registry {
        self.poll.registry()
    }

    fn now(&self) -> Duration {
        self.began.elapsed()
    }

    fn select(&mut self, timeout: Option<Duration>) -> Option<Vec<Token>> {
        if self.poll.poll(&mut self.events, timeout).is_err() {
            return Some(Vec::new()); // a signal ended the wait (a shortcut: other errors are ignored, too)
        }
        let tokens = self.events.iter().map(|event| event.token());
        Some(tokens.filter(|token| *token != ALARM).collect())
    }
}

/// The selector of a network in memory. It has the registry of a real one.
pub struct Simulated(pub(super) Network, pub(super) mio::Poll);

impl Selector for Simulated {
    fn registry(&self) -> &Registry {
        self.1.registry()
    }

    fn now(&self) -> Duration {
        self.0.0.borrow().now
    }

    fn select(&mut self, timeout: Option<Duration>) -> Option<Vec<Token>> {
        let mut world = self.0.0.borrow_mut();
        world.looks += 1;
        assert!(
            world.looks < 10_000,
            "10,000 rounds, and the clock did not move"
        );
        world.deliver();
        if world.events.is_empty() {
            let deadline = timeout.map(|timeout| world.now + timeout);
            // The clock jumps to the first thing that happens. If nothing will, that is the end.
            let first = [world.next(), deadline].into_iter().flatten().min()?;
            if first > world.now {
                (world.now, world.looks) = (first, 0);
            }
            world.deliver();
        }
        Some(std::mem::take(&mut world.events))
    }
}
