use std::{cell::RefCell, rc::Rc};

use tminus_lessons::lesson11_timers::programs::ms;
use tminus_lessons::lesson13_futures::{
    CancelledError, Clock, Coroutine, EventLoop, Exception, Future, Generator, InvalidStateError,
    LEGEND, Lanes, Wait, YieldFrom, gather, running_loop, sleep,
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
    let theirs = recorded("lesson13_word");
    assert_eq!(word[..5], theirs.lines().collect::<Vec<&str>>());
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
    drop((event_loop, never));
    assert_eq!(*log.borrow(), ["ready"]); // and it never will be
}

fn new_loop() -> EventLoop {
    EventLoop::new(&Clock::virtual_time())
}

/// Calls back with what is in a tank. To read that takes 10 milliseconds.
fn read_tank_then(
    event_loop: &EventLoop,
    litres: u32,
    then: impl FnOnce(u32) -> Result<(), Exception> + 'static,
) -> Result<(), Exception> {
    event_loop.call_later(ms(10), move || then(litres))?;
    Ok(())
}

fn two_tanks(event_loop: &EventLoop) -> Result<(), Exception> {
    let this = event_loop.clone();
    read_tank_then(event_loop, 200, move |first| {
        read_tank_then(&this, 300, move |second| {
            println!("{} litres", first + second);
            Ok(())
        })
    })
}

#[test]
fn two_tanks_take_20_milliseconds_by_callbacks() {
    let event_loop = new_loop();
    two_tanks(&event_loop).unwrap();
    assert_eq!(event_loop.time(), ms(0));
    event_loop.run_forever().unwrap_err(); // nothing is left to do
    assert_eq!(event_loop.time(), ms(20));
}

#[test]
fn what_a_callback_raises_ends_in_the_loop() {
    let event_loop = new_loop();
    let fails = |_| Err(std::fmt::Error.into());
    assert!(read_tank_then(&event_loop, 200, fails).is_ok());
    let error = event_loop.run_forever().unwrap_err();
    assert!(matches!(error, Exception::RuntimeError(..)), "{error}"); // nothing is left to do
}

fn read_tank(litres: u32) -> Coroutine<u32> {
    Generator::new(async move |co| {
        co.yield_from(sleep(ms(10))).await?;
        Ok(litres)
    })
}

fn two_tanks_at_once() -> Coroutine<u32> {
    Generator::new(async |co| {
        let first = running_loop()?.ensure_future(read_tank(200))?;
        let second = running_loop()?.ensure_future(read_tank(300))?;
        Ok(co.yield_from(first.wait()).await? + co.yield_from(second.wait()).await?)
    })
}

#[test]
fn two_tanks_take_10_milliseconds_by_futures() {
    let event_loop = new_loop();
    let total = event_loop.ensure_future(two_tanks_at_once()).unwrap();
    assert_eq!(event_loop.run_until_complete(&total).unwrap(), 500);
    assert_eq!(event_loop.time(), ms(10));
}

#[test]
fn who_asks_again_and_again_keeps_a_virtual_clock_from_moving() {
    let event_loop = new_loop();
    let word = event_loop.create_future();
    let (asked, this) = (Rc::new(RefCell::new(0)), event_loop.clone());
    let (count, its_word) = (asked.clone(), word.clone());
    let asks: Coroutine = Generator::new(async move |co| {
        while !its_word.done() && *count.borrow() < 1000 {
            *count.borrow_mut() += 1;
            co.yield_(Wait::Turn).await?;
        }
        this.stop();
        Ok(())
    });
    event_loop.ensure_future(asks).unwrap();
    let sets = word.clone();
    let timer = move || sets.set_result("go!");
    event_loop.call_later(ms(10), timer).unwrap();
    event_loop.run_forever().unwrap();
    assert_eq!(*asked.borrow(), 1000);
    assert_eq!(event_loop.time(), ms(0));
    assert!(!word.done());
}

#[test]
fn the_errors_are_those_of_cpython() {
    let event_loop = new_loop();
    let word = event_loop.create_future();
    let this = event_loop.clone();
    let stop = move || {
        this.stop();
        Ok(())
    };
    event_loop.call_soon(stop).unwrap();
    let mut ours = vec![word.result().unwrap_err()];
    ours.push(event_loop.run_until_complete(&word).unwrap_err());
    word.set_result("go!").unwrap();
    ours.push(word.set_result("stop!").unwrap_err());
    let ours: Vec<String> = ours.iter().map(in_python).collect();
    assert_eq!(ours.join("\n") + "\n", recorded("lesson13_errors"));
}

/// `RuntimeError: text` as Python's `repr` has it.
fn in_python(exception: &Exception) -> String {
    let text = exception.to_string();
    let (name, message) = text.split_once(": ").unwrap();
    format!("{name}('{message}')")
}

