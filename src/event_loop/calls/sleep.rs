//! Sleeping and yielding.

use std::{
    mem,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll, Waker},
    time::Duration,
};

use super::{
    super::{
        current::{self, expect_running, take_thrown},
        handle::Handle,
        kernel::Kernel,
        task_ref::of_this_loop,
        tasks::State,
    },
    waiting::Waiting,
};
use crate::{
    Exception,
    timers::{Moment, moment_of_deadline, moment_of_now},
};

/// Waits until `duration` has passed on the loop's clock: Python's `asyncio.sleep`.
///
/// The task never continues early. It continues late if other tasks keep the loop busy. The duration counts from the
/// first poll, and dropping the future cancels its timer. A `duration` of zero is the same as [`yield_now`].
///
/// A deadline beyond 584 years after the clock's start counts as 584 years. On a virtual clock, time stands still after
/// that, and every further sleep ends in the round after it began.
///
/// [`sleep_until`] waits for a time. For a library that wants a `Future<Output = ()>`, use [`delay`](super::delay()).
///
/// ```
/// use std::time::Duration;
/// use tminus::{EventLoop, Exception, clock::VirtualClock, sleep};
///
/// let event_loop = EventLoop::with_clock(VirtualClock::new());
/// event_loop.run_until_complete(sleep(Duration::from_secs(3600)))?; // takes no real time
/// assert_eq!(event_loop.time(), Duration::from_secs(3600));
/// # Ok::<(), Exception>(())
/// ```
///
/// # Errors
///
/// - `Cancelled` if the task is cancelled while it sleeps.
/// - `RuntimeError` if no event loop is running on this thread.
pub fn sleep(duration: Duration) -> Sleep {
    Sleep {
        time: moment_of_deadline(duration),
        stage: Stage::Created(From::FirstPoll),
    }
}

/// Waits until the loop's clock shows `when`, as [`EventLoop::call_at`](crate::EventLoop::call_at) does for a callback.
///
/// If that time has passed at the first poll, the task just yields, as with [`yield_now`].
///
/// ```
/// use std::time::Duration;
/// use tminus::{EventLoop, Exception, clock::VirtualClock, sleep, sleep_until};
///
/// let event_loop = EventLoop::with_clock(VirtualClock::new());
/// event_loop.run_until_complete(async {
///     sleep(Duration::from_secs(2)).await?;
///     sleep_until(Duration::from_secs(5)).await
/// })?;
/// assert_eq!(event_loop.time(), Duration::from_secs(5)); // and not 7
/// # Ok::<(), Exception>(())
/// ```
///
/// # Errors
///
/// - `Cancelled` if the task is cancelled while it sleeps.
/// - `RuntimeError` if no event loop is running on this thread.
pub fn sleep_until(when: Duration) -> Sleep {
    Sleep {
        time: moment_of_deadline(when),
        stage: Stage::Created(From::ClockStart),
    }
}

/// The future of [`sleep`] and of [`sleep_until`].
///
/// ```
/// use std::time::Duration;
/// use tminus::{Exception, event_loop::Sleep, run, sleep, sleep_until};
///
/// let pause: Sleep = sleep(Duration::from_millis(1));
/// let until: Sleep = sleep_until(Duration::from_millis(2));
/// run(async {
///     pause.await?;
///     until.await
/// })?;
/// # Ok::<(), Exception>(())
/// ```
#[must_use = "a sleep does nothing unless it is awaited"]
pub struct Sleep {
    /// How long; from the first poll on, and for a sleep until a time, until when.
    time: Moment,
    stage: Stage,
}

/// From when on the time of a sleep counts.
enum From {
    FirstPoll,
    ClockStart,
}

enum Stage {
    Created(From),
    /// It was for no time, and has yielded.
    Yielded,
    Waiting(Waiting),
    Over,
}

impl Future for Sleep {
    type Output = Result<(), Exception>;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        if let Some(thrown) = take_thrown(cx) {
            return Poll::Ready(Err(thrown));
        }
        let this = &mut *self;
        match &mut this.stage {
            Stage::Waiting(waiting) => {
                let outcome = match waiting.poll(cx) {
                    State::Pending => return Poll::Pending,
                    State::Given => Ok(()),
                    State::Cancelled => Err(waiting.cancelled()),
                    State::Lost => return this.begin_again(cx),
                };
                this.stage = Stage::Over; // there is nothing to be stopped
                Poll::Ready(outcome)
            }
            Stage::Created(From::FirstPoll) if this.time == 0 => this.just_yields(cx),
            Stage::Created(from) => {
                let kernel = expect_running()?;
                let now = moment_of_now(kernel.now());
                match from {
                    From::FirstPoll => this.time = now.saturating_add(this.time),
                    From::ClockStart if this.time <= now => return this.just_yields(cx),
                    From::ClockStart => {}
                }
                this.begin(kernel, cx)
            }
            Stage::Yielded => {
                this.stage = Stage::Over;
                Poll::Ready(Ok(()))
            }
            Stage::Over => panic!("a sleep was polled again after it was over"),
        }
    }
}

