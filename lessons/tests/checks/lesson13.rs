use std::{cell::Cell, cell::RefCell, rc::Rc};

use tminus_lessons::lesson10_tasks::ValueError;
use tminus_lessons::lesson11_timers::programs::ms;
use tminus_lessons::lesson13_futures::{
    Clock, Coroutine, EventLoop, Future, Generator, Step, Wait, YieldFrom, sleep,
};

use crate::lesson13::{shared, then};

fn new_loop() -> (EventLoop, Clock) {
    let clock = Clock::virtual_time();
    (EventLoop::new(&clock), clock)
}

fn run_one_round(event_loop: &EventLoop) {
    event_loop.stop();
    event_loop.run_forever().unwrap();
}

/// The result of a future, or the text of its exception. A millisecond passes after each ten rounds, so this has an end
/// even if somebody is always ready.
fn outcome<T: Clone + 'static>(
    event_loop: &EventLoop,
    clock: &Clock,
    future: &Future<T>,
) -> Result<T, String> {
    for round in 1..=1000 {
        run_one_round(event_loop);
        if future.done() {
            return future.result().map_err(|exception| exception.to_string());
        }
        if round % 10 == 0 {
            clock.wait_until(clock.now() + ms(1));
        }
    }
    panic!("it is still pending after 100 milliseconds: somebody waits for ever");
}

#[test]
fn then_changes_the_result() {
    let (event_loop, clock) = new_loop();
    let litres = event_loop.create_future();
    let text = then(&event_loop, &litres, |n: u32| Ok(format!("{n} litres"))).unwrap();
    assert!(!text.done(), "there is no result to change yet");
    let set = litres.clone();
    let timer = move || set.set_result(500);
    event_loop.call_later(ms(10), timer).unwrap();
    assert_eq!(
        outcome(&event_loop, &clock, &text),
        Ok("500 litres".to_owned())
    );
    assert_eq!(litres.result().unwrap(), 500);
}

#[test]
fn then_passes_an_exception_on() {
    let (event_loop, clock) = new_loop();
    let litres = event_loop.create_future::<u32>();
    let called = Rc::new(Cell::new(false));
    let tell = called.clone();
    let doubled = then(&event_loop, &litres, move |n| {
        tell.set(true);
        Ok(2 * n)
    });
    litres.set_exception(ValueError("no sensor")).unwrap();
    let outcome = outcome(&event_loop, &clock, &doubled.unwrap());
    assert_eq!(outcome, Err("no sensor".to_owned()));
    assert!(!called.get(), "there was no result to change");
}

#[test]
fn then_keeps_what_the_change_raises() {
    let (event_loop, clock) = new_loop();
    let litres = event_loop.create_future();
    let checked = then(&event_loop, &litres, |n: u32| match n {
        0 => Err(ValueError("the tank is empty").into()),
        n => Ok(n),
    });
    litres.set_result(0).unwrap();
    let outcome = outcome(&event_loop, &clock, &checked.unwrap());
    assert_eq!(outcome, Err("the tank is empty".to_owned()));
}

#[test]
fn then_leaves_the_change_to_the_next_round_even_where_the_future_is_done() {
    let (event_loop, clock) = new_loop();
    let litres = event_loop.create_future();
    litres.set_result(200).unwrap();
    let called = Rc::new(Cell::new(false));
    let tell = called.clone();
    let doubled = then(&event_loop, &litres, move |n: u32| {
        tell.set(true);
        Ok(2 * n)
    });
    assert!(!called.get(), "the change was called at once");
    assert_eq!(outcome(&event_loop, &clock, &doubled.unwrap()), Ok(400));
}

