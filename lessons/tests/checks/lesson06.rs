use std::{cell::RefCell, rc::Rc};

use tminus_lessons::lesson04_throw::{Co, Exception};
use tminus_lessons::lesson06_push_pipeline::{Target, primed};

use crate::lesson06::{broadcast, tally};

type Log = Rc<RefCell<Vec<String>>>;

/// An end that writes down what it is sent, and that it is closed. It raises an exception instead if it is sent `bad`.
fn end(name: &'static str, bad: usize, log: &Log) -> Target<usize> {
    let log = Rc::clone(log);
    primed(async move |co: Co<(), usize>| {
        loop {
            match co.yield_(()).await {
                Ok(item) if item == bad => {
                    return Err(Exception::RuntimeError("it is bad", None));
                }
                Ok(item) => log.borrow_mut().push(format!("{name}: {item}")),
                Err(exception) => {
                    log.borrow_mut().push(format!("{name}: {exception}"));
                    return Err(exception);
                }
            }
        }
    })
}

#[test]
fn broadcast_sends_each_item_to_all() {
    let log = Log::default();
    let mut all = broadcast(vec![
        end("a", 0, &log),
        end("b", 0, &log),
        end("c", 0, &log),
    ]);
    all.send(1).expect("all take it");
    all.send(2).expect("all take it");
    assert_eq!(
        *log.borrow(),
        ["a: 1", "b: 1", "c: 1", "a: 2", "b: 2", "c: 2"]
    );
}

#[test]
fn broadcast_goes_on_without_a_target_that_raises() {
    let log = Log::default();
    let mut all = broadcast(vec![
        end("a", 0, &log),
        end("b", 2, &log),
        end("c", 0, &log),
    ]);
    for item in 1..=3 {
        all.send(item).expect("some take it");
    }
    assert_eq!(
        *log.borrow(),
        ["a: 1", "b: 1", "c: 1", "a: 2", "c: 2", "a: 3", "c: 3"]
    );
}

#[test]
fn broadcast_closes_all_when_it_is_closed() {
    let log = Log::default();
    let mut all = broadcast(vec![end("a", 0, &log), end("b", 0, &log)]);
    all.send(1).expect("all take it");
    all.close().expect("it closes");
    assert_eq!(
        *log.borrow(),
        ["a: 1", "b: 1", "a: GeneratorExit", "b: GeneratorExit"]
    );
}

#[test]
fn tally_sends_the_number_of_items_when_it_is_closed() {
    let log = Log::default();
    let mut tally = tally(end("end", 0, &log));
    for item in ["a", "b", "c"] {
        tally.send(item).expect("it counts");
    }
    assert!(log.borrow().is_empty(), "nothing is sent before");
    tally.close().expect("it closes");
    assert_eq!(*log.borrow(), ["end: 3", "end: GeneratorExit"]);
}

#[test]
fn tally_of_nothing_is_0() {
    let log = Log::default();
    tally::<()>(end("end", 99, &log))
        .close()
        .expect("it closes");
    assert_eq!(*log.borrow(), ["end: 0", "end: GeneratorExit"]);
}

#[test]
fn tally_sends_nothing_when_another_exception_comes() {
    let log = Log::default();
    let mut tally = tally(end("end", 99, &log));
    tally.send("a").expect("it counts");
    let error = tally
        .throw(Exception::TypeError("no count"))
        .expect_err("it passes");
    assert_eq!(error.to_string(), "TypeError: no count");
    assert_eq!(*log.borrow(), ["end: GeneratorExit"]);
}
