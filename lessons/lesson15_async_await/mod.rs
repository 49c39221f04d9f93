#![doc = include_str!("README.md")]

use std::pin::Pin;
use std::task::{Context, Poll, ready};

pub use tminus_lessons::lesson08_yield_from::{Exception, Generator, Step, YieldFrom};

mod by_hand;
pub mod chains;
mod executor;
mod lanes;
mod loop_future;
pub mod programs;
pub mod word;

pub use by_hand::{WakeCounter, poll_all, poll_in_turn, poll_once, resume_all, traced};
pub use executor::{Executor, MUST_CANCEL, Task};
pub use lanes::watch;
pub use loop_future::{Cancelled, LoopFuture};

/// Counts down, and yields after each number. It is a generator of lesson 8.
pub fn countdown_generator(n: u32) -> Generator<(), (), &'static str> {
    Generator::new(async move |co| {
        for i in (1..=n).rev() {
            println!("T-minus {i}");
            co.yield_(()).await?;
        }
        Ok("Blast off!")
    })
}

/// Delegates to a countdown.
pub fn launch_generator(n: u32) -> Generator<(), (), &'static str> {
    Generator::new(async move |co| {
        println!("The tower is clear");
        co.yield_from(countdown_generator(n)).await
    })
}

/// The future of [`yield_now`].
pub struct YieldNow {
    yielded: bool,
}

/// Yields once: the first poll returns `Pending`, the second one `Ready`.
pub fn yield_now() -> YieldNow {
    YieldNow { yielded: false }
}

impl Future for YieldNow {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if self.yielded {
            return Poll::Ready(());
        }
        self.yielded = true;
        cx.waker().wake_by_ref(); // see step 2
        Poll::Pending
    }
}

/// Counts down, and yields after each number.
pub async fn countdown(n: u32) -> &'static str {
    for i in (1..=n).rev() {
        println!("T-minus {i}");
        yield_now().await;
    }
    "Blast off!"
}

/// Awaits a countdown. Awaiting a future moves it, so that nobody can await it twice:
///
/// ```compile_fail
/// async fn twice() {
///     let flight = tminus_lessons::lesson15_async_await::launch(3);
///     flight.await;
///     flight.await;
/// }
/// ```
pub async fn launch(n: u32) -> &'static str {
    println!("The tower is clear");
    countdown(n).await
}

/// What the compiler makes of [`countdown`], written by hand.
pub enum Countdown {
    /// It has not been polled.
    Created(u32),
    /// It has printed a number, and awaits a `YieldNow`.
    Suspended(u32, YieldNow),
    /// It has returned.
    Closed,
}

impl Future for Countdown {
    type Output = &'static str;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<&'static str> {
        loop {
            let next = match &mut *self {
                Countdown::Created(n) => *n,
                Countdown::Suspended(i, pause) => {
                    ready!(Pin::new(pause).poll(cx)); // this line is the `.await`
                    *i - 1
                }
                Countdown::Closed => panic!("`async fn` resumed after completion"),
            };
            if next == 0 {
                *self = Countdown::Closed;
                return Poll::Ready("Blast off!");
            }
            println!("T-minus {next}");
            *self = Countdown::Suspended(next, yield_now());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{pin::pin, sync::Arc, task::Waker};

    #[test]
    fn an_async_fn_takes_the_steps_of_a_generator() {
        let wakes = Arc::default();
        let resumed = resume_all(launch_generator(3)).unwrap();
        assert_eq!(poll_all(launch(3), &wakes), resumed);
        let pause = Step::Yielded(());
        let all = [pause, pause, pause, Step::Returned("Blast off!")];
        assert_eq!(resumed, all);
    }

    #[test]
    fn the_future_by_hand_takes_the_steps_of_the_async_fn() {
        for n in [0, 1, 5] {
            let (wakes, wakes_by_hand) = (Arc::default(), Arc::default());
            assert_eq!(
                poll_all(Countdown::Created(n), &wakes_by_hand),
                poll_all(countdown(n), &wakes)
            );
            assert_eq!(wakes_by_hand.count(), wakes.count());
        }
    }

    #[test]
    fn a_future_that_yields_wakes_its_own_task_each_time() {
        let wakes = Arc::default();
        poll_all(countdown(4), &wakes);
        assert_eq!(wakes.count(), 4);
    }

    #[test]
    #[should_panic(expected = "`async fn` resumed after completion")]
    fn a_future_that_is_done_must_not_be_polled_again() {
        let mut countdown = pin!(Countdown::Created(0));
        let mut cx = Context::from_waker(Waker::noop());
        assert!(countdown.as_mut().poll(&mut cx).is_ready());
        let _ = countdown.as_mut().poll(&mut cx);
    }
}