#[test]
fn then_calls_the_change_in_the_round_after_the_future_is_done() {
    let (event_loop, _) = new_loop();
    let litres = event_loop.create_future();
    let called = Rc::new(Cell::new(false));
    let tell = called.clone();
    let _changed = then(&event_loop, &litres, move |n: u32| {
        tell.set(true);
        Ok(2 * n)
    });
    run_one_round(&event_loop);
    litres.set_result(200).unwrap();
    assert!(!called.get(), "the change was called at once");
    run_one_round(&event_loop);
    assert!(called.get(), "the change is more than a round late");
}

/// A fetch that takes 10 milliseconds. It counts how often it was made.
fn fetch(
    made: &Rc<Cell<u32>>,
    end: Result<u32, &'static str>,
) -> impl Fn() -> Coroutine<u32> + 'static {
    let made = made.clone();
    move || {
        made.set(made.get() + 1);
        Generator::new(async move |co| {
            co.yield_from(sleep(ms(10))).await?;
            end.map_err(|text| ValueError(text).into())
        })
    }
}

#[test]
fn shared_makes_one_fetch_for_all_and_not_before_the_first_turn() {
    let ((event_loop, clock), made) = (new_loop(), Rc::default());
    let ask = shared(fetch(&made, Ok(7)));
    let (first, second) = (ask(), ask());
    assert_eq!(made.get(), 0, "fetches before anybody has a turn");
    let first = event_loop.ensure_future(first).unwrap();
    let second = event_loop.ensure_future(second).unwrap();
    assert_eq!(made.get(), 0, "fetches before anybody has a turn");
    assert_eq!(outcome(&event_loop, &clock, &second), Ok(7));
    assert_eq!(outcome(&event_loop, &clock, &first), Ok(7));
    assert_eq!(made.get(), 1, "fetches for two who ask");
    assert_eq!(event_loop.time(), ms(10));
}

#[test]
fn shared_gives_its_exception_to_all() {
    let ((event_loop, clock), made) = (new_loop(), Rc::default());
    let ask = shared(fetch(&made, Err("no such page")));
    let error = || Err("no such page".to_owned());
    for one in [ask(), ask()].map(|one| event_loop.ensure_future(one).unwrap()) {
        assert_eq!(outcome(&event_loop, &clock, &one), error());
    }
    let late = event_loop.ensure_future(ask()).unwrap(); // it asks when the fetch has failed
    assert_eq!(outcome(&event_loop, &clock, &late), error());
    assert_eq!(made.get(), 1, "fetches for three who ask");
}

#[test]
fn shared_answers_at_once_when_the_fetch_is_done() {
    let ((event_loop, clock), made) = (new_loop(), Rc::default());
    let ask = shared(fetch(&made, Ok(7)));
    let first = event_loop.ensure_future(ask()).unwrap();
    assert_eq!(outcome(&event_loop, &clock, &first), Ok(7));
    let step = ask().resume(); // no loop runs: who has the result needs none
    let is_there = matches!(step, Ok(Step::Returned(7)));
    assert!(
        is_there,
        "the result is known, and it takes a turn to get it"
    );
    assert_eq!(made.get(), 1, "fetches for two who ask");
}

#[test]
fn shared_goes_on_when_the_first_to_ask_is_closed() {
    let ((event_loop, clock), made) = (new_loop(), Rc::default());
    let ask = shared(fetch(&made, Ok(7)));
    let log = Rc::new(RefCell::new(Vec::new()));
    let (mut quits, its_log) = (ask(), log.clone());
    let quitter: Coroutine = Generator::new(async move |_| {
        let waits = matches!(quits.resume()?, Step::Yielded(Wait::For(_)));
        its_log.borrow_mut().push(waits);
        quits.close()?;
        Ok(())
    });
    event_loop.ensure_future(quitter).unwrap();
    let second = event_loop.ensure_future(ask()).unwrap();
    assert_eq!(outcome(&event_loop, &clock, &second), Ok(7));
    assert_eq!(*log.borrow(), [true], "who asks waits for a future");
    assert_eq!(made.get(), 1, "fetches for two who ask");
}
