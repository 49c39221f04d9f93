//! A library that knows no runtime: its users tell it what time it is, and how to sleep.

use std::{cell::Cell, rc::Rc, time::Duration};

/// What the library needs of a runtime.
pub trait Timer: Clone + 'static {
    fn now(&self) -> Duration;
    fn sleep(&self, duration: Duration) -> impl Future<Output = ()> + 'static;
}

/// Calls `attempt` until it succeeds, at most `times` times, with pauses that double.
pub async fn retry<T, E, F>(
    timer: impl Timer,
    times: u32,
    mut pause: Duration,
    mut attempt: impl FnMut(u32) -> F,
) -> Result<T, E>
where
    F: Future<Output = Result<T, E>>,
{
    let mut number = 1;
    loop {
        match attempt(number).await {
            Err(_) if number < times => timer.sleep(pause).await,
            result => return result,
        }
        pause *= 2;
        number += 1;
    }
}

/// Lets one caller pass in each period.
pub struct RateLimiter<T> {
    timer: T,
    period: Duration,
    next: Cell<Duration>,
}

impl<T: Timer> RateLimiter<T> {
    pub fn new(timer: T, period: Duration) -> Self {
        Self {
            timer,
            period,
            next: Cell::new(Duration::ZERO),
        }
    }

    pub async fn pass(&self) {
        let now = self.timer.now();
        let start = self.next.get().max(now);
        self.next.set(start + self.period);
        self.timer.sleep(start - now).await;
    }
}

/// Acts once no trigger has come for a while.
pub struct Debounce<T> {
    timer: T,
    quiet: Duration,
    generation: Rc<Cell<u64>>,
}

impl<T: Timer> Debounce<T> {
    pub fn new(timer: T, quiet: Duration) -> Self {
        Self {
            timer,
            quiet,
            generation: Rc::default(),
        }
    }

    /// Returns a future, which the caller spawns. It returns what `action` returns, or `None` if another trigger came first.
    pub fn trigger<R>(
        &self,
        action: impl FnOnce() -> R + 'static,
    ) -> impl Future<Output = Option<R>> + 'static {
        let generation = self.generation.clone();
        generation.set(generation.get() + 1);
        // The time counts from the trigger, and not from the first poll.
        let (own, quiet) = (generation.get(), self.timer.sleep(self.quiet));
        async move {
            quiet.await;
            (generation.get() == own).then(action)
        }
    }
}
