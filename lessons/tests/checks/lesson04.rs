use std::{cell::RefCell, fmt::Debug, io, rc::Rc};

use tminus_lessons::lesson04_throw::Exception::{self, Error, GeneratorExit, StopIteration};

use crate::lesson04::{Generator, pairs};

/// What a resume, a send or a throw came to, in words.
fn said<Y: Debug>(outcome: Result<Y, Exception>) -> String {
    match outcome {
        Ok(value) => format!("yielded {value:?}"),
        Err(exception) => format!("raised {exception}"),
    }
}

/// Counts from 1, and continues after an error of the program. Other exceptions propagate.
fn numbers(log: &Rc<RefCell<Vec<String>>>) -> Generator<u32> {
    let log = Rc::clone(log);
    Generator::new(async move |co| {
        log.borrow_mut().push("started".to_owned());
        for n in 1.. {
            match co.yield_(n).await {
                Err(Error(error)) => log.borrow_mut().push(format!("caught {error}")),
                Err(GeneratorExit) => {
                    log.borrow_mut().push("clean up".to_owned());
                    return Err(GeneratorExit);
                }
                other => other?,
            }
        }
        Ok(())
    })
}

#[test]
fn a_throw_that_is_caught_returns_the_next_value() {
    let log = Rc::default();
    let mut g = numbers(&log);
    assert_eq!(said(g.resume()), "yielded 1", "start");
    let next = said(g.throw(io::Error::other("too small")));
    assert_eq!(next, "yielded 2", "throw(\"too small\")");
    assert_eq!(
        *log.borrow(),
        ["started", "caught too small"],
        "in the body"
    );
    assert_eq!(said(g.resume()), "yielded 3", "resume after the throw");
}

#[test]
fn a_throw_that_nothing_catches_comes_back_and_closes() {
    let mut g = numbers(&Rc::default());
    assert_eq!(said(g.resume()), "yielded 1", "start");
    let back = said(g.throw(Exception::TypeError("no number")));
    assert_eq!(
        back, "raised TypeError: no number",
        "throw(TypeError(\"no number\"))"
    );
    assert_eq!(said(g.resume()), "raised StopIteration", "resume after it");
}

#[test]
fn a_throw_into_a_new_one_runs_nothing_and_closes() {
    let log = Rc::default();
    let mut g = numbers(&log);
    let back = said(g.throw(io::Error::other("too early")));
    assert_eq!(back, "raised too early", "throw before the start");
    assert_eq!(
        said(g.resume()),
        "raised StopIteration",
        "resume after the throw"
    );
    assert!(log.borrow().is_empty(), "in the body: {:?}", log.borrow());
}

#[test]
fn a_throw_into_a_finished_one_comes_back() {
    let mut g: Generator<u32> = Generator::new(async |_| Ok(()));
    assert_eq!(said(g.resume()), "raised StopIteration", "start");
    let back = said(g.throw(io::Error::other("too late")));
    assert_eq!(back, "raised too late", "throw after the end");
}

#[test]
fn close_throws_generator_exit() {
    let log = Rc::default();
    let mut g = numbers(&log);
    assert_eq!(said(g.resume()), "yielded 1", "start");
    assert!(g.close().is_ok(), "close returned an error");
    assert_eq!(*log.borrow(), ["started", "clean up"], "in the body");
}

#[test]
fn close_reports_a_body_that_yields_again() {
    let mut stubborn = Generator::new(async |co| {
        let _ = co.yield_(1).await;
        co.yield_(2).await
    });
    assert_eq!(said(stubborn.resume()), "yielded 1", "start");
    let closed = stubborn.close().map_err(|error| error.to_string());
    let ignored = "RuntimeError: generator ignored GeneratorExit".to_owned();
    assert_eq!(closed, Err(ignored), "the first close");
    assert!(stubborn.close().is_ok(), "the second close");
}

#[test]
fn a_stop_iteration_that_escapes_is_a_runtime_error_with_a_cause() {
    let mut broken: Generator<u32> = Generator::new(async |_| Err(StopIteration));
    let error = broken.resume().expect_err("the body raises");
    assert_eq!(
        error.to_string(),
        "RuntimeError: generator raised StopIteration",
        "the exception"
    );
    let cause = error.cause().map(ToString::to_string);
    assert_eq!(cause.as_deref(), Some("StopIteration"), "its cause");
}

/// Each outcome of `pairs`, to the end.
fn all_pairs(numbers: Generator<u32>) -> Vec<String> {
    let mut pairs = pairs(numbers);
    let mut outcomes = Vec::new();
    while outcomes
        .last()
        .is_none_or(|last: &String| last.starts_with("yielded"))
    {
        outcomes.push(said(pairs.resume()));
    }
    outcomes
}

/// Yields `n`, …, 1, and then ends in this way.
fn countdown(n: u32, end: Result<(), Exception>) -> Generator<u32> {
    Generator::new(async move |co| {
        for i in (1..=n).rev() {
            co.yield_(i).await?;
        }
        end
    })
}

#[test]
fn pairs_of_an_even_number_end_well() {
    assert_eq!(
        all_pairs(countdown(4, Ok(()))),
        ["yielded (4, 3)", "yielded (2, 1)", "raised StopIteration"]
    );
}

#[test]
fn pairs_report_a_number_that_is_left_over() {
    assert_eq!(
        all_pairs(countdown(3, Ok(()))),
        ["yielded (3, 2)", "raised RuntimeError: one is left over"]
    );
}

#[test]
fn pairs_let_an_error_of_the_numbers_pass() {
    for before_it in [1, 0] {
        let on_fire = io::Error::other("disk on fire").into();
        assert_eq!(
            all_pairs(countdown(before_it, Err(on_fire))),
            ["raised disk on fire"],
            "after {before_it} numbers"
        );
    }
}
