//! Intervals.

use std::time::Duration;

use futures::{FutureExt, Stream, StreamExt};
use tminus::{
    Exception, Interval, Kind, MissedTickBehavior, clock::VirtualClock, event_loop::EventLoop,
    interval, interval_at, sleep, spawn, timeout, yield_now,
};

use crate::{ms, new_loop};

/// The times of the next ticks, when they were due and when they were taken.
async fn ticks(interval: &mut Interval, count: usize) -> Result<Vec<(u128, u128)>, Exception> {
    let event_loop = EventLoop::running()?;
    let mut ticks = Vec::new();
    for _ in 0..count {
        let due = interval.tick().await?;
        ticks.push((due.as_millis(), event_loop.time().as_millis()));
    }
    Ok(ticks)
}

#[test]
fn it_ticks_now_and_then_each_period() -> Result<(), Exception> {
    new_loop().run_until_complete(async {
        sleep(ms(3)).await?;
        let mut every = interval(ms(10))?;
        assert_eq!(ticks(&mut every, 3).await?, [(3, 3), (13, 13), (23, 23)]);
        sleep(ms(7)).await?; // work within a period moves nothing
        assert_eq!(ticks(&mut every, 1).await?, [(33, 33)]);
        let mut later = interval_at(ms(50), ms(5))?;
        assert_eq!(ticks(&mut later, 2).await?, [(50, 50), (55, 55)]);
        let mut past = interval_at(ms(51), ms(5))?;
        assert_eq!(ticks(&mut past, 2).await?, [(51, 55), (56, 56)]);
        Ok(())
    })
}

#[test]
fn a_tick_that_is_due_does_not_suspend() -> Result<(), Exception> {
    new_loop().run_until_complete(async {
        let mut every = interval(ms(10))?;
        let mut now = async || every.tick().now_or_never().transpose();
        assert_eq!(now().await?, Some(ms(0)));
        assert_eq!(now().await?, None);
        sleep(ms(25)).await?;
        assert_eq!(now().await?, Some(ms(10)));
        assert_eq!(now().await?, Some(ms(20)));
        assert_eq!(now().await?, None);
        Ok(())
    })
}

#[test]
fn a_period_of_zero_is_refused() -> Result<(), Exception> {
    let refused = interval_at(Duration::ZERO, Duration::ZERO).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "ValueError: the period of an interval must not be zero"
    );
    assert_eq!(interval(ms(1)).unwrap_err().kind(), Kind::RuntimeError); // no loop, so no time
    new_loop().run_until_complete(async {
        assert_eq!(
            interval(Duration::ZERO).unwrap_err().kind(),
            Kind::ValueError
        );
        Ok(())
    })
}

fn after_a_long_pause(behavior: MissedTickBehavior, pause: u64) -> Vec<(u128, u128)> {
    let main = async move {
        let mut every = interval(ms(100))?;
        every.set_missed_tick_behavior(behavior);
        assert_eq!(
            (every.period(), every.missed_tick_behavior()),
            (ms(100), behavior)
        );
        every.tick().await?;
        sleep(ms(pause)).await?;
        ticks(&mut every, 4).await
    };
    new_loop().run_until_complete(main).unwrap()
}

#[test]
fn missed_ticks_are_what_they_are_in_tokio() {
    use MissedTickBehavior::*;
    assert_eq!(
        after_a_long_pause(Burst, 250),
        [(100, 250), (200, 250), (300, 300), (400, 400)]
    );
    assert_eq!(
        after_a_long_pause(Delay, 250),
        [(100, 250), (350, 350), (450, 450), (550, 550)]
    );
    assert_eq!(
        after_a_long_pause(Skip, 250),
        [(100, 250), (300, 300), (400, 400), (500, 500)]
    );
    assert_eq!(
        after_a_long_pause(Skip, 300),
        [(100, 300), (400, 400), (500, 500), (600, 600)]
    );
    // Up to 5 ms are no delay.
    assert_eq!(
        after_a_long_pause(Delay, 105),
        [(100, 105), (200, 200), (300, 300), (400, 400)]
    );
    assert_eq!(
        after_a_long_pause(Delay, 106),
        [(100, 106), (206, 206), (306, 306), (406, 406)]
    );
    assert_eq!(MissedTickBehavior::default(), Burst);
}

