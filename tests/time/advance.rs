//! A virtual clock that is moved by hand.

use std::{cell::RefCell, rc::Rc, time::Duration};

use tminus::{
    EventLoop, Exception,
    clock::{Clock, VirtualClock},
    sleep, spawn, yield_now,
};

use crate::ms;

#[test]
fn it_moves_all_handles_and_stops_at_the_end_of_time() {
    let clock = VirtualClock::new();
    let same = clock.clone();
    clock.advance(ms(5));
    clock.advance(ms(7));
    assert_eq!(same.now(), ms(12));
    clock.advance(Duration::MAX);
    assert_eq!(same.now(), Duration::MAX);
}

#[test]
fn what_is_due_fires_in_the_next_round_in_order() -> Result<(), Exception> {
    let clock = VirtualClock::new();
    let event_loop = EventLoop::with_clock(clock.clone());
    let order = Rc::new(RefCell::new(Vec::new()));
    for (name, at) in [("c", 30), ("a", 10), ("d", 99), ("b", 10)] {
        let (order, clock) = (order.clone(), clock.clone());
        event_loop.call_at(ms(at), move || order.borrow_mut().push((name, clock.now())))?;
    }
    let seen = order.clone();
    event_loop.run_until_complete(async move {
        clock.advance(ms(50));
        assert!(seen.borrow().is_empty()); // it only sets the time
        yield_now().await?; // this task is ready in the next round before what is due
        assert!(seen.borrow().is_empty());
        yield_now().await?;
        assert_eq!(
            *seen.borrow(),
            [("a", ms(50)), ("b", ms(50)), ("c", ms(50))]
        );
        sleep(ms(100)).await?; // the clock's own jumps go on from there
        assert_eq!(
            (seen.borrow().last().copied(), clock.now()),
            (Some(("d", ms(99))), ms(150))
        );
        Ok(())
    })
}

#[test]
fn a_task_that_sleeps_continues_in_the_round_after_its_timer() -> Result<(), Exception> {
    let clock = VirtualClock::new();
    let event_loop = EventLoop::with_clock(clock.clone());
    event_loop.run_until_complete(async move {
        let task = spawn(sleep(ms(10)))?;
        yield_now().await?;
        clock.advance(ms(10));
        yield_now().await?; // its timer fires in this round
        assert!(!task.done());
        yield_now().await?; // it continues in this one, after this task
        yield_now().await?;
        assert!(task.done());
        assert_eq!(clock.now(), ms(10));
        Ok(())
    })
}

#[test]
fn it_can_be_moved_between_runs_and_by_callbacks() -> Result<(), Exception> {
    let clock = VirtualClock::new();
    let event_loop = EventLoop::with_clock(clock.clone());
    let task = event_loop.create_task(sleep(ms(10)))?;
    event_loop.run_until_complete(yield_now())?;
    clock.advance(ms(3));
    let moves = clock.clone();
    event_loop.call_soon(move || moves.advance(ms(20)))?;
    event_loop.run_until_complete(task)?;
    assert_eq!(event_loop.time(), ms(23));
    Ok(())
}

#[test]
fn tasks_that_move_the_clock_are_no_livelock() -> Result<(), Exception> {
    let clock = VirtualClock::new();
    let event_loop = EventLoop::with_clock(clock.clone());
    event_loop.set_livelock_rounds(100);
    event_loop.set_livelock_is_error(true);
    event_loop.run_until_complete(async move {
        for _ in 0..1000 {
            clock.advance(ms(1));
            yield_now().await?;
        }
        Ok(())
    })?;
    let spins = event_loop.run_until_complete(spin());
    assert!(spins.unwrap_err().is::<tminus::event_loop::Livelock>());
    Ok(())
}

async fn spin() -> Result<(), Exception> {
    loop {
        yield_now().await?;
    }
}
