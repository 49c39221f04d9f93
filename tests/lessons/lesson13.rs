use std::{cell::RefCell, rc::Rc};

use tminus::lessons::lesson11_timers::programs::ms;
use tminus::lessons::lesson13_futures::{
    CancelledError, Clock, Coroutine, EventLoop, Generator, LEGEND, Lanes, Wait, YieldFrom, sleep,
};

use crate::programs::{demo, recorded};

#[test]
fn the_programs_print_what_cpython_printed() {
    let ours = demo("lesson13");
    let ours: Vec<&str> = ours.lines().skip(10).collect(); // the word and its drawing
    let theirs = [
        recorded("09_future_run_until_complete"),
        recorded("10_future_await"),
        recorded("11_future_callbacks"),
        recorded("16_future_set_by_task"),
        recorded("22_done_callback"),
        recorded("25_run_forever_gather_callback"),
    ]
    .concat();
    let theirs: Vec<&str> = theirs.lines().collect();
    assert_eq!(ours, theirs);
}

#[test]
fn the_lanes_of_those_who_wait_for_the_word() {
    let drawn = demo("lesson13");
    let word: Vec<&str> = drawn.lines().take(10).collect();
    assert_eq!(
        word,
        [
            "crew: waiting",
            "tower: waiting",
            "chief: go!",
            "crew: go!",
            "tower: go!",
            "ms     0    300  400",
            "crew   #--  -x",
            "tower  .#-  --x",
            "chief  ..#  #--  x",
            LEGEND,
        ]
    );
}

/// Says `name` after each of its turns.
fn says(log: &Rc<RefCell<Vec<&'static str>>>, name: &'static str) -> Coroutine {
    let log = log.clone();
    Generator::new(async move |co| {
        for _ in 0..3 {
            log.borrow_mut().push(name);
            co.yield_(Wait::Turn).await?;
        }
        Ok(())
    })
}

#[test]
fn a_future_that_is_cancelled_does_not_stop_the_coroutine_behind_it() {
    let clock = Clock::virtual_time();
    let event_loop = EventLoop::new(&clock);
    let log = Rc::default();
    let future = event_loop.ensure_future(says(&log, "still here")).unwrap();
    assert!(future.cancel());
    event_loop.run_forever().unwrap_err(); // reports that the future is in an invalid state
    assert_eq!(*log.borrow(), ["still here"; 3]);
    assert!(future.cancelled() && future.result().unwrap_err().is::<CancelledError>());
}

#[test]
fn a_future_that_nobody_sets_leaves_its_waiter_behind() {
    let clock = Clock::virtual_time();
    let lanes = Lanes::new(&clock);
    let event_loop = EventLoop::new(&clock);
    let never = event_loop.create_future::<()>();
    event_loop
        .ensure_future(lanes.watch("waits", never.wait()))
        .unwrap();
    let nap = event_loop
        .ensure_future(lanes.watch("sleeps", sleep(ms(10))))
        .unwrap();
    event_loop.run_until_complete(&nap).unwrap();
    assert!(event_loop.run_forever().is_err());
    assert_eq!(
        lanes.draw(),
        "ms      0   10\nwaits   #-  -\nsleeps  .#  x\n"
    );
}

#[test]
fn who_waits_for_a_loop_outside_a_run_is_told_that_there_is_none() {
    let error = sleep(ms(10)).resume().err().unwrap();
    assert_eq!(error.to_string(), "RuntimeError: no running event loop");
}

#[test]
fn to_close_a_loop_closes_those_who_are_ready_and_not_those_who_wait_for_a_future() {
    let clock = Clock::virtual_time();
    let log = Rc::new(RefCell::new(Vec::new()));
    let event_loop = EventLoop::new(&clock);
    let never = event_loop.create_future::<()>();
    for (name, wait) in [
        ("ready", sleep(ms(0))),
        ("asleep", sleep(ms(9))),
        ("stuck", never.wait()),
    ] {
        let log = log.clone();
        let body: Coroutine = Generator::new(async move |co| {
            let outcome = co.yield_from(wait).await;
            log.borrow_mut().push(name);
            outcome
        });
        event_loop.ensure_future(body).unwrap();
    }
    event_loop.stop();
    event_loop.run_forever().unwrap();
    event_loop.close().unwrap();
    assert_eq!(*log.borrow(), ["ready"]);
    drop(event_loop);
    assert_eq!(*log.borrow(), ["ready"]);
}
