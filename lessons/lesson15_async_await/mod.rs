#![doc = include_str!("README.md")]

use std::pin::Pin;
use std::task::{Context, Poll, ready};

pub use tminus_lessons::lesson08_yield_from::{Exception, Generator, Step, YieldFrom};

mod by_hand;
pub mod chains;
pub mod contexts;
mod executor;
pub mod iterators;
mod lanes;
mod oneshot;
pub mod programs;
pub mod word;

pub use by_hand::{WakeCounter, poll_all, resume_all};
pub use executor::Executor;
pub use lanes::watch;
pub use oneshot::{Receiver, Sender, oneshot};

/// Counts down, and yields after each number. A generator of lesson 8.
pub fn countdown_generator(n: u32) -> Generator<(), (), &'static str> {
    Generator::new(async move |co| {
        for i in (1..=n).rev() {
            println!("T-minus {i}");
            co.yield_(()).await?;
        }
        Ok("Blast off!")
    })
}

/// Lets a countdown take its place.
pub fn launch_generator(n: u32) -> Generator<(), (), &'static str> {
    Generator::new(async move |co| {
        println!("The tower is clear");
        co.yield_from(countdown_generator(n)).await
    })
}

/// Gives way once: its first poll is pending, its second is ready.
#[derive(Default)]
pub struct GiveWay {
    gave_way: bool,
}

impl Future for GiveWay {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if self.gave_way {
            return Poll::Ready(());
        }
        self.gave_way = true;
        cx.waker().wake_by_ref(); // it waits for nobody: it can go on at once
        Poll::Pending
    }
}

/// Counts down, and gives way after each number.
pub async fn countdown(n: u32) -> &'static str {
    for i in (1..=n).rev() {
        println!("T-minus {i}");
        GiveWay::default().await;
    }
    "Blast off!"
}

/// Awaits a countdown. To await a future takes it, so nobody can await it twice:
///
/// ```compile_fail
/// async fn twice() {
///     let launch = tminus_lessons::lesson15_async_await::launch(3);
///     launch.await;
///     launch.await;
/// }
/// ```
pub async fn launch(n: u32) -> &'static str {
    println!("The tower is clear");
    countdown(n).await
}

/// What the compiler makes of [`countdown`], by hand.
pub enum Countdown {
    /// It has not begun.
    Created(u32),
    /// It has said a number, and waits.
    Suspended(u32, GiveWay),
    /// It is over.
    Closed,
}

impl Future for Countdown {
    type Output = &'static str;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<&'static str> {
        loop {
            let next = match &mut *self {
                Countdown::Created(n) => *n,
                Countdown::Suspended(i, pause) => {
                    ready!(Pin::new(pause).poll(cx)); // if that is pending, so is this
                    *i - 1
                }
                Countdown::Closed => panic!("`async fn` resumed after completion"),
            };
            if next == 0 {
                *self = Countdown::Closed;
                return Poll::Ready("Blast off!");
            }
            println!("T-minus {next}");
            *self = Countdown::Suspended(next, GiveWay::default());
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
    fn who_gives_way_wakes_itself_each_time() {
        let wakes = Arc::default();
        poll_all(countdown(4), &wakes);
        assert_eq!(wakes.count(), 4);
    }

    #[test]
    #[should_panic(expected = "`async fn` resumed after completion")]
    fn a_future_that_is_over_is_not_polled_again() {
        let mut countdown = pin!(Countdown::Created(0));
        let mut cx = Context::from_waker(Waker::noop());
        assert!(countdown.as_mut().poll(&mut cx).is_ready());
        let _ = countdown.as_mut().poll(&mut cx);
    }
}