#[test]
fn a_tick_that_was_cancelled_is_not_lost() -> Result<(), Exception> {
    new_loop().run_until_complete(async {
        let mut every = interval(ms(100))?;
        every.tick().await?;
        // By a timeout, which cancels.
        let late = timeout(ms(30)).run(every.tick()).await.unwrap_err();
        assert_eq!(late.kind(), Kind::Timeout);
        assert_eq!(ticks(&mut every, 1).await?, [(100, 100)]);
        // By being dropped.
        assert!(every.tick().now_or_never().is_none());
        assert_eq!(ticks(&mut every, 1).await?, [(200, 200)]);
        // By the cancellation of its task, at the very time of the tick.
        for (start, before_the_timer) in [(1000, true), (2000, false)] {
            let mut every = interval_at(ms(start), ms(100))?;
            let task = spawn(async move {
                yield_now().await?;
                let cancelled = every.tick().await.unwrap_err();
                assert_eq!(cancelled.kind(), Kind::Cancelled);
                ticks(&mut every, 2).await
            })?;
            let cancelled = task.any();
            if !before_the_timer {
                yield_now().await?;
                yield_now().await?;
            }
            EventLoop::running()?.call_at(ms(start), move || {
                cancelled.cancel();
            })?;
            let now = u128::from(start);
            assert_eq!(task.await?, [(now, now), (now + 100, now + 100)]);
        }
        Ok(())
    })
}

#[test]
fn a_dropped_tick_wakes_nobody() -> Result<(), Exception> {
    let event_loop = new_loop();
    let clock = event_loop.clone();
    event_loop.run_until_complete(async move {
        let mut every = interval_at(ms(10), ms(10))?;
        assert!(every.tick().now_or_never().is_none());
        let rounds = clock.rounds();
        sleep(ms(100)).await?;
        assert_eq!(clock.rounds() - rounds, 2); // the time comes, and the task continues
        Ok(())
    })
}

#[test]
fn it_is_a_stream_that_never_ends() -> Result<(), Exception> {
    new_loop().run_until_complete(async {
        let ticks: Vec<_> = interval(ms(10))?.take(3).collect().await;
        let ticks: Result<Vec<_>, _> = ticks.into_iter().collect();
        assert_eq!(ticks?, [ms(0), ms(10), ms(20)]);
        assert_eq!(interval(ms(10))?.size_hint(), (usize::MAX, None));
        Ok(())
    })
}

#[test]
fn it_can_be_reset() -> Result<(), Exception> {
    new_loop().run_until_complete(async {
        let mut every = interval(ms(100))?;
        every.tick().await?;
        sleep(ms(30)).await?;
        every.reset()?;
        assert_eq!(ticks(&mut every, 2).await?, [(130, 130), (230, 230)]);
        Ok(())
    })
}

#[test]
fn a_burst_lets_other_tasks_run() -> Result<(), Exception> {
    let clock = VirtualClock::new();
    let event_loop = EventLoop::with_clock(clock.clone());
    event_loop.run_until_complete(async move {
        let mut every = interval(ms(1))?;
        clock.advance(ms(10_000));
        let other = spawn(async { Ok(()) })?;
        let mut ticks = 0;
        while !other.done() {
            every.tick().await?;
            ticks += 1;
        }
        assert!(ticks < 100, "{ticks} ticks in one turn");
        Ok(())
    })
}

#[test]
fn at_the_end_of_time_it_ticks_without_blocking_others() -> Result<(), Exception> {
    let clock = VirtualClock::new();
    let event_loop = EventLoop::with_clock(clock.clone());
    event_loop.run_until_complete(async move {
        clock.advance(Duration::MAX);
        let mut every = interval(Duration::MAX)?;
        every.set_missed_tick_behavior(MissedTickBehavior::Skip);
        let other = spawn(async {
            yield_now().await?;
            Ok(())
        })?;
        while !other.done() {
            assert_eq!(every.tick().await?, Duration::MAX);
        }
        Ok(())
    })
}

#[test]
fn skipped_ticks_keep_their_distance_from_a_start_that_is_no_multiple_of_the_period()
-> Result<(), Exception> {
    new_loop().run_until_complete(async {
        let mut every = interval_at(ms(30), ms(100))?;
        every.set_missed_tick_behavior(MissedTickBehavior::Skip);
        assert_eq!(ticks(&mut every, 1).await?, [(30, 30)]);
        sleep(ms(250)).await?;
        let expected = [(130, 280), (330, 330), (430, 430)];
        assert_eq!(ticks(&mut every, 3).await?, expected);
        Ok(())
    })
}