impl Sleep {
    #[inline(always)]
    fn begin(&mut self, kernel: Rc<Kernel>, cx: &Context<'_>) -> Poll<Result<(), Exception>> {
        let waker = Waiting::waker_of_another(cx);
        let until = self.time;
        let id = kernel.quietly(|tasks| tasks.sleeps(until, waker));
        self.stage = Stage::Waiting(Waiting { kernel, id });
        Poll::Pending
    }

    fn just_yields(&mut self, cx: &Context<'_>) -> Poll<Result<(), Exception>> {
        self.stage = Stage::Yielded;
        yields(cx)
    }

    /// The task that began to sleep has ended, and another one polls the sleep. The deadline stays, and so it has to be the
    /// same clock.
    #[cold]
    fn begin_again(&mut self, cx: &Context<'_>) -> Poll<Result<(), Exception>> {
        let kernel = expect_running()?;
        if let Stage::Waiting(waiting) = mem::replace(&mut self.stage, Stage::Over) {
            of_this_loop(&waiting.kernel, false, || "a sleep".into())?;
        }
        self.begin(kernel, cx)
    }
}

impl Drop for Sleep {
    #[inline]
    fn drop(&mut self) {
        if let Stage::Waiting(waiting) = &self.stage {
            waiting.stop();
        }
    }
}

impl std::fmt::Debug for Sleep {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let stage = match self.stage {
            Stage::Created(_) => "Created",
            Stage::Yielded => "Yielded",
            Stage::Waiting(_) => "Waiting",
            Stage::Over => "Over",
        };
        f.debug_struct("Sleep")
            .field("stage", &format_args!("{stage}"))
            .finish()
    }
}

/// Yields to the loop: the task has its next turn in the next round. Python's `asyncio.sleep(0)`.
///
/// ```
/// use tminus::{Exception, gather, run, yield_now};
///
/// let countdown = |name: &'static str| async move {
///     for n in (1..=2).rev() {
///         println!("{name} {n}"); // a 2, b 2, a 1, b 1
///         yield_now().await?;
///     }
///     Ok(())
/// };
/// run(async move { gather([countdown("a"), countdown("b")]).await })?;
/// # Ok::<(), Exception>(())
/// ```
///
/// # Errors
///
/// - `Cancelled` if the task is cancelled before its next turn.
/// - `RuntimeError` if no event loop is running on this thread.
pub fn yield_now() -> YieldNow {
    YieldNow { yielded: false }
}

/// The future of [`yield_now`].
#[must_use = "it yields only if it is awaited"]
#[derive(Debug)]
pub struct YieldNow {
    yielded: bool,
}

impl Future for YieldNow {
    type Output = Result<(), Exception>;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        // After its yield, what was thrown is for whoever waits here, also inside something that has wakers of its own.
        if self.yielded {
            return Poll::Ready(current::take_thrown_anywhere().map_or(Ok(()), Err));
        }
        if let Some(thrown) = take_thrown(cx) {
            return Poll::Ready(Err(thrown));
        }
        self.yielded = true;
        yields(cx)
    }
}

/// Lets the others run: whoever polls is polled again in the next round.
#[inline]
pub(crate) fn yields(cx: &Context<'_>) -> Poll<Result<(), Exception>> {
    if current::is_own(cx.waker()) {
        current::set_yields(true);
        return Poll::Pending;
    }
    yields_inside(cx.waker().clone())
}

/// Whoever polls this does so again as soon as the waker is called, and that is to be in the next round.
#[cold]
fn yields_inside(waker: Waker) -> Poll<Result<(), Exception>> {
    Handle::soon(&expect_running()?, move || waker.wake());
    Poll::Pending
}

/// A callback that is cancelled once nobody waits for it any longer.
pub(crate) struct Alarm(Handle);

impl Alarm {
    /// Calls `callback` after `delay`.
    pub(crate) fn after(
        kernel: &Rc<Kernel>,
        delay: Duration,
        callback: impl FnOnce() + 'static,
    ) -> Self {
        let when = kernel.now().saturating_add(delay);
        Self(Handle::at(kernel, when, callback))
    }

    /// Calls `callback` at `when`. If that has passed, it is called in the next round, as by asyncio's `call_soon`.
    pub(crate) fn at(
        kernel: &Rc<Kernel>,
        when: Duration,
        callback: impl FnOnce() + 'static,
    ) -> Self {
        match when > kernel.now() {
            true => Self(Handle::at(kernel, when, callback)),
            false => Self(Handle::soon(kernel, callback)),
        }
    }
}

impl Drop for Alarm {
    fn drop(&mut self) {
        self.0.cancel();
    }
}
