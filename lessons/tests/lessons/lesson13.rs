use std::{cell::RefCell, rc::Rc, time::Duration};

use tminus_lessons::lesson11_timers::programs::ms;
use tminus_lessons::lesson13_futures::{
    Cancelled, Clock, Coroutine, EventLoop, Exception, Future, Generator, InvalidStateError,
    LEGEND, Lanes, Step, Wait, YieldFrom, ensure_future, gather, run_until_complete, running_loop,
    sleep,
};

use crate::programs::{demo, recorded};

#[test]
fn the_programs_print_what_cpython_printed() {
    let ours = demo("lesson13");
    let ours: Vec<&str> = ours.lines().skip(12).collect(); // the word and its drawing
    let ours: Vec<&str> = ours
        .into_iter()
        .filter(|line| !line.starts_with("== "))
        .collect();
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
    let word: Vec<&str> = drawn.lines().take(12).collect();
    let theirs = recorded("lesson13_word");
    assert_eq!(word[1..6], theirs.lines().collect::<Vec<&str>>());
    assert_eq!(
        word,
        [
            "== the word",
            "crew: waiting",
            "tower: waiting",
            "chief: go!",
            "crew: go!",
            "tower: go!",
            "== its lanes",
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
fn cancelling_a_future_does_not_stop_its_coroutine() {
    let clock = Clock::virtual_time();
    let event_loop = EventLoop::new(&clock);
    let log = Rc::default();
    let future = ensure_future(&event_loop, says(&log, "still here")).unwrap();
    assert!(future.cancel());
    event_loop.run_forever().unwrap_err(); // reports that the future is in an invalid state
    assert_eq!(*log.borrow(), ["still here"; 3]);
    assert!(future.cancelled() && future.result().unwrap_err().is::<Cancelled>());
}

#[test]
fn a_future_that_nobody_sets_leaves_its_waiter_behind() {
    let clock = Clock::virtual_time();
    let lanes = Lanes::new(&clock);
    let event_loop = EventLoop::new(&clock);
    let never = Future::<()>::new(&event_loop);
    ensure_future(&event_loop, lanes.watch("waits", never.wait())).unwrap();
    let nap = ensure_future(&event_loop, lanes.watch("sleeps", sleep(ms(10)))).unwrap();
    run_until_complete(&event_loop, &nap).unwrap();
    assert!(event_loop.run_forever().is_err());
    assert_eq!(
        lanes.draw(),
        "ms      0   10\nwaits   #-  -\nsleeps  .#  x\n"
    );
}

#[test]
fn a_sleep_needs_a_running_loop() {
    let error = sleep(ms(10)).resume().err().unwrap();
    assert_eq!(error.to_string(), "RuntimeError: no running event loop");
}

#[test]
fn closing_a_loop_drops_the_tasks_that_are_ready_and_not_those_that_wait() {
    let clock = Clock::virtual_time();
    let log = Rc::new(RefCell::new(Vec::new()));
    let event_loop = EventLoop::new(&clock);
    let never = Future::<()>::new(&event_loop);
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
        ensure_future(&event_loop, body).unwrap();
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

/// Calls back with the litres in a tank. Reading it takes 10 milliseconds.
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
        let first = ensure_future(&running_loop()?, read_tank(200))?;
        let second = ensure_future(&running_loop()?, read_tank(300))?;
        Ok(co.yield_from(first.wait()).await? + co.yield_from(second.wait()).await?)
    })
}

#[test]
fn two_tanks_take_10_milliseconds_by_futures() {
    let event_loop = new_loop();
    let total = ensure_future(&event_loop, two_tanks_at_once()).unwrap();
    assert_eq!(run_until_complete(&event_loop, &total).unwrap(), 500);
    assert_eq!(event_loop.time(), ms(10));
}

#[test]
fn busy_waiting_keeps_a_virtual_clock_from_moving() {
    let event_loop = new_loop();
    let word = Future::new(&event_loop);
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
    ensure_future(&event_loop, asks).unwrap();
    let sets = word.clone();
    let timer = move || sets.set_result("go!");
    event_loop.call_later(ms(10), timer).unwrap();
    event_loop.run_forever().unwrap();
    assert_eq!(*asked.borrow(), 1000);
    assert_eq!(event_loop.time(), ms(0));
    assert!(!word.done());
}

fn naive_sleep(delay: Duration) -> Coroutine {
    Generator::new(async move |co| {
        let event_loop = running_loop()?;
        let future = Future::new(&event_loop);
        let its_future = future.clone();
        event_loop.call_later(delay, move || its_future.set_result(()))?;
        co.yield_from(future.wait()).await
    })
}

/// Starts a sleep of a second, and cancels the future that it waits for, at 10 ms. Returns the time at which nothing is
/// left to do.
fn cancelled_at_10_ms(sleep: fn(Duration) -> Coroutine) -> Duration {
    let event_loop = new_loop();
    let waits_for: Rc<RefCell<Option<Wait>>> = Rc::default();
    let (its_wait, mut sleep) = (waits_for.clone(), sleep(ms(1000)));
    let sleeper: Coroutine = Generator::new(async move |co| {
        let Step::Yielded(wait) = sleep.resume()? else {
            panic!("it does not wait");
        };
        its_wait.replace(Some(wait.clone()));
        co.yield_(wait).await?;
        let cancelled = sleep.resume().err().expect("the sleep was cancelled");
        assert!(cancelled.is::<Cancelled>());
        Ok(())
    });
    ensure_future(&event_loop, sleeper).unwrap();
    let cancel = move || {
        let Some(Wait::For(future)) = waits_for.take() else {
            panic!("it waits for no future");
        };
        assert!(future.cancel());
        Ok(())
    };
    event_loop.call_later(ms(10), cancel).unwrap();
    event_loop.run_forever().unwrap_err(); // nothing is left to do
    event_loop.time()
}

#[test]
fn a_naive_sleep_that_is_cancelled_leaves_its_timer() {
    assert_eq!(cancelled_at_10_ms(naive_sleep), ms(1000));
    assert_eq!(cancelled_at_10_ms(sleep), ms(10));
}

#[test]
fn the_errors_are_those_of_cpython() {
    let event_loop = new_loop();
    let word = Future::new(&event_loop);
    let this = event_loop.clone();
    let stop = move || {
        this.stop();
        Ok(())
    };
    event_loop.call_soon(stop).unwrap();
    let mut ours = vec![word.result().unwrap_err()];
    ours.push(run_until_complete(&event_loop, &word).unwrap_err());
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
        let three = ensure_future(&event_loop, work(&its_log, 3))?;
        let two = ensure_future(&event_loop, work(&its_log, 2))?;
        let all = co.yield_from(gather(vec![three, two])?.wait()).await?;
        *its_log.borrow_mut() += &format!("{all:?}\n");
        Ok(())
    });
    let main = ensure_future(&event_loop, main).unwrap();
    run_until_complete(&event_loop, &main).unwrap();
    assert_eq!(*log.borrow(), recorded("lesson13_gather"));
}

