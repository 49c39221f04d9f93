//! Ticks at regular times.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use futures_core::Stream;

use super::{
    super::current::{expect_running, take_thrown},
    sleep::{Sleep, sleep_until},
};
use crate::{Exception, Kind};

/// Creates an [`Interval`] that ticks immediately, and then once every `period`: tokio's `interval`.
///
/// ```
/// use std::time::Duration;
/// use tminus::{EventLoop, Exception, clock::VirtualClock, interval};
///
/// let event_loop = EventLoop::with_clock(VirtualClock::new());
/// let ticks = event_loop.run_until_complete(async {
///     let mut every_minute = interval(Duration::from_secs(60))?;
///     let mut ticks = Vec::new();
///     for _ in 0..3 {
///         ticks.push(every_minute.tick().await?.as_secs());
///     }
///     Ok(ticks)
/// })?;
/// assert_eq!(ticks, [0, 60, 120]);
/// # Ok::<(), Exception>(())
/// ```
///
/// # Errors
///
/// - `ValueError` if `period` is zero.
/// - `RuntimeError` if no event loop is running on this thread.
pub fn interval(period: Duration) -> Result<Interval, Exception> {
    interval_at(expect_running()?.now(), period)
}

/// Creates an [`Interval`] that ticks when the loop's clock shows `start`, and then once every `period`: tokio's
/// `interval_at`.
///
/// ```
/// use std::time::Duration;
/// use tminus::{EventLoop, Exception, clock::VirtualClock, interval_at};
///
/// let seconds = Duration::from_secs;
/// let event_loop = EventLoop::with_clock(VirtualClock::new());
/// event_loop.run_until_complete(async move {
///     let mut interval = interval_at(seconds(5), seconds(60))?;
///     assert_eq!(interval.tick().await?, seconds(5));
///     assert_eq!(interval.tick().await?, seconds(65));
///     Ok(())
/// })?;
/// # Ok::<(), Exception>(())
/// ```
///
/// # Errors
///
/// - `ValueError` if `period` is zero.
pub fn interval_at(start: Duration, period: Duration) -> Result<Interval, Exception> {
    if period.is_zero() {
        return Err(Exception::new(
            Kind::ValueError,
            "the period of an interval must not be zero",
        ));
    }
    Ok(Interval {
        next: start,
        period,
        missed_tick_behavior: MissedTickBehavior::default(),
        sleep: None,
    })
}

/// What an [`Interval`] does if a tick is taken late: tokio's policies, under tokio's names.
///
/// A tick is late if it is taken more than 5 ms after its time, as in tokio.
///
/// ```
/// use std::time::Duration;
/// use tminus::{EventLoop, Exception, clock::VirtualClock, event_loop::MissedTickBehavior, interval, sleep};
///
/// let ticks = |behavior| {
///     let event_loop = EventLoop::with_clock(VirtualClock::new());
///     event_loop.run_until_complete(async move {
///         let mut interval = interval(Duration::from_secs(10))?;
///         interval.set_missed_tick_behavior(behavior);
///         interval.tick().await?;
///         sleep(Duration::from_secs(25)).await?; // longer than two periods
///         let mut ticks = Vec::new();
///         for _ in 0..4 {
///             ticks.push(interval.tick().await?.as_secs());
///         }
///         Ok(ticks)
///     })
/// };
/// assert_eq!(ticks(MissedTickBehavior::Burst)?, [10, 20, 30, 40]); // the first two at second 25
/// assert_eq!(ticks(MissedTickBehavior::Delay)?, [10, 35, 45, 55]);
/// assert_eq!(ticks(MissedTickBehavior::Skip)?, [10, 30, 40, 50]);
/// # Ok::<(), Exception>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum MissedTickBehavior {
    /// Ticks as fast as it can until it has caught up. No tick is skipped, and the ticks keep their times.
    #[default]
    Burst,
    /// Ticks one period after the late tick was taken, and then once every period from there.
    Delay,
    /// Skips the ticks whose times have passed. The others keep their times, multiples of the period after the start.
    Skip,
}

/// How late a tick may be before it counts as late: tokio's tolerance.
const TOLERANCE: Duration = Duration::from_millis(5);

impl MissedTickBehavior {
    /// When the tick after a late one is due.
    fn after_late(self, due: Duration, now: Duration, period: Duration) -> Duration {
        match self {
            Self::Burst => due.saturating_add(period),
            Self::Delay => now.saturating_add(period),
            Self::Skip => {
                const SECOND: u128 = 1_000_000_000;
                let left = period.as_nanos() - (now - due).as_nanos() % period.as_nanos();
                let seconds = u64::try_from(left / SECOND).expect("it is at most a period");
                let nanos = u32::try_from(left % SECOND).expect("it is less than a second");
                now.saturating_add(Duration::new(seconds, nanos))
            }
        }
    }
}

