//! A sleep without a result, for libraries that know nothing of this loop.

use std::{
    cell::RefCell,
    pin::Pin,
    rc::{Rc, Weak},
    task::{Context, Poll, Waker},
    time::Duration,
};

use super::{
    super::{
        current::{expect_running, running},
        kernel::Kernel,
    },
    sleep::Alarm,
};

/// Waits until `duration` has passed on the loop's clock, and returns nothing: for libraries that want a
/// `Future<Output = ()>`.
///
/// If a `Result` is welcome, use [`sleep`](super::sleep()) instead: a task can catch a cancellation there. Even a `duration` of
/// zero lets the other tasks run once.
///
/// The duration counts from the call, as in tokio. A [`sleep`](super::sleep()) counts from its first poll, as in asyncio. If no event
/// loop is running at the call, or if another one runs the delay later, the duration counts from the first poll.
///
/// # Cancellation
///
/// A delay cannot return an error, so nothing can be raised in it, as in any foreign future: a task that is cancelled while
/// it awaits a delay is dropped, and cannot clean up with an `.await`. Inside [`cancellable`](super::cancellable()), only the
/// delay is dropped, and `Cancelled` is returned. A [`timeout`](crate::timeout) and a [`wait_for`](crate::wait_for) drop their
/// block, and not the task.
///
/// ```
/// use std::time::Duration;
/// use tminus::{EventLoop, Exception, clock::VirtualClock, delay};
///
/// /// What a library may look like.
/// async fn retry<S: Future<Output = ()>>(sleep: impl Fn(Duration) -> S, mut request: impl FnMut() -> bool) {
///     while !request() {
///         sleep(Duration::from_secs(1)).await;
///     }
/// }
///
/// let event_loop = EventLoop::with_clock(VirtualClock::new());
/// let mut attempts = 0;
/// event_loop.run_until_complete(async move {
///     retry(delay, || { attempts += 1; attempts == 3 }).await;
///     Ok(())
/// })?;
/// assert_eq!(event_loop.time(), Duration::from_secs(2));
/// # Ok::<(), Exception>(())
/// ```
///
/// # Panics
///
/// - If it is polled while no event loop is running on this thread.
pub fn delay(duration: Duration) -> Delay {
    Delay(Stage::Created {
        duration,
        called: running().map(|kernel| (kernel.now(), Rc::downgrade(&kernel))),
    })
}

/// The future of [`delay`](delay()).
///
/// ```
/// use std::time::Duration;
/// use tminus::{Exception, event_loop::{Delay, delay}, run};
///
/// let pause: Delay = delay(Duration::from_millis(1));
/// run(async { Ok(pause.await) })?;
/// # Ok::<(), Exception>(())
/// ```
#[must_use = "a delay does nothing unless it is awaited"]
pub struct Delay(Stage);

enum Stage {
    Created {
        duration: Duration,
        /// When it was called, and in which loop.
        called: Option<(Duration, Weak<Kernel>)>,
    },
    Waiting {
        /// Cancels the timer when it is dropped.
        _alarm: Alarm,
        /// Whoever polled last. `None` once the time has come.
        waker: Rc<RefCell<Option<Waker>>>,
    },
    Over,
}

impl Future for Delay {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        match &self.0 {
            Stage::Created { duration, called } => {
                let kernel = match expect_running() {
                    Ok(kernel) => kernel,
                    Err(exception) => panic!("{}", exception.message()),
                };
                let waker = Rc::new(RefCell::new(Some(cx.waker().clone())));
                let to_wake = waker.clone();
                let began = match called {
                    Some((time, of)) if of.as_ptr() == Rc::as_ptr(&kernel) => *time,
                    // The clocks of two loops can differ.
                    Some(_) | None => kernel.now(),
                };
                let alarm = Alarm::at(&kernel, began.saturating_add(*duration), move || {
                    let waker = to_wake.take();
                    if let Some(waker) = waker {
                        waker.wake();
                    }
                });
                self.0 = Stage::Waiting {
                    _alarm: alarm,
                    waker,
                };
                Poll::Pending
            }
            Stage::Waiting { waker, .. } => {
                let mut known = waker.borrow_mut();
                match &mut *known {
                    Some(known) if known.will_wake(cx.waker()) => Poll::Pending,
                    Some(known_waker) => {
                        let old = std::mem::replace(known_waker, cx.waker().clone());
                        drop(known);
                        drop(old); // foreign code, when the cell is free
                        Poll::Pending
                    }
                    None => {
                        drop(known);
                        self.0 = Stage::Over;
                        Poll::Ready(())
                    }
                }
            }
            Stage::Over => panic!("a delay was polled again after it was over"),
        }
    }
}

impl std::fmt::Debug for Delay {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let stage = match self.0 {
            Stage::Created { .. } => "Created",
            Stage::Waiting { .. } => "Waiting",
            Stage::Over => "Over",
        };
        f.debug_struct("Delay")
            .field("stage", &format_args!("{stage}"))
            .finish()
    }
}