#[test]
fn gather_starts_in_the_order_in_which_they_are_given() {
    type Log = Rc<RefCell<String>>;
    fn work(log: &Log, x: u64) -> Coroutine<u64> {
        let log = log.clone();
        Generator::new(async move |co| {
            *log.borrow_mut() += &format!("Waiting {x}\n");
            co.yield_from(sleep(ms(x * 10))).await?;
            *log.borrow_mut() += &format!("Done {x}\n");
            Ok(x)
        })
    }
    let (event_loop, log) = (new_loop(), Log::default());
    let its_log = log.clone();
    let main: Coroutine = Generator::new(async move |co| {
        let event_loop = running_loop()?;
        let three = event_loop.ensure_future(work(&its_log, 3))?;
        let two = event_loop.ensure_future(work(&its_log, 2))?;
        let all = co.yield_from(gather(vec![three, two])?.wait()).await?;
        *its_log.borrow_mut() += &format!("{all:?}\n");
        Ok(())
    });
    let main = event_loop.ensure_future(main).unwrap();
    event_loop.run_until_complete(&main).unwrap();
    assert_eq!(*log.borrow(), recorded("lesson13_gather"));
}

/// Stops the loop when the future is done: what the notes take for `run_until_complete`.
fn run_by_hand(event_loop: &EventLoop, future: &Future<()>) -> Result<(), Exception> {
    let this = event_loop.clone();
    future.add_done_callback(move |_| {
        this.stop();
        Ok(())
    })?;
    event_loop.run_forever()
}

#[test]
fn a_run_by_hand_that_is_stopped_too_early_ends_in_peace_and_stops_the_next_one() {
    for (run, stops_at) in [
        (run_by_hand as fn(&EventLoop, &Future<()>) -> _, 10),
        (EventLoop::run_until_complete, 30),
    ] {
        let event_loop = new_loop();
        let nap = event_loop.ensure_future(sleep(ms(10))).unwrap();
        event_loop.stop();
        let outcome = run(&event_loop, &nap);
        assert_eq!(outcome.is_ok(), stops_at == 10);
        assert!(nap.result().unwrap_err().is::<InvalidStateError>());
        let this = event_loop.clone();
        let stop = move || {
            this.stop();
            Ok(())
        };
        event_loop.call_later(ms(30), stop).unwrap();
        event_loop.run_forever().unwrap();
        assert_eq!(event_loop.time(), ms(stops_at));
    }
}

#[test]
fn who_looks_too_early_fails_and_nobody_is_told() {
    let clock = Clock::virtual_time();
    let lanes = Lanes::new(&clock);
    let event_loop = EventLoop::new(&clock);
    let word = event_loop.create_future();
    let its_word = word.clone();
    let looks: Coroutine<&str> = Generator::new(async move |_| its_word.result());
    let looks = event_loop.ensure_future(lanes.watch("looks", looks));
    let waits = lanes.watch("waits", word.wait());
    let waits = event_loop.ensure_future(waits).unwrap();
    event_loop
        .call_later(ms(10), move || word.set_result("go!"))
        .unwrap();
    assert_eq!(event_loop.run_until_complete(&waits).unwrap(), "go!");
    assert_eq!(lanes.draw(), "ms     0   10\nlooks  !\nwaits  .#  x\n");
    let exception = looks.unwrap().result().unwrap_err();
    assert!(exception.is::<InvalidStateError>());
}

#[test]
fn who_calls_back_at_once_does_it_in_the_middle_of_a_turn() {
    let log = Rc::new(RefCell::new(Vec::new()));
    let mut callbacks = Vec::new(); // of a future that calls them itself
    for name in ["crew", "tower"] {
        let mut task = says(&log, name);
        assert!(task.resume().is_ok());
        callbacks.push(move || task.resume());
    }
    let its_log = log.clone();
    let mut chief: Coroutine = Generator::new(async move |co| {
        its_log.borrow_mut().push("chief sets it");
        for mut callback in callbacks {
            callback()?;
        }
        its_log.borrow_mut().push("chief goes on");
        co.yield_(Wait::Turn).await
    });
    assert!(chief.resume().is_ok());
    let in_its_turn = ["chief sets it", "crew", "tower", "chief goes on"];
    assert_eq!(log.borrow()[2..], in_its_turn);
}

#[test]
fn a_row_of_futures_of_which_each_sets_the_next_takes_no_stack() {
    let event_loop = new_loop();
    let first = event_loop.create_future();
    let mut last = first.clone();
    for _ in 0..100_000 {
        let next = event_loop.create_future();
        let its_next = next.clone();
        let hand_on = move |last: &Future<u32>| its_next.set_result(last.result()? + 1);
        last.add_done_callback(hand_on).unwrap();
        last = next;
    }
    first.set_result(0).unwrap();
    assert_eq!(event_loop.run_until_complete(&last).unwrap(), 100_000);
}
