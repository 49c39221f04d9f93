//! Clocks and timers, as the loop has them.

use std::{cell::RefCell, future::poll_fn, mem, rc::Rc, task::Poll, time::Duration};

use tminus::{EventLoop, Exception, clock::RealClock, event_loop::Deadlock, sleep, spawn};

use crate::{HandClock, ms, new_loop, support::Log};

/// Three tasks that wait for timers, all set in one step; what they log depends on no clock.
async fn waiters(event_loop: EventLoop, log: Log) -> Result<(), Exception> {
    let mut tasks = Vec::new();
    for (name, at) in [("c", 3), ("a", 1), ("b", 2)] {
        let due = event_loop.create_future();
        let (set, log) = (due.clone(), log.clone());
        event_loop.call_at(ms(at), move || set.set_result(name))?;
        tasks.push(spawn(async move {
            log.add(due.await?);
            Ok(())
        })?);
    }
    for task in tasks {
        task.await?;
    }
    Ok(())
}

#[test]
fn the_same_code_runs_on_a_real_clock_and_on_a_virtual_one() {
    let log = Log::default();
    for event_loop in [EventLoop::with_clock(RealClock::new()), new_loop()] {
        let main = waiters(event_loop.clone(), log.clone());
        event_loop.run_until_complete(main).unwrap();
        assert_eq!(log.take(), ["a", "b", "c"]);
        assert!(event_loop.time() >= ms(3));
    }
}

#[test]
fn a_virtual_hour_is_over_at_once_and_to_the_nanosecond() {
    let event_loop = new_loop();
    let hour = Duration::new(3600, 1);
    event_loop.run_until_complete(sleep(hour)).unwrap();
    assert_eq!(event_loop.time(), hour);
}

#[test]
fn a_real_sleep_is_never_too_short() {
    let event_loop = EventLoop::new();
    let due = event_loop.time() + ms(5);
    event_loop.run_until_complete(sleep(ms(5))).unwrap();
    assert!(event_loop.time() >= due);
}

#[test]
fn virtual_time_stands_still_while_anything_is_ready() {
    let event_loop = new_loop();
    let clock = event_loop.clone();
    event_loop.call_later(ms(1), || ()).unwrap();
    let spent = event_loop.run_until_complete(async move {
        for _ in 0..1000 {
            tminus::yield_now().await?;
        }
        Ok(clock.time())
    });
    assert_eq!(spent.unwrap(), Duration::ZERO);
}

#[test]
fn timers_fire_by_deadline_and_then_first_come_first_served() {
    let event_loop = new_loop();
    let log = Log::default();
    for (name, at) in [("d", 7), ("a", 5), ("e", 7), ("b", 5), ("c", 5), ("f", 7)] {
        let log = log.clone();
        event_loop.call_at(ms(at), move || log.add(name)).unwrap();
    }
    event_loop.run_until_complete(sleep(ms(10))).unwrap();
    assert_eq!(log.take(), ["a", "b", "c", "d", "e", "f"]);
}

#[test]
fn a_clock_that_wakes_too_often_fires_no_timer_early() {
    let clock = HandClock {
        step: ms(3),
        ..HandClock::default()
    };
    let event_loop = EventLoop::with_clock(clock.clone());
    event_loop.run_until_complete(sleep(ms(10))).unwrap();
    assert_eq!((event_loop.time(), clock.waits.get()), (ms(12), 4));
}

#[test]
fn on_a_clock_that_stands_still_what_is_due_runs_all_the_same() {
    let event_loop = EventLoop::with_clock(HandClock::default());
    let log = Log::default();
    let (now, past) = (log.clone(), log.clone());
    event_loop
        .call_later(ms(0), move || now.add("now"))
        .unwrap();
    event_loop.call_at(ms(0), move || past.add("past")).unwrap();
    let done = event_loop.create_future();
    let set = done.clone();
    event_loop
        .call_later(ms(0), move || set.set_result(()))
        .unwrap();
    event_loop.run_until_complete(done).unwrap();
    assert_eq!(log.take(), ["now", "past"]);
}

#[test]
fn a_deadline_that_is_past_is_due_in_the_next_turn() {
    let event_loop = new_loop();
    let (log, late) = (Log::default(), event_loop.clone());
    let main = async move {
        sleep(ms(100)).await?;
        for at in [50, 20, 21] {
            let log = log.clone();
            late.call_at(ms(at), move || log.add(at.to_string()))?;
        }
        tminus::yield_now().await?;
        log.add("next turn");
        tminus::yield_now().await?;
        Ok((log.take(), late.time()))
    };
    let (order, time) = event_loop.run_until_complete(main).unwrap();
    assert_eq!(order, ["next turn", "20", "21", "50"]);
    assert_eq!(time, ms(100));
}

#[test]
fn a_sleep_until_the_end_of_time_can_be_set_and_taken_back() {
    let event_loop = new_loop();
    let forever = event_loop.create_task(sleep(Duration::MAX)).unwrap();
    let handle = event_loop.call_later(Duration::MAX, || ()).unwrap();
    assert_eq!(handle.when(), Some(Duration::MAX));
    handle.cancel();
    event_loop.run_until_complete(sleep(ms(1))).unwrap();
    forever.cancel();
    assert!(event_loop.run_until_complete(forever.clone()).is_err());
    assert!(forever.cancelled());
    assert_eq!(event_loop.time(), ms(1));
}

#[test]
fn cancelled_timers_do_not_hold_the_loop_up() {
    let event_loop = new_loop();
    for i in 0..100_000 {
        event_loop.call_later(ms(1000 + i), || ()).unwrap().cancel();
    }
    event_loop.run_until_complete(sleep(ms(1))).unwrap();
    let nothing = event_loop.create_future::<()>();
    assert!(event_loop.run_until_complete(nothing).is_err()); // and nobody waits for them
    assert_eq!(event_loop.time(), ms(1));
}

#[test]
fn a_sleep_that_is_dropped_between_two_runs_takes_its_timer_along() {
    let event_loop = new_loop();
    let mut slept = Box::pin(sleep(ms(3_600_000)));
    let main = poll_fn(move |cx| {
        assert!(slept.as_mut().poll(cx).is_pending());
        let slept = mem::replace(&mut slept, Box::pin(sleep(ms(1))));
        Poll::Ready(Ok(Rc::new(RefCell::new(Some(slept)))))
    });
    let slept = event_loop.run_until_complete(main).unwrap();
    drop(slept.take());
    let stuck = event_loop.create_future::<()>();
    let error = event_loop.run_until_complete(stuck).unwrap_err();
    assert!(error.downcast_ref::<Deadlock>().is_some(), "{error}");
    assert_eq!(event_loop.time(), ms(0));
}