/// Stops the loop when the future is done: a first try at `run_until_complete`.
fn run_by_hand(event_loop: &EventLoop, future: &Future<()>) -> Result<(), Exception> {
    let this = event_loop.clone();
    future.add_done_callback(move |_| {
        this.stop();
        Ok(())
    })?;
    event_loop.run_forever()
}

#[test]
fn a_run_by_hand_that_is_stopped_early_reports_nothing_and_stops_the_next_one() {
    for (run, stops_at) in [
        (run_by_hand as fn(&EventLoop, &Future<()>) -> _, 10),
        (run_until_complete, 30),
    ] {
        let event_loop = new_loop();
        let nap = ensure_future(&event_loop, sleep(ms(10))).unwrap();
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
fn a_callback_that_is_added_after_the_one_that_stops_the_run_is_called_before_the_run_ends() {
    let event_loop = new_loop();
    let nap = ensure_future(&event_loop, sleep(ms(10))).unwrap();
    let (its_nap, called) = (nap.clone(), Rc::new(RefCell::new(false)));
    let its_flag = called.clone();
    let add = move || {
        its_nap.add_done_callback(move |_| {
            its_flag.replace(true);
            Ok(())
        })
    };
    event_loop.call_later(ms(5), add).unwrap(); // `run_until_complete` has added its own by then
    run_until_complete(&event_loop, &nap).unwrap();
    assert!(*called.borrow());
}

#[test]
fn a_look_that_is_too_early_fails_in_silence() {
    let clock = Clock::virtual_time();
    let lanes = Lanes::new(&clock);
    let event_loop = EventLoop::new(&clock);
    let word = Future::new(&event_loop);
    let its_word = word.clone();
    let looks: Coroutine<&str> = Generator::new(async move |_| its_word.result());
    let looks = ensure_future(&event_loop, lanes.watch("looks", looks));
    let waits = lanes.watch("waits", word.wait());
    let waits = ensure_future(&event_loop, waits).unwrap();
    event_loop
        .call_later(ms(10), move || word.set_result("go!"))
        .unwrap();
    assert_eq!(run_until_complete(&event_loop, &waits).unwrap(), "go!");
    assert_eq!(lanes.draw(), "ms     0   10\nlooks  !\nwaits  .#  x\n");
    let exception = looks.unwrap().result().unwrap_err();
    assert!(exception.is::<InvalidStateError>());
}

#[test]
fn callbacks_that_are_called_at_once_run_in_the_middle_of_a_turn() {
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
fn a_chain_of_100_000_futures_takes_no_stack() {
    let event_loop = new_loop();
    let first = Future::new(&event_loop);
    let mut last = first.clone();
    for _ in 0..100_000 {
        let next = Future::new(&event_loop);
        let its_next = next.clone();
        let hand_on = move |last: &Future<u32>| its_next.set_result(last.result()? + 1);
        last.add_done_callback(hand_on).unwrap();
        last = next;
    }
    first.set_result(0).unwrap();
    assert_eq!(run_until_complete(&event_loop, &last).unwrap(), 100_000);
}