/// Ticks at regular times on the loop's clock: tokio's `Interval`. [`interval`](interval()) and
/// [`interval_at`](interval_at()) create one.
///
/// [`tick`](Interval::tick) waits for the next tick. As a [`Stream`], an interval yields its ticks, and never ends.
///
/// # Cancel safety
///
/// A tick that was waited for and not received is not lost: if the task is cancelled or the future is dropped, for
/// instance by a [`timeout`](crate::timeout), the next call waits for the same tick.
///
/// ```
/// use std::time::Duration;
/// use tminus::{EventLoop, Exception, clock::VirtualClock, event_loop::next, interval};
///
/// let event_loop = EventLoop::with_clock(VirtualClock::new());
/// event_loop.run_until_complete(async {
///     let mut countdown = interval(Duration::from_secs(1))?;
///     for n in (0..=3).rev() {
///         let at = next(&mut countdown).await.expect("an interval never ends")?;
///         println!("{at:?}: T-minus {n}");
///     }
///     Ok(())
/// })?;
/// assert_eq!(event_loop.time(), Duration::from_secs(3));
/// # Ok::<(), Exception>(())
/// ```
#[derive(Debug)]
#[must_use = "an interval does nothing unless its ticks are awaited"]
pub struct Interval {
    /// When the next tick is due.
    next: Duration,
    period: Duration,
    missed_tick_behavior: MissedTickBehavior,
    /// The wait for the next tick, while somebody waits.
    sleep: Option<Sleep>,
}

impl Interval {
    /// Waits for the next tick, and returns the time at which it was due.
    ///
    /// A tick whose time has come does not suspend the task, but a task that takes many of them in one turn has to yield
    /// now and then. See [`Interval`] for what happens to a tick if this is cancelled.
    ///
    /// ```
    /// use std::time::Duration;
    /// use tminus::{EventLoop, Exception, clock::VirtualClock, interval};
    ///
    /// let event_loop = EventLoop::with_clock(VirtualClock::new());
    /// event_loop.run_until_complete(async {
    ///     let mut interval = interval(Duration::from_secs(1))?;
    ///     assert_eq!(interval.tick().await?, Duration::ZERO);
    ///     assert_eq!(interval.tick().await?, Duration::from_secs(1));
    ///     Ok(())
    /// })?;
    /// # Ok::<(), Exception>(())
    /// ```
    ///
    /// # Errors
    ///
    /// - `Cancelled` if the task is cancelled while it waits.
    /// - `RuntimeError` if no event loop is running on this thread.
    pub fn tick(&mut self) -> Tick<'_> {
        Tick(self)
    }

    /// Polls for the next tick, as [`tick`](Interval::tick) does. A wait that has begun goes on until the tick arrives, or
    /// the interval is [reset](Interval::reset) or dropped.
    ///
    /// # Errors
    ///
    /// - `Cancelled` if the task is cancelled while it waits.
    /// - `RuntimeError` if no event loop is running on this thread.
    pub fn poll_tick(&mut self, cx: &mut Context<'_>) -> Poll<Result<Duration, Exception>> {
        let waits = match &mut self.sleep {
            Some(sleep) => sleep,
            None => {
                if let Some(thrown) = take_thrown(cx) {
                    return Poll::Ready(Err(thrown));
                }
                let kernel = expect_running()?;
                let now = kernel.now();
                // A burst of ticks must not keep the other tasks from running.
                if self.next <= now && !kernel.has_done_its_share() {
                    return Poll::Ready(Ok(self.ticks(now)));
                }
                self.sleep.insert(sleep_until(self.next))
            }
        };
        let slept = ready!(Pin::new(waits).poll(cx));
        self.sleep = None;
        slept?;
        let now = expect_running()?.now();
        Poll::Ready(Ok(self.ticks(now)))
    }

    /// The next tick is taken. Returns when it was due.
    fn ticks(&mut self, now: Duration) -> Duration {
        let due = self.next;
        self.next = match now > due.saturating_add(TOLERANCE) {
            true => self.missed_tick_behavior.after_late(due, now, self.period),
            false => due.saturating_add(self.period),
        };
        due
    }

    /// Lets the next tick be one period from now.
    ///
    /// # Errors
    ///
    /// - `RuntimeError` if no event loop is running on this thread.
    pub fn reset(&mut self) -> Result<(), Exception> {
        self.next = expect_running()?.now().saturating_add(self.period);
        self.sleep = None;
        Ok(())
    }

    /// Returns the period.
    pub fn period(&self) -> Duration {
        self.period
    }

    /// Returns what the interval does if a tick is taken late.
    pub fn missed_tick_behavior(&self) -> MissedTickBehavior {
        self.missed_tick_behavior
    }

    /// Sets what the interval does if a tick is taken late. At first this is [`MissedTickBehavior::Burst`].
    pub fn set_missed_tick_behavior(&mut self, behavior: MissedTickBehavior) {
        self.missed_tick_behavior = behavior;
    }
}

/// The ticks, as those of [`tick`](Interval::tick). The stream never ends.
impl Stream for Interval {
    type Item = Result<Duration, Exception>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.poll_tick(cx).map(Some)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (usize::MAX, None)
    }
}

/// The future of [`Interval::tick`].
///
/// ```
/// use std::time::Duration;
/// use tminus::{Exception, event_loop::Tick, interval, run};
///
/// run(async {
///     let mut interval = interval(Duration::from_secs(1))?;
///     let first: Tick = interval.tick();
///     first.await
/// })?;
/// # Ok::<(), Exception>(())
/// ```
#[derive(Debug)]
#[must_use = "a tick does nothing unless it is awaited"]
pub struct Tick<'a>(&'a mut Interval);

impl Future for Tick<'_> {
    type Output = Result<Duration, Exception>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.0.poll_tick(cx)
    }
}

/// Nobody waits any longer. The tick stays the next one.
impl Drop for Tick<'_> {
    fn drop(&mut self) {
        self.0.sleep = None;
    }
}
