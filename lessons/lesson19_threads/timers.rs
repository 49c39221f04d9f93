//! Timers for the executor. They are kept beside it, as `MUST_CANCEL` is.

use std::cell::RefCell;
use std::future::poll_fn;
use std::task::{Poll, Waker};
use std::time::{Duration, Instant};

use tminus_lessons::lesson15_async_await::{Cancelled, MUST_CANCEL};

thread_local! {
    /// The timers of this thread's executor. (Lesson 11 has a heap.)
    static TIMERS: RefCell<Vec<(Instant, Waker)>> = const { RefCell::new(Vec::new()) };
}

/// Waits until `duration` has passed on the clock of the machine.
pub async fn sleep(duration: Duration) -> Result<(), Cancelled> {
    let deadline = Instant::now() + duration;
    poll_fn(|cx| {
        if MUST_CANCEL.take() {
            return Poll::Ready(Err(Cancelled));
        }
        if deadline <= Instant::now() {
            return Poll::Ready(Ok(()));
        }
        TIMERS.with_borrow_mut(|timers| timers.push((deadline, cx.waker().clone())));
        Poll::Pending
    })
    .await
}

/// Wakes the tasks whose time has come. Returns the time until the next deadline.
pub fn fire_timers() -> Option<Duration> {
    let now = Instant::now();
    TIMERS.with_borrow_mut(|timers| {
        timers.sort_by_key(|(deadline, _)| *deadline);
        let due = timers.partition_point(|(deadline, _)| *deadline <= now);
        for (_, waker) in timers.drain(..due) {
            waker.wake();
        }
        timers.first().map(|(deadline, _)| *deadline - now)
    })
}
